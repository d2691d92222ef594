/*
 * Signals with handlers, as an ABI has them: what the hooks of the common part are for. A handler
 * is called with the signal, a frame on the program's stack that the program may change, and the
 * address of a fault; it ends by the call signal_return().
 */
#ifndef SIGNALS_H
#define SIGNALS_H

#include "process.h"

/* The hooks of struct personality_abi. */
void signals_begin(struct process *process, const struct process *parent);
void signals_resume(struct process *process);
bool signals_fault(struct process *process);
bool signals_obey(struct process *process, int64_t code);

/* Calls, lock not held. */
int64_t signals_catch(struct process *process);
/* False: there is no such frame; nothing has changed. */
bool signals_return(struct process *process);
/* Another program has no handlers. */
void signals_exec(struct process *process);

#endif
