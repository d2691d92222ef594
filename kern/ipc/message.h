/*
 * Moving messages between threads; private to kern/ipc.
 */
#ifndef IPC_MESSAGE_H
#define IPC_MESSAGE_H

#include <kern/port.h>
#include <kern/thread.h>
#include <kern/trace.h>

/* Checks the size fields of a tag; leases only where `leases` says. */
status_t message_check(uint64_t tag, bool leases);
/* Looks up the handles that a message carries, so that they can be given under locks later. On
 * failure some may be held: message_drop_handles() in every case. No lock held. */
status_t message_take_handles(struct thread *from, unsigned count);
void message_drop_handles(struct thread *from);
/*
 * Copies a call from a waiting caller to a receiver, and its handles. On failure neither thread
 * has been changed: the status is for the caller.
 */
status_t message_to_receiver(struct thread *caller, struct thread *receiver, uint64_t badge);
/* Copies an answer from the registers (1 to 7) of `server` to the caller; all or nothing. */
status_t message_to_caller(struct thread *server, struct thread *caller);
/* Result registers of a receive without a call. */
void message_note(struct thread *receiver, uint32_t kind, uint64_t badge, uint64_t word);

/* The trace record of a call, whose endpoint is set: CALL (actor: the caller), RECEIVE (the server)
 * or REPLY (the server, or null: the kernel ends it with the status `tag`). */
void trace_message(uint32_t kind, const struct thread *caller, const struct thread *actor,
                   uint64_t tag);

static inline void trace_call(uint32_t kind, const struct thread *caller,
                              const struct thread *actor, uint64_t tag)
{
    if (trace_wants(1u << kind)) {
        trace_message(kind, caller, actor, tag);
    }
}

#endif
