/*
 * Threads and child tasks: see worker.h.
 */
#include "worker.h"

#define STATE_STEP (20 * MICROSECOND)

static void worker_entry(struct worker *worker)
{
    worker->run(worker->argument);
    worker->finished = 1;
    thread_exit();
}

status_t worker_start(struct worker *worker, handle_t task, uint32_t priority, void (*run)(void *),
                      void *argument)
{
    uint64_t tls;
    *worker = (struct worker){.run = run, .argument = argument};
    worker->stack = map_new(environment.account, WORKER_STACK);
    if (worker->stack == 0) {
        return STATUS_NO_PAGES;
    }
    status_t status = thread_create(task, priority, &worker->thread, &worker->message_page);
    if (status != STATUS_OK) {
        unmap(worker->stack, WORKER_STACK);
        worker->stack = 0;
        return status;
    }
    void *sp = thread_setup(environment.info, at(worker->message_page),
                            at(worker->stack + WORKER_STACK), &tls);
    return thread_start(worker->thread, (uint64_t)(uintptr_t)worker_entry, address_of(sp),
                        address_of(worker), tls);
}

/* Watches a task or thread until it dies. */
static bool dies(handle_t object)
{
    handle_t event;
    if (event_create(environment.own, &event) != STATUS_OK) {
        return false;
    }
    bool dead = event_watch(object, event, 1) == STATUS_OK &&
                event_wait(event, 1, clock_read() + PATIENCE, NULL) == STATUS_OK;
    close_handle(event);
    return dead;
}

bool worker_end(struct worker *worker)
{
    if (worker->thread == 0) {
        return true;
    }
    bool dead = dies(worker->thread);
    close_handle(worker->thread);
    worker->thread = 0;
    if (dead) {
        unmap(worker->stack, WORKER_STACK);
    }
    return dead;
}

uint32_t worker_state(const struct worker *worker)
{
    uint32_t state = THREAD_NEW;
    status_ignore(thread_info(worker->thread, &state, NULL, NULL, NULL));
    return state;
}

bool worker_reaches(const struct worker *worker, uint32_t state)
{
    uint64_t end = clock_read() + PATIENCE;
    while (worker_state(worker) != state) {
        if (clock_read() > end) {
            return false;
        }
        sleep_for(STATE_STEP);
    }
    return true;
}

status_t child_create(const char *name, handle_t *task)
{
    uint64_t length = 0;
    for (; name[length] != '\0'; length++) {
        message_page()->data[length] = (uint8_t)name[length];
    }
    return task_create(environment.account, environment.space, length, task);
}

bool task_ends(handle_t task)
{
    return dies(task);
}
