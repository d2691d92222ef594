/*
 * The worker thread: see worker.h. Two rings, each with one writer and one reader.
 */
#include "worker.h"

#include <stdatomic.h>

#include "side_thread.h"

enum { RING = 256, STACK_SIZE = 64 << 10, PRIORITY = 24 };

_Static_assert(RING > INIT_SLOTS + 16, "every job of init fits into a ring at once");
_Static_assert((RING & (RING - 1)) == 0, "positions wrap");

#define WORK_BIT 1

struct ring {
    atomic_uint head; /* next to take */
    atomic_uint tail; /* next to fill */
    struct job *jobs[RING];
};

static struct {
    struct ring todo, finished;
    handle_t event; /* there is something to do */
    atomic_ullong busy_since;
    uint32_t outstanding; /* the main thread's: jobs submitted and not collected */
} worker;

static void ring_put(struct ring *ring, struct job *job)
{
    unsigned tail = atomic_load_explicit(&ring->tail, memory_order_relaxed);
    ring->jobs[tail % RING] = job;
    atomic_store_explicit(&ring->tail, tail + 1, memory_order_release);
}

static struct job *ring_take(struct ring *ring)
{
    unsigned head = atomic_load_explicit(&ring->head, memory_order_relaxed);
    if (head == atomic_load_explicit(&ring->tail, memory_order_acquire)) {
        return NULL;
    }
    struct job *job = ring->jobs[head % RING];
    atomic_store_explicit(&ring->head, head + 1, memory_order_release);
    return job;
}

void worker_submit(struct job *job)
{
    job->queued = true;
    worker.outstanding++;
    ring_put(&worker.todo, job);
    status_ignore(event_signal(worker.event, WORK_BIT));
}

void worker_collect(void)
{
    struct job *job;
    while ((job = ring_take(&worker.finished)) != NULL) {
        job->queued = false;
        worker.outstanding--;
        job->done(job);
    }
}

uint64_t worker_busy(void)
{
    return atomic_load_explicit(&worker.busy_since, memory_order_relaxed);
}

bool worker_has_jobs(void)
{
    return worker.outstanding != 0;
}

void worker_calls_loader(void)
{
    atomic_store_explicit(&worker.busy_since, clock_read(), memory_order_relaxed);
}

static void work(void)
{
    struct job *job;
    while ((job = ring_take(&worker.todo)) != NULL) {
        atomic_store_explicit(&worker.busy_since, clock_read(), memory_order_relaxed);
        job->run(job);
        atomic_store_explicit(&worker.busy_since, 0, memory_order_relaxed);
        ring_put(&worker.finished, job);
        status_ignore(event_signal(init.event, INIT_EVENT_JOB));
    }
}

static void worker_main(void *unused)
{
    (void)unused;
    for (;;) {
        uint64_t bits;
        status_ignore(event_wait(worker.event, WORK_BIT, INIT_NEVER, &bits));
        work();
    }
}

status_t worker_begin(const struct start_info *info)
{
    const struct side_thread thread = {.function = worker_main,
                                       .account = init.account,
                                       .stack_size = STACK_SIZE,
                                       .priority = PRIORITY};
    status_t status = event_create(init.account, &worker.event);
    return status != STATUS_OK ? status : side_thread_run(info, &thread, NULL);
}
