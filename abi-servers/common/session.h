/*
 * Sessions and process groups: whom the signals of a terminal reach, and what they find there. Each
 * program from outside leads a session and a group; its children are in both, until an ABI has
 * calls that change it. Lock held.
 */
#ifndef SESSION_H
#define SESSION_H

#include "process.h"

enum {
    SESSION_KILLED_BY = 128, /* and the signal: the exit code of what one has ended */
    SESSION_CONTINUE = TERMINAL_SIGCONT,
    SESSION_STOP = 19 /* no terminal sends it */
};

/* By the ABI's hook; without one they end, stop or go on as by default. */
void session_signal_group(uint32_t group, enum terminal_signal signal);
void session_signal_leader(uint32_t session, enum terminal_signal signal);

/* No member has a living parent in another group of its session. */
bool session_group_is_orphaned(uint32_t group);
/* Child and parent are one no more. If that orphans the child's group, and one of it is stopped,
 * all of it get SIGHUP and SIGCONT (POSIX.1-2017, _Exit()). */
void session_lost_parent(const struct process *child, const struct process *parent);

/* The signal that ending with this code stands for, 0: none. */
uint32_t session_signal_of(int64_t code);

/* setsid(): it leads a session and a group, without a terminal. NO_RIGHT: it, or another, has that
 * group already. */
SINTER_MUST_CHECK status_t session_begin(struct process *process);
/* setpgid(), of the process itself or a child, into a group of its session or one of its own.
 * NOT_FOUND: it is neither. NO_RIGHT: it leads a session or is in another, or there is no such
 * group. */
SINTER_MUST_CHECK status_t session_set_group(struct process *process, uint32_t pid, uint32_t group);
/* The session that the group is in; 0: there is none. */
uint32_t session_of_group(uint32_t group);

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
