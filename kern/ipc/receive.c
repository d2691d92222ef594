/*
 * The server's side: receiving and answering; see kern/port.h.
 */
#include "deliver.h"
#include "message.h"

#include <kern/event.h>
#include <kern/ipc.h>
#include <kern/sched.h>
#include <kern_calls.h>

struct reply *reply_create(struct account *account)
{
    return object_create(OBJECT_REPLY, sizeof(struct reply), account);
}

bool receive_cancel(struct port *port, struct thread *thread, status_t status)
{
    bool waiting;

    lock_acquire(&port->lock);
    waiting = thread->wait == WAIT_RECEIVE && thread->wait_object == &port->object;
    if (waiting) {
        list_remove(&thread->wait_link);
        thread_end_wait(thread);
        frame_set_result(&thread->frame, 0, (uint32_t)status);
    }
    lock_release(&port->lock);
    if (waiting) {
        receive_wake(thread);
    }
    return waiting;
}

/* The port that a thread waits to receive from, with a reference; null: it does not. */
static struct port *port_awaited(struct thread *thread)
{
    struct port *port = NULL;

    lock_acquire(&thread->lock);
    if (thread->wait == WAIT_RECEIVE) {
        port = container_of(thread->wait_object, struct port, object);
        object_reference(&port->object);
    }
    lock_release(&thread->lock);
    return port;
}

void receive_event(struct event *event, struct thread *thread)
{
    struct port *port = port_awaited(thread);
    struct thread *woken = NULL;

    if (port == NULL) {
        return;
    }
    lock_acquire(&port->lock);
    if (thread->wait == WAIT_RECEIVE && thread->wait_object == &port->object) {
        uint64_t bits = event_take_all(event);

        if (bits != 0) {
            list_remove(&thread->wait_link);
            thread_end_wait(thread);
            message_note(thread, RECEIVE_EVENT, 0, bits);
            woken = thread;
        }
    }
    lock_release(&port->lock);
    receive_wake(woken);
    object_release(&port->object);
}

enum received_how { RECEIVED, CALLED, WAITS, ENDED, AGAIN };

/*
 * Publishes the running thread as a receiver; port->lock held. An event bit set after deliver_to()
 * looked and before the wait began would be lost, so it is looked for once more.
 */
static enum received_how begin_receive(struct port *port, struct thread *self)
{
    uint64_t bits = 0;

    sched_prepare_block(self);
    if (!thread_begin_wait(self, WAIT_RECEIVE, THREAD_BLOCKED_RECEIVE, &port->object)) {
        sched_resume(self);
        return ENDED;
    }
    if (self->bound_event != NULL) {
        bits = event_take_all(self->bound_event);
    }
    if (bits != 0) {
        thread_end_wait(self);
        message_note(self, RECEIVE_EVENT, 0, bits);
        sched_resume(self);
        return RECEIVED;
    }
    list_append(&port->receivers, &self->wait_link);
    return WAITS;
}

static enum received_how try_receive(struct port *port, struct thread *self)
{
    struct loose_ends loose = {0};
    enum received_how how;

    lock_acquire(&port->lock);
    if (deliver_to(port, self, &loose)) {
        how = loose.called ? CALLED : RECEIVED;
    } else if (loose.failed != NULL) {
        how = AGAIN;
    } else {
        how = begin_receive(port, self);
    }
    lock_release(&port->lock);
    loose_ends_settle(&loose);
    return how;
}

/* With what look_up() found. True if the thread waits and must not be touched any more. */
static bool receive(struct thread *self)
{
    enum received_how how;

    self->receive_reply->handle = self->receive_reply_handle;
    do {
        how = try_receive(self->receive_port, self);
    } while (how == AGAIN);
    if (how == WAITS) {
        return true;
    }
    if (how == ENDED) {
        frame_set_result(&self->frame, 0, STATUS_INTERRUPTED);
    }
    if (how != CALLED) { /* another thread may have answered it and receive with the reply */
        receive_end(self);
    }
    return false;
}

void receive_forget(struct thread *receiver)
{
    if (receiver->receive_port != NULL) {
        object_release(&receiver->receive_port->object);
        object_release(&receiver->receive_reply->object);
        receiver->receive_port = NULL;
        receiver->receive_reply = NULL;
        receiver->receive_removals = ~UINT64_C(0);
    }
}

/* Finds both and keeps them as receive_port and receive_reply; on failure nothing changes. */
static status_t look_up(struct thread *self, handle_t port, handle_t reply)
{
    struct handle_table *table = &self->task->handles;
    uint64_t removals = atomic_load_explicit(&table->removals, memory_order_acquire);
    status_t status = STATUS_OK;
    struct object *first = handle_lookup(table, port, OBJECT_PORT, RIGHT_PORT_RECEIVE, &status);
    struct object *second = NULL;

    if (first != NULL) {
        second = handle_lookup(table, reply, OBJECT_REPLY, RIGHT_REPLY_ANSWER, &status);
    }
    if (second == NULL) {
        if (first != NULL) {
            object_release(first);
        }
        return status;
    }
    receive_forget(self);
    self->receive_port = container_of(first, struct port, object);
    self->receive_reply = container_of(second, struct reply, object);
    self->receive_port_handle = port;
    self->receive_reply_handle = reply;
    self->receive_removals = removals;
    return STATUS_OK;
}

static bool arm(struct reply *reply)
{
    bool was_free;

    lock_acquire(&reply->lock);
    was_free = reply->state == REPLY_FREE;
    if (was_free) {
        reply->state = REPLY_ARMED;
    }
    lock_release(&reply->lock);
    return was_free;
}

status_t sys_port_receive(struct frame *frame)
{
    struct thread *self = cpu_self()->current;
    status_t status = look_up(self, frame_argument(frame, 0), frame_argument(frame, 1));

    if (status == STATUS_OK && !arm(self->receive_reply)) {
        status = STATUS_BAD_STATE;
    }
    if (status != STATUS_OK) {
        frame_set_result(frame, 0, (uint32_t)status);
    } else if (receive(self)) {
        sched_block();
    }
    return STATUS_BLOCKED;
}

/* Handles in the answer are looked up before any lock. */
static struct thread *answer(struct thread *self, struct reply *reply, bool receives,
                             status_t *status)
{
    uint64_t tag = frame_argument(&self->frame, 1);
    struct thread *caller = NULL;

    *status = STATUS_OK;
    if (tag >> 32 != 0) {
        *status = message_check(tag, false);
        if (*status == STATUS_OK) {
            *status = message_take_handles(self, tag_handles(tag));
        }
    }
    if (*status == STATUS_OK) {
        caller = call_answer(reply, self, receives, status);
    }
    if (self->sent_count != 0) {
        message_drop_handles(self);
    }
    return caller;
}

status_t sys_port_reply(struct frame *frame)
{
    struct thread *self = cpu_self()->current;
    status_t status = STATUS_OK;
    struct object *object = handle_lookup(&self->task->handles, frame_argument(frame, 0),
                                          OBJECT_REPLY, RIGHT_REPLY_ANSWER, &status);

    if (object != NULL) {
        struct thread *caller =
            answer(self, container_of(object, struct reply, object), false, &status);

        if (caller != NULL) {
            sched_ready(caller);
        }
        object_release(object);
    }
    frame_set_result(frame, 0, (uint32_t)status);
    return STATUS_BLOCKED;
}

status_t sys_port_reply_receive(struct frame *frame)
{
    struct thread *self = cpu_self()->current;
    struct thread *caller = NULL;
    status_t status = look_up(self, frame_argument(frame, 9), frame_argument(frame, 0));

    if (status == STATUS_OK) {
        caller = answer(self, self->receive_reply, true, &status);
    }
    if (status != STATUS_OK) {
        frame_set_result(frame, 0, (uint32_t)status);
        return STATUS_BLOCKED;
    }
    if (!receive(self)) {
        if (caller != NULL) {
            sched_ready(caller);
        }
    } else if (caller != NULL) {
        sched_switch(caller);
    } else {
        sched_block();
    }
    return STATUS_BLOCKED;
}
