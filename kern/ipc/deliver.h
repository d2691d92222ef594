/*
 * Bringing callers and receivers together; private to kern/ipc.
 *
 * Functions named deliver_* run under port->lock. What cannot be let go under it is collected in
 * struct loose_ends and settled after.
 */
#ifndef IPC_DELIVER_H
#define IPC_DELIVER_H

#include <kern/port.h>
#include <kern/thread.h>

/* Keys of queued calls: more urgent first (32 priorities), then in order of arrival. */
#define CALL_SEQUENCE_BITS 58
#define CALL_SEQUENCE      ((UINT64_C(1) << CALL_SEQUENCE_BITS) - 1)

struct loose_ends {
    struct endpoint *closed; /* its CLOSED has been given; a reference to drop */
    struct thread *failed;   /* a queued call that could not be delivered */
    status_t status;         /* for it */
    bool called;             /* a call was delivered */
};

/*
 * Gives a call to a receiver, queued or about to wait. OK: the caller waits for the answer.
 * Otherwise nothing happened and the status is for the caller.
 */
status_t deliver_call(struct thread *caller, struct thread *receiver);
/* Takes a waiting receiver out of the queue, to be handled by the caller; null: none waits. */
struct thread *deliver_take_receiver(struct port *port);
/* Gives the first notice, if any, to a waiting receiver; answers the one to wake, or null. */
struct thread *deliver_notice(struct port *port, struct loose_ends *loose);
/* Gives what waits, event bits first, then notices, then calls, to a thread that is about to wait.
 * False: nothing was there, or one call failed (loose->failed): settle and try again. */
bool deliver_to(struct port *port, struct thread *receiver, struct loose_ends *loose);

/* Without locks: lets go what is in *loose, and empties it. */
void loose_ends_settle(struct loose_ends *loose);
/* What the receiver got was no call: its reply is free. No lock held. */
void receive_end(struct thread *receiver);
/* receive_end and ready; null does nothing. */
void receive_wake(struct thread *receiver);

static inline uint32_t blocked_state(const struct thread *thread)
{
    return thread->call_kind == CALL_NORMAL ? THREAD_BLOCKED_CALL : THREAD_BLOCKED_FAULT;
}

#endif
