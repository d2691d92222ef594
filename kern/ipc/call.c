/*
 * The caller's side: starting, queueing and ending calls; see kern/port.h.
 */
#include "deliver.h"
#include "message.h"

#include <kern/guest.h>
#include <kern/sched.h>
#include <kern_calls.h>

static bool queue_caller(struct port *port, struct thread *thread)
{
    if (!thread_begin_wait(thread, WAIT_QUEUED, blocked_state(thread), &port->object)) {
        return false;
    }
    thread->call_node.key = (uint64_t)(LIMIT_PRIORITIES - 1 - thread_priority(thread))
                                << CALL_SEQUENCE_BITS |
                            port->sequence++;
    tree_insert(&port->callers, &thread->call_node);
    return true;
}

/*
 * The receiver that got the call, or null when it is queued; *status is not OK when neither. A
 * receiver is taken out only once it has the call, so that one who is passed by has missed nothing.
 */
static struct thread *find_receiver(struct port *port, struct thread *thread, status_t *status)
{
    if (list_empty(&port->receivers)) {
        *status = queue_caller(port, thread) ? STATUS_OK : STATUS_INTERRUPTED;
        return NULL;
    }
    *status = deliver_call(thread, container_of(port->receivers.next, struct thread, wait_link));
    return *status == STATUS_OK ? deliver_take_receiver(port) : NULL;
}

struct thread *call_start(struct thread *thread, struct endpoint *endpoint)
{
    struct port *port = endpoint->port;
    struct thread *receiver = NULL;
    status_t status = STATUS_GONE;

    thread->endpoint = endpoint;
    trace_call(TRACE_CALL, thread, thread, 0);
    lock_acquire(&port->lock);
    if (!port->dead && !atomic_load_explicit(&endpoint->revoked, memory_order_relaxed)) {
        receiver = find_receiver(port, thread, &status);
    }
    lock_release(&port->lock);
    if (status != STATUS_OK) {
        call_fail(thread, status);
        return thread;
    }
    return receiver;
}

/* Lets go what the call held; the thread is owned. */
static void call_end(struct thread *thread)
{
    object_release(&thread->endpoint->object);
    thread->endpoint = NULL;
    if (thread->sent_count != 0) {
        message_drop_handles(thread);
    }
    if (thread->lease_count != 0) {
        leases_drop(thread);
    }
}

/* The thread must not repeat what faulted while its task is taken apart. */
static void end_faulted(struct thread *thread, status_t status)
{
    struct guest *guest = thread->guest;

    if (guest != NULL && thread->call_kind == CALL_PAGE &&
        guest_take_fault(thread, guest->fault_kind, guest->fault_address, status)) {
        return;
    }
    task_kill(thread->task, EXIT_FAULT, status);
    (void)thread_doom(thread);
    sched_set_priority(thread, LIMIT_PRIORITIES - 1); /* it must not wait for its turn */
}

/* A page that its pager does not fill is a fault of the thread, like one nobody handles. */
void call_fail(struct thread *thread, status_t status)
{
    trace_call(TRACE_REPLY, thread, NULL, (uint32_t)status);
    call_end(thread);
    if (thread->call_kind == CALL_NORMAL) {
        frame_set_result(&thread->frame, 0, (uint32_t)status);
    } else {
        end_faulted(thread, status);
    }
}

/* True if the thread may go on; otherwise it waits for the last pin of its pages. */
static bool may_go_on(struct thread *thread)
{
    bool pinned;

    if (thread->pinned == 0) {
        return true;
    }
    lock_acquire(&thread->lock);
    pinned = thread->pinned != 0 && !atomic_load(&thread->dying);
    if (pinned) {
        thread->wait = WAIT_UNPIN;
        thread->state = THREAD_BLOCKED_CALL;
        if (atomic_load(&thread->stop) && !atomic_exchange(&thread->halted, true)) {
            task_stop_progress(thread->task);
        }
    }
    lock_release(&thread->lock);
    return !pinned;
}

void call_complete(struct thread *thread, status_t status)
{
    call_fail(thread, status);
    if (may_go_on(thread)) {
        sched_ready(thread);
    }
}

void call_from_kernel(struct thread *thread, struct endpoint *endpoint)
{
    struct thread *next;

    sched_prepare_block(thread);
    next = call_start(thread, endpoint);
    if (next != NULL) {
        sched_switch(next);
    } else {
        sched_block();
    }
}

/* A thread that is not bound any more leaves the list of cancels, and whoever is delivering its
 * CANCEL is waited for; it is owned. */
static void forget_cancel(struct thread *thread)
{
    struct port *port = thread->endpoint->port;

    if (thread->cancelled) {
        thread->cancelled = false;
        lock_acquire(&port->lock);
        list_remove(&thread->cancel_link);
        lock_release(&port->lock);
    }
}

/* reply->lock held: the call is bound no more, its thread is the caller's of this function. */
static struct thread *unbind(struct reply *reply, enum reply_state state)
{
    struct thread *thread = reply->caller;

    reply->state = state;
    reply->caller = NULL;
    thread_end_wait(thread);
    return thread;
}

bool call_withdraw(struct port *port, struct thread *thread, status_t status)
{
    bool queued;

    lock_acquire(&port->lock);
    queued = thread->wait == WAIT_QUEUED && thread->wait_object == &port->object;
    if (queued) {
        tree_remove(&port->callers, &thread->call_node);
        thread_end_wait(thread);
    }
    lock_release(&port->lock);
    if (queued) {
        call_complete(thread, status);
    }
    return queued;
}

/* The port of a call that is bound to `reply`, with a reference; null: it is not. */
static struct port *port_of_call(struct reply *reply, const struct thread *thread)
{
    struct port *port = NULL;

    lock_acquire(&reply->lock);
    if (reply->caller == thread) {
        port = thread->endpoint->port;
        object_reference(&port->object);
    }
    lock_release(&reply->lock);
    return port;
}

bool call_cancel(struct reply *reply, struct thread *thread)
{
    struct port *port = port_of_call(reply, thread);
    struct loose_ends loose = {0};
    struct thread *receiver = NULL;
    bool bound;

    if (port == NULL) {
        return false;
    }
    lock_acquire(&port->lock);
    lock_acquire(&reply->lock);
    bound = reply->caller == thread;
    if (bound && list_empty(&thread->cancel_link)) {
        thread->cancel_handle = reply->handle;
        thread->cancelled = true;
        list_append(&port->cancels, &thread->cancel_link);
    }
    lock_release(&reply->lock);
    receiver = deliver_notice(port, &loose);
    lock_release(&port->lock);
    receive_wake(receiver);
    loose_ends_settle(&loose);
    object_release(&port->object);
    return bound;
}

void call_abandon(struct reply *reply, struct thread *thread)
{
    bool bound;

    lock_acquire(&reply->lock);
    bound = reply->caller == thread;
    if (bound) {
        (void)unbind(reply, REPLY_ORPHANED);
    }
    lock_release(&reply->lock);
    if (bound) {
        forget_cancel(thread);
        call_end(thread);
        sched_ready(thread); /* dying: the scheduler takes it apart */
    }
}

/* What the answer to one of the kernel's own calls means. */
static void answered_kernel_call(struct thread *thread, status_t status)
{
    if (status != STATUS_OK) {
        end_faulted(thread, status);
    }
}

struct thread *call_answer(struct reply *reply, struct thread *server, bool receives,
                           status_t *status)
{
    struct thread *thread = NULL;

    *status = STATUS_BAD_STATE;
    lock_acquire(&reply->lock);
    if (reply->state == REPLY_BOUND) {
        *status = message_to_caller(server, reply->caller);
        if (*status == STATUS_OK) {
            thread = unbind(reply, receives ? REPLY_ARMED : REPLY_FREE);
        }
    } else if (reply->state == REPLY_ORPHANED) {
        reply->state = receives ? REPLY_ARMED : REPLY_FREE;
        *status = STATUS_OK;
    }
    lock_release(&reply->lock);
    if (thread == NULL) {
        return NULL;
    }
    trace_call(TRACE_REPLY, thread, server, 0);
    forget_cancel(thread);
    call_end(thread);
    if (thread->call_kind != CALL_NORMAL) {
        answered_kernel_call(thread, (status_t)frame_argument(&server->frame, 1));
    }
    return may_go_on(thread) ? thread : NULL;
}

void reply_unreachable(struct object *object)
{
    struct reply *reply = container_of(object, struct reply, object);
    struct thread *thread = NULL;

    lock_acquire(&reply->lock);
    reply->closed = true;
    if (reply->state == REPLY_BOUND) {
        thread = unbind(reply, REPLY_FREE);
    }
    lock_release(&reply->lock);
    if (thread != NULL) {
        forget_cancel(thread);
        call_complete(thread, STATUS_PEER_DIED);
    }
}

/* Everything a call needs before it may wait. */
static status_t prepare(struct thread *thread, uint64_t tag)
{
    status_t status = message_check(tag, true);

    if (status == STATUS_OK && tag_handles(tag) != 0) {
        status = message_take_handles(thread, tag_handles(tag));
    }
    if (status == STATUS_OK && tag_leases(tag) != 0) {
        status = leases_take(thread, tag_leases(tag));
    }
    if (status != STATUS_OK) {
        message_drop_handles(thread);
        leases_drop(thread);
    }
    return status;
}

status_t sys_port_call(struct frame *frame)
{
    struct thread *self = cpu_self()->current;
    status_t status = STATUS_OK;
    uint64_t tag = frame_argument(frame, 1);
    struct object *object = handle_lookup(&self->task->handles, frame_argument(frame, 0),
                                          OBJECT_ENDPOINT, RIGHT_ENDPOINT_CALL, &status);

    if (object != NULL && tag >> 32 != 0) {
        status = prepare(self, tag);
    }
    if (status != STATUS_OK) {
        if (object != NULL) {
            object_release(object);
        }
        frame_set_result(frame, 0, (uint32_t)status);
        return STATUS_BLOCKED;
    }
    self->call_kind = CALL_NORMAL;
    call_from_kernel(self, container_of(object, struct endpoint, object));
    return STATUS_BLOCKED;
}
