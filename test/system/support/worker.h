/*
 * Further threads, in this task or in a child task that shares its space but has a handle table
 * of its own. The worker's structure must last until worker_end().
 */
#ifndef WORKER_H
#define WORKER_H

#include "environment.h"

#define WORKER_STACK ((uint64_t)32 << 10)

struct worker {
    void (*run)(void *argument);
    void *argument;
    handle_t thread;
    uint64_t stack;
    uint64_t message_page;
    volatile uint32_t finished; /* run() has returned */
};

/* task 0: this one. */
status_t worker_start(struct worker *worker, handle_t task, uint32_t priority, void (*run)(void *),
                      void *argument);
/* Waits until the thread is dead, at most 40 s (false: it is not), and frees what it had. */
bool worker_end(struct worker *worker);
uint32_t worker_state(const struct worker *worker);
/* Waits until the thread is in the THREAD_ state, at most 5 s. */
bool worker_reaches(const struct worker *worker, uint32_t state);

/* A task in this space. */
status_t child_create(const char *name, handle_t *task);
/* Waits until the task is dead, at most 40 s. */
bool task_ends(handle_t task);

#endif
