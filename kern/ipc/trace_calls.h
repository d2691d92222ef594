/*
 * Trace records of calls; for kern/ipc only, where trace_wants() says so.
 */
#ifndef KERN_IPC_TRACE_CALLS_H
#define KERN_IPC_TRACE_CALLS_H

#include <kern/trace.h>

/* Its endpoint is set, nobody has received it. */
void trace_call(const struct thread *caller);
/* The call has been bound to a reply of `receiver`. */
void trace_receive(const struct thread *caller, const struct thread *receiver);
/* Before the call lets go of its endpoint. */
void trace_reply(const struct thread *caller, const struct thread *server);
void trace_failed(const struct thread *caller, status_t status);

#endif
