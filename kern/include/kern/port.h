/*
 * Ports, endpoints and replies: synchronous calls.
 *
 * Callers queue at a port by priority; receivers wait in order. A received call is bound to the
 * reply object that the receiver named, until it is answered. Lock order: port, event, reply,
 * thread.
 */
#ifndef KERN_PORT_H
#define KERN_PORT_H

#include <arch/frame.h>
#include <kern/list.h>
#include <kern/object.h>
#include <kern/tree.h>

struct event;
struct task;
struct thread;

struct port {
    struct object object;
    struct lock lock;
    struct tree callers;   /* threads, by priority and order of arrival */
    struct list receivers; /* threads */
    struct list closed;    /* endpoints whose CLOSED waits to be received; each holds a reference */
    struct list cancels;   /* threads whose CANCEL waits */
    struct list endpoints; /* all, for revocation */
    uint64_t sequence;
    bool dead; /* no handle is left: nobody can ever receive */
};

struct endpoint {
    struct object object;
    struct port *port; /* holds a reference */
    uint64_t badge;
    uint32_t policy; /* ENDPOINT_ constant */
    atomic_bool revoked;
    struct list link;        /* in port->endpoints */
    struct list closed_link; /* in port->closed */
    struct task *minter;     /* of policy GONE: in task->minted; holds a reference */
    struct list minted_link;
};

enum reply_state {
    REPLY_FREE,
    REPLY_ARMED, /* a thread receives with it */
    REPLY_BOUND,
    REPLY_ORPHANED, /* the caller was killed; answering is accepted and dropped */
};

struct reply {
    struct object object;
    struct lock lock;
    enum reply_state state;
    struct thread *caller; /* BOUND; it cannot go while bound */
    uint64_t number;       /* of bindings so far, names this call; lease.c reads it unlocked */
    handle_t handle;       /* by which it was armed */
    bool closed;           /* no handle is left */
};

/*
 * Starts the call of a thread that nobody else owns and that does not run (sched_prepare_block).
 * Takes over the reference to the endpoint. Answers a receiver that can run now, or null when the
 * call is queued, or the thread itself when the call has ended with an error.
 */
struct thread *call_start(struct thread *thread, struct endpoint *endpoint);
/* As call_start for a CALL_FAULT or CALL_PAGE of the running thread, and switches. */
void call_from_kernel(struct thread *thread, struct endpoint *endpoint);
/* Ends a call without an answer; the thread is owned. call_complete also makes it ready. */
void call_fail(struct thread *thread, status_t status);
void call_complete(struct thread *thread, status_t status);
/* The answer of the running `server` to the call bound to `reply`, which is then ARMED if
 * `receives` and FREE otherwise. The caller, if it can go on; null also when *status is not OK. */
struct thread *call_answer(struct reply *reply, struct thread *server, bool receives,
                           status_t *status);

/* Of thread_kill and thread_interrupt: end a wait, if the thread still waits there; whether it did.
 */
bool call_withdraw(struct port *port, struct thread *thread, status_t status);
bool call_cancel(struct reply *reply, struct thread *thread);
void call_abandon(struct reply *reply, struct thread *thread);
/* Drops what a thread has received with, which may not receive meanwhile. */
void receive_forget(struct thread *receiver);
bool receive_cancel(struct port *port, struct thread *thread, status_t status);
/* Bits of the event bound to a thread that may be waiting to receive. */
void receive_event(struct event *event, struct thread *thread);

/* The two result registers that say what was received; kind: RECEIVE_ constant. */
static inline void message_set_kind(struct frame *frame, uint32_t kind, uint64_t badge)
{
    frame_set_result(frame, 0, (uint64_t)kind << 32);
    frame_set_result(frame, FRAME_RESULTS - 1, badge);
}

void endpoint_revoke(struct endpoint *endpoint);

void port_unreachable(struct object *object);
void endpoint_unreachable(struct object *object);
void endpoint_destroy(struct object *object);
void reply_unreachable(struct object *object);

/* Leases of a call (lease.c): from the message page at its start; dropped at its end. */
status_t leases_take(struct thread *thread, uint32_t count);
void leases_drop(struct thread *thread);

#endif
