/*
 * The server's side: receiving and answering; see kern/port.h.
 */
#include "deliver.h"
#include "message.h"

#include <kern/event.h>
#include <kern/ipc.h>
#include <kern/sched.h>
#include <kern/syscall.h>
#include <kern_calls.h>

struct reply *reply_create(struct account *account)
{
    return object_create(OBJECT_REPLY, sizeof(struct reply), account);
}

void reply_destroy(struct object *object)
{
    object_free(object);
}

void receive_cancel(struct port *port, struct thread *thread, status_t status)
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

enum received_how { RECEIVED, WAITS, ENDED, AGAIN };

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
        how = RECEIVED;
    } else if (loose.failed != NULL) {
        how = AGAIN;
    } else {
        how = begin_receive(port, self);
    }
    lock_release(&port->lock);
    loose_ends_settle(&loose);
    return how;
}

/* True if the thread waits and must not be touched any more. Takes over both references. */
static bool receive(struct thread *self, struct port *port, struct reply *reply, handle_t handle)
{
    enum received_how how;

    self->receive_port = port;
    self->receive_reply = reply;
    self->receive_handle = handle;
    do {
        how = try_receive(port, self);
    } while (how == AGAIN);
    if (how == WAITS) {
        return true;
    }
    if (how == ENDED) {
        frame_set_result(&self->frame, 0, STATUS_INTERRUPTED);
    }
    receive_end(self);
    return false;
}

/* Looks up both; on failure neither is held. */
static status_t look_up(struct thread *self, handle_t port_handle, handle_t reply_handle,
                        struct port **port, struct reply **reply)
{
    status_t status = STATUS_OK;
    struct object *first =
        handle_lookup(&self->task->handles, port_handle, OBJECT_PORT, RIGHT_PORT_RECEIVE, &status);
    struct object *second;

    if (first == NULL) {
        return status;
    }
    second = handle_lookup(&self->task->handles, reply_handle, OBJECT_REPLY, RIGHT_REPLY_ANSWER,
                           &status);
    if (second == NULL) {
        object_release(first);
        return status;
    }
    *port = container_of(first, struct port, object);
    *reply = container_of(second, struct reply, object);
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
    handle_t handle = frame_argument(frame, 1);
    struct port *port = NULL;
    struct reply *reply = NULL;
    status_t status = look_up(self, frame_argument(frame, 0), handle, &port, &reply);

    if (status == STATUS_OK && !arm(reply)) {
        status = STATUS_BAD_STATE;
        object_release(&port->object);
        object_release(&reply->object);
    }
    if (status != STATUS_OK) {
        frame_set_result(frame, 0, (uint32_t)status);
    } else if (receive(self, port, reply, handle)) {
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
    handle_t handle = frame_argument(frame, 0);
    struct port *port = NULL;
    struct reply *reply = NULL;
    struct thread *caller = NULL;
    status_t status = look_up(self, frame_argument(frame, 9), handle, &port, &reply);

    if (status == STATUS_OK) {
        caller = answer(self, reply, true, &status);
        if (status != STATUS_OK) {
            object_release(&port->object);
            object_release(&reply->object);
        }
    }
    if (status != STATUS_OK) {
        frame_set_result(frame, 0, (uint32_t)status);
        return STATUS_BLOCKED;
    }
    if (!receive(self, port, reply, handle)) {
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
