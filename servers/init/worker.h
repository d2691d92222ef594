/*
 * The worker thread: does, one after the other, the jobs that have to wait for the loader.
 *
 * A job belongs to the worker from worker_submit() until its `done` runs, on the main thread out
 * of worker_collect(). The main thread watches how long each call of the loader takes (worker_busy)
 * and ends the loader when it hangs: the call that the worker is in then fails with PEER_DIED.
 */
#ifndef INIT_WORKER_H
#define INIT_WORKER_H

#include "init.h"

struct job {
    void (*run)(struct job *job);  /* on the worker */
    void (*done)(struct job *job); /* on the main thread */
    bool queued;                   /* the main thread's: between submit and done */
};

/* Makes the thread. */
SINTER_MUST_CHECK status_t worker_begin(const struct start_info *info);
void worker_submit(struct job *job);
/* Runs `done` of every finished job. */
void worker_collect(void);
/* On the worker, before each call of the loader: the time that it may take begins. */
void worker_calls_loader(void);
/* When the job in progress, or its last call of the loader, began; 0: none is in progress. */
uint64_t worker_busy(void);
/* Whether there are jobs that have not been collected. */
bool worker_has_jobs(void);

#endif
