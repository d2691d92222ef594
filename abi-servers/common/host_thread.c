/* See host_thread.h. */
#include "host_thread.h"

#include "host_stack.h"
#include "side_thread.h"

enum { KEPT = 4, PLACES = PROCESSES + KEPT };

#define FOR_EVER UINT64_MAX
#define PASSED   UINT64_C(1) /* a deadline: what has been kept is told, nothing is waited for */

static struct host_thread threads[PLACES];
static struct host_thread *idle;
static uint32_t thread_count; /* those that run, or are idle */
static uint32_t ending;

/* ---- life ------------------------------------------------------------------------------------ */

/* Whether the thread is kept for another process. */
static bool rest(struct host_thread *self)
{
    mutex_lock(&host.lock);
    self->process = NULL;
    self->ends = thread_count > KEPT;
    thread_count -= self->ends;
    ending += self->ends;
    if (!self->ends) {
        self->next = idle;
        idle = self;
    }
    mutex_unlock(&host.lock);
    return !self->ends;
}

void host_thread_take_kick(const struct host_thread *self)
{
    status_ignore(event_wait(self->event, HOST_THREAD_NEVER, PASSED, NULL));
}

static void thread_main(void *argument)
{
    struct host_thread *self = argument;
    bool kept = true;
    while (kept) {
        uint64_t bits;
        status_t status = event_wait(self->event, HOST_THREAD_WORK, FOR_EVER, &bits);
        if (status == STATUS_OK) {
            if (process_run(self->process)) {
                host_thread_take_kick(self); /* it is not to end a wait for the next process */
            }
            kept = rest(self);
        }
    }
}

/* ---- making and burying ---------------------------------------------------------------------- */

/* Also buries. Null: there is no place. */
static struct host_thread *free_place(void)
{
    struct host_thread *place = NULL;
    for (uint32_t i = 0; i < PLACES; i++) {
        struct host_thread *at = &threads[i];
        if (at->ends && side_thread_has_ended(at->thread)) {
            host_stack_give(at->stack);
            status_ignore(handle_close(at->thread));
            status_ignore(handle_close(at->event));
            *at = (struct host_thread){0};
            ending--;
        }
        place = at->thread == 0 ? at : place;
    }
    return place;
}

void host_threads_bury(void)
{
    if (ending > 0) {
        (void)free_place();
    }
}

/* Of a thread that could not be made. */
static void give_back(struct host_thread *thread)
{
    if (thread->stack != 0) {
        host_stack_give(thread->stack);
    }
    if (thread->event != 0) {
        status_ignore(handle_close(thread->event));
    }
    *thread = (struct host_thread){0};
}

/* Lock held. */
static status_t new_thread(struct host_thread **thread)
{
    struct host_thread *made = free_place();
    if (made == NULL) {
        return STATUS_FULL;
    }
    const struct side_thread what = {.function = thread_main,
                                     .argument = made,
                                     .stack_size = HOST_STACK_BYTES,
                                     .priority = SIDE_THREAD_AS_MAKER};
    status_t status = event_create(host.account, &made->event);
    if (status == STATUS_OK) {
        status = host_stack_take(&made->stack);
    }
    if (status == STATUS_OK) {
        status = side_thread_run_on(host.info, &what, made->stack, &made->thread);
    }
    if (status == STATUS_OK) {
        thread_count++;
    } else {
        give_back(made);
    }
    *thread = made;
    return status;
}

status_t host_threads_make(void)
{
    status_t status = STATUS_OK;
    mutex_lock(&host.lock);
    while (status == STATUS_OK && thread_count < KEPT) {
        struct host_thread *thread = NULL;
        status = new_thread(&thread);
        if (status == STATUS_OK) {
            thread->next = idle;
            idle = thread;
        }
    }
    mutex_unlock(&host.lock);
    return status;
}

status_t host_thread_start(struct process *process)
{
    status_t status = STATUS_OK;
    struct host_thread *thread = idle;
    uint64_t bits;
    host_threads_bury();
    if (thread != NULL) {
        idle = thread->next;
    } else {
        status = new_thread(&thread);
    }
    if (status != STATUS_OK) {
        return status;
    }
    thread->process = process;
    process->thread = thread;
    status_ignore(event_wait(thread->event, HOST_THREAD_WAKE | HOST_THREAD_KILL, 0, &bits));
    return event_signal(thread->event, HOST_THREAD_WORK);
}
