/*
 * The threads of a personality. Each runs one process after another, and waits in between; what is
 * made beyond the few that are kept ends with its process.
 */
#ifndef HOST_THREAD_H
#define HOST_THREAD_H

#include "process.h"

/* Bits of a thread's event. */
enum host_thread_event {
    HOST_THREAD_WAKE = 0x1, /* what its process sleeps for has come */
    HOST_THREAD_KILL = 0x2,
    HOST_THREAD_WORK = 0x4, /* there is a process for it */
    HOST_THREAD_NEVER = 0x8
};

struct host_thread {
    struct host_thread *next; /* idle */
    uint64_t stack;
    handle_t thread; /* 0: the place is free */
    handle_t event;
    struct process *process;
    bool ends;
};

/* Makes those that are kept. What host_stack_take(), side_thread_run_on() and event_create()
 * answer. */
SINTER_MUST_CHECK status_t host_threads_make(void);
/* Takes a thread for a process and lets it run that. FULL, NO_PAGES, … Lock held. */
SINTER_MUST_CHECK status_t host_thread_start(struct process *process);
/* The running thread takes a kick that came too late for its guest, and would end its next wait. */
void host_thread_take_kick(const struct host_thread *self);
/* Those that have ended leave nothing. Lock held. */
void host_threads_bury(void);

#endif
