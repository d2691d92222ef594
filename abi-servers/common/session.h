/*
 * Sessions and process groups: whom the signals of a terminal reach, and what they find there. Each
 * program from outside leads a session and a group; its children are in both. Lock held.
 */
#ifndef SESSION_H
#define SESSION_H

#include "process.h"

enum { SESSION_KILLED_BY = 128 }; /* and the signal: the exit code of what one has ended */

/* By the ABI's hook; without one they end, and do not stop. */
void session_signal_group(uint32_t group, enum terminal_signal signal);
void session_signal_leader(uint32_t session, enum terminal_signal signal);

/* No member has a living parent in another group of its session. */
bool session_group_is_orphaned(uint32_t group);

/* The signal that ending with this code stands for, 0: none. */
uint32_t session_signal_of(int64_t code);

static inline bool session_leads(const struct process *process)
{
    return process->pid == process->session;
}

/*
 * For ABIs whose shells make no groups: the leader and its living line of children and theirs. What
 * has lost its parent on the way runs in the background.
 */
bool session_in_foreground(const struct process *process);

#endif
