/*
 * Tasks: an address space, a handle table, an account, threads.
 *
 * A task dies in steps (reap.h): threads end, handles close, then watchers hear of it and the
 * state becomes DEAD. task->lock guards the list of threads, the state and the watches; it stands
 * before thread locks in the order.
 */
#ifndef KERN_TASK_H
#define KERN_TASK_H

#include <kern/handle.h>
#include <kern/list.h>
#include <kern/reap.h>

struct endpoint;
struct event;
struct space;
struct thread;

struct task {
    struct object object;
    struct handle_table handles;
    struct space *space; /* holds a reference until the task is freed */
    struct lock lock;
    struct list threads;
    uint32_t thread_count;
    uint32_t next_thread;
    uint32_t state;  /* TASK_ constant */
    uint32_t reason; /* EXIT_ constant; set once, when dying begins */
    int64_t code;
    bool dying;
    bool threads_told, taken_apart; /* how far its end has come */
    bool essential;                 /* its death is the system's: the panic says so and resets */
    atomic_ulong cpu;               /* ticks of threads that have ended */
    struct list watches;
    struct list minted;              /* endpoints with policy GONE; under the lock */
    struct endpoint *fault_endpoint; /* holds a reference */
    struct reap reap;                /* steps are set when the task is made */
    atomic_bool stop;                /* stopped, or on the way there: see life.h */
    atomic_uint stop_queued;         /* bool, but exchanged: gcc calls a library for bytes */
    struct list stop_watches;
    struct reap stop_reap;
    uint64_t log_paid;    /* counter value up to which its lines in the log are paid for */
    uint64_t log_dropped; /* lines since the last that was written; both under the lock */
    char name[LIMIT_NAME + 1];
};

/* Begins the end; later calls change nothing. */
void task_kill(struct task *task, uint32_t reason, int64_t code);
/* A thread has become halted or has gone: perhaps it was the last. Any locks may be held. */
void task_stop_progress(struct task *task);

#endif
