/*
 * Bringing callers and receivers together; see deliver.h.
 *
 * A thread that receives holds references to its port and reply (receive_forget). A call holds its
 * endpoint (and so the port) until call_end(). A bound call does not hold the reply: when that
 * loses its last handle, reply_unreachable() ends the call.
 */
#include "deliver.h"

#include "message.h"

#include <kern/event.h>
#include <kern/sched.h>

/* reply->lock is held while the message moves, so that a kill meanwhile finds the call bound. */
status_t deliver_call(struct thread *caller, struct thread *receiver)
{
    struct reply *reply = receiver->receive_reply;
    status_t status = STATUS_INTERRUPTED;

    lock_acquire(&reply->lock);
    if (reply->closed) {
        status = STATUS_PEER_DIED; /* the server closed what it receives with */
    } else if (thread_begin_wait(caller, WAIT_ANSWER, blocked_state(caller), &reply->object)) {
        status = message_to_receiver(caller, receiver, caller->endpoint->badge);
        if (status == STATUS_OK) {
            reply->state = REPLY_BOUND;
            reply->caller = caller;
            reply->number++;
            trace_call(TRACE_RECEIVE, caller, receiver, 0);
        } else {
            thread_end_wait(caller);
        }
    }
    lock_release(&reply->lock);
    return status;
}

struct thread *deliver_take_receiver(struct port *port)
{
    struct list *link = list_take(&port->receivers);
    struct thread *receiver;

    if (link == NULL) {
        return NULL;
    }
    receiver = container_of(link, struct thread, wait_link);
    thread_end_wait(receiver);
    return receiver;
}

/* Puts the first notice into the receiver's registers; false: there is none. */
static bool take_notice(struct port *port, struct thread *receiver, struct loose_ends *loose)
{
    struct list *link = list_take(&port->closed);

    if (link != NULL) {
        loose->closed = container_of(link, struct endpoint, closed_link);
        message_note(receiver, RECEIVE_CLOSED, loose->closed->badge, 0);
        return true;
    }
    link = list_take(&port->cancels);
    if (link != NULL) {
        struct thread *caller = container_of(link, struct thread, cancel_link);

        message_note(receiver, RECEIVE_CANCEL, caller->endpoint->badge, caller->cancel_handle);
        return true;
    }
    return false;
}

struct thread *deliver_notice(struct port *port, struct loose_ends *loose)
{
    struct thread *receiver;

    if (list_empty(&port->receivers) || (list_empty(&port->closed) && list_empty(&port->cancels))) {
        return NULL;
    }
    receiver = deliver_take_receiver(port);
    (void)take_notice(port, receiver, loose);
    return receiver;
}

static bool take_event(struct thread *receiver)
{
    uint64_t bits;

    if (receiver->bound_event == NULL) {
        return false;
    }
    bits = event_take_all(receiver->bound_event);
    if (bits != 0) {
        message_note(receiver, RECEIVE_EVENT, 0, bits);
    }
    return bits != 0;
}

static bool take_call(struct port *port, struct thread *receiver, struct loose_ends *loose)
{
    struct tree_node *node = tree_first(&port->callers);
    struct thread *caller;
    status_t status;

    if (node == NULL) {
        return false;
    }
    caller = container_of(node, struct thread, call_node);
    tree_remove(&port->callers, node);
    status = deliver_call(caller, receiver); /* it waits all the time: an interruption finds it */
    if (status != STATUS_OK) {
        thread_end_wait(caller);
        loose->failed = caller;
        loose->status = status;
    }
    loose->called = status == STATUS_OK;
    return loose->called;
}

bool deliver_to(struct port *port, struct thread *receiver, struct loose_ends *loose)
{
    return take_event(receiver) || take_notice(port, receiver, loose) ||
           take_call(port, receiver, loose);
}

void loose_ends_settle(struct loose_ends *loose)
{
    if (loose->closed != NULL) {
        object_release(&loose->closed->object);
        loose->closed = NULL;
    }
    if (loose->failed != NULL) {
        call_complete(loose->failed, loose->status);
        loose->failed = NULL;
    }
}

void receive_end(struct thread *receiver)
{
    struct reply *reply = receiver->receive_reply;

    lock_acquire(&reply->lock);
    if (reply->state == REPLY_ARMED) { /* no call came */
        reply->state = REPLY_FREE;
    }
    lock_release(&reply->lock);
}

void receive_wake(struct thread *receiver)
{
    if (receiver != NULL) {
        receive_end(receiver);
        sched_ready(receiver);
    }
}
