/*
 * Timers, and what is done at deadlines; see kern/timer.h.
 */
#include <kern/timer.h>

#include <arch/clock.h>
#include <arch/entry.h>
#include <kern/deadline.h>
#include <kern/event.h>
#include <kern/sched.h>
#include <kern/thread.h>

enum { FIRED_AT_ONCE = 16 }; /* then the interrupt comes again, so that others run between */

struct timer *timer_create(struct account *account, struct event *event, uint64_t bits)
{
    struct timer *timer = object_create(OBJECT_TIMER, sizeof(*timer), account);

    if (timer != NULL) {
        timer->event = event;
        object_reference(&event->object);
        timer->bits = bits;
    }
    return timer;
}

/* timer->lock held, so that the CPU stays what it is. */
static void timer_arm(struct timer *timer, uint64_t deadline)
{
    object_reference(&timer->object);
    deadline_insert(&timer->node, deadline, DEADLINE_TIMER, &timer->cpu);
}

void timer_set(struct timer *timer, uint64_t deadline, uint64_t period)
{
    bool was_queued;

    lock_acquire(&timer->lock);
    was_queued = deadline_remove(timer->cpu, &timer->node);
    timer->period = 0;
    if (deadline != ~UINT64_C(0) && !timer->dead) {
        timer->period = period;
        timer_arm(timer, deadline);
    }
    lock_release(&timer->lock);
    if (was_queued) {
        object_release(&timer->object);
    }
}

/* Nobody can set it any more: it stops. */
void timer_unreachable(struct object *object)
{
    struct timer *timer = container_of(object, struct timer, object);
    bool was_queued;

    lock_acquire(&timer->lock);
    timer->dead = true;
    timer->period = 0;
    was_queued = deadline_remove(timer->cpu, &timer->node);
    lock_release(&timer->lock);
    if (was_queued) {
        object_release(object);
    }
}

void timer_destroy(struct object *object)
{
    struct timer *timer = container_of(object, struct timer, object);

    object_release(&timer->event->object);
    object_free(object);
}

/* It may have been set anew meanwhile, and even have fired again: then that goes on. */
static void timer_fire(struct timer *timer, uint64_t deadline)
{
    event_signal(timer->event, timer->bits);
    lock_acquire(&timer->lock);
    if (timer->period != 0 && timer->node.linked == 0 && timer->node.key == deadline) {
        uint64_t now = clock_counter();
        uint64_t next = deadline + timer->period;

        if (next <= now) {
            next += (now - next) / timer->period * timer->period + timer->period;
        }
        timer_arm(timer, next);
    }
    lock_release(&timer->lock);
    object_release(&timer->object);
}

/* The thread may wait for something else by now: the event looks at its deadline again. */
static void thread_time_out(struct thread *thread, uint64_t now)
{
    struct object *object = NULL;

    lock_acquire(&thread->lock);
    if (thread->wait == WAIT_EVENT) {
        object = thread->wait_object;
        object_reference(object);
    }
    lock_release(&thread->lock);
    if (object != NULL) {
        event_time_out(container_of(object, struct event, object), thread, now);
        object_release(object);
    }
    object_release(&thread->object);
}

void kernel_timer(void)
{
    uint64_t now = clock_counter();

    cpu_self()->deadline = ~UINT64_C(0);
    sched_timer(now);
    for (unsigned i = 0; i < FIRED_AT_ONCE; i++) {
        uint32_t kind = 0;
        uint64_t deadline = 0;
        struct tree_node *node = deadline_take_due(now, &kind, &deadline);

        if (node == NULL) {
            return;
        }
        if (kind == DEADLINE_TIMER) {
            timer_fire(container_of(node, struct timer, node), deadline);
        } else {
            thread_time_out(container_of(node, struct thread, timeout), now);
        }
    }
    deadline_fire_by(now);
}
