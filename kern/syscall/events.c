/*
 * Calls on events, timers and interrupt lines.
 */
#include "lookup.h"

#include <kern/deadline.h>
#include <kern/event.h>
#include <kern/irq.h>
#include <kern/life.h>
#include <kern/sched.h>
#include <kern/time.h>
#include <kern/timer.h>

#include <arch/clock.h>

#define PERIOD_LEAST UINT64_C(10000) /* ns */

static struct event *as_event(struct object *object)
{
    return container_of(object, struct event, object);
}

status_t sys_event_create(struct account *account, handle_t *result)
{
    return give_new(event_create(account), STATUS_NO_KERNEL_MEMORY, result);
}

status_t sys_event_signal(handle_t handle, uint64_t bits)
{
    struct object *object;
    status_t status = look_up(handle, OBJECT_EVENT, RIGHT_EVENT_SIGNAL, &object);

    if (status == STATUS_OK) {
        event_signal(as_event(object), bits);
        object_release(object);
    }
    return status;
}

/* event->lock held: queues the thread, which is not running any more. */
static bool begin_wait(struct event *event, struct thread *self, uint64_t mask)
{
    self->wait_mask = mask;
    if (!thread_begin_wait(self, WAIT_EVENT, THREAD_BLOCKED_WAIT, &event->object)) {
        return false;
    }
    list_append(&event->waiters, &self->wait_link);
    return true;
}

/*
 * Waits. The look-up's reference to the event is the wait's from here on. The timeout is set
 * before the wait is published; if it fires first it finds nothing to end, so it is looked at
 * again under the event's lock.
 */
static status_t wait(struct event *event, uint64_t mask, uint64_t deadline, uint64_t *bits)
{
    struct thread *self = current_thread();
    uint64_t counter = deadline != 0 ? time_to_counter(deadline) : 0;
    bool waits = false;
    bool ended = false; /* before it began */

    lock_acquire(&event->lock);
    *bits = event->bits & mask;
    event->bits &= ~*bits;
    if (*bits == 0 && deadline != 0 && clock_counter() < counter) {
        sched_prepare_block(self);
        if (counter != ~UINT64_C(0)) {
            deadline_add_timeout(self, counter);
        } else {
            self->timeout.key = counter; /* never: a timeout that comes late is no longer meant */
        }
        waits = begin_wait(event, self, mask);
        if (!waits) {
            sched_resume(self);
            ended = true;
        }
    }
    lock_release(&event->lock);
    if (waits) {
        sched_block();
        return STATUS_BLOCKED;
    }
    if (self->timeout.linked) {
        deadline_remove_timeout(self);
    }
    object_release(&event->object);
    if (*bits != 0) {
        return STATUS_OK;
    }
    ended = ended || (deadline != 0 && thread_take_interruption(self));
    return ended ? STATUS_INTERRUPTED : STATUS_TIMED_OUT;
}

status_t sys_event_wait(handle_t handle, uint64_t mask, uint64_t deadline, uint64_t *bits)
{
    struct object *object;
    status_t status = look_up(handle, OBJECT_EVENT, RIGHT_EVENT_WAIT, &object);

    if (status != STATUS_OK) {
        return status;
    }
    if (mask == 0) {
        object_release(object);
        return STATUS_BAD_ARGUMENT;
    }
    return wait(as_event(object), mask, deadline, bits);
}

static void unbind(struct thread *self)
{
    struct event *old = self->bound_event;

    if (old != NULL) {
        self->bound_event = NULL;
        event_unbind(old, self);
        object_release(&old->object);
    }
}

status_t sys_event_bind(handle_t handle)
{
    struct thread *self = current_thread();
    struct object *object;
    status_t status;

    if (handle == 0) {
        unbind(self);
        return STATUS_OK;
    }
    status = look_up(handle, OBJECT_EVENT, RIGHT_EVENT_WAIT, &object);
    if (status != STATUS_OK) {
        return status;
    }
    status = event_bind(as_event(object), self);
    if (status != STATUS_OK || self->bound_event == as_event(object)) {
        object_release(object);
        return status;
    }
    unbind(self);
    self->bound_event = as_event(object);
    return STATUS_OK;
}

static status_t watch(struct object *object, uint32_t rights, struct event *event, uint64_t bits)
{
    struct task *task = container_of(object, struct task, object);
    struct thread *thread = container_of(object, struct thread, object);
    bool is_task = object->type == OBJECT_TASK;
    struct lock *lock = is_task ? &task->lock : &thread->lock;
    status_t status = STATUS_OK;
    bool dead;

    if ((rights & RIGHT_WATCH) == 0) {
        return STATUS_NO_RIGHT;
    }
    if (!is_task && object->type != OBJECT_THREAD) {
        return STATUS_WRONG_TYPE;
    }
    lock_acquire(lock);
    dead = is_task ? task->state == TASK_DEAD : thread->state == THREAD_DEAD;
    if (!dead) {
        status = watch_add(is_task ? &task->watches : &thread->watches, event, bits);
    }
    lock_release(lock);
    if (dead) {
        event_signal(event, bits);
    }
    return status;
}

status_t sys_event_watch(handle_t handle, struct event *event, uint64_t bits)
{
    uint32_t rights = 0;
    struct object *object;
    status_t status = look_up_any(handle, &rights, &object);

    if (object != NULL) {
        status = bits == 0 ? STATUS_BAD_ARGUMENT : watch(object, rights, event, bits);
        object_release(object);
    }
    return status;
}

status_t sys_timer_make(struct account *account, struct event *event, uint64_t bits,
                        handle_t *result)
{
    struct timer *timer;

    if (bits == 0) {
        return STATUS_BAD_ARGUMENT;
    }
    timer = timer_create(account, event, bits);
    return give_new(timer, STATUS_NO_KERNEL_MEMORY, result);
}

status_t sys_timer_set(struct timer *timer, uint64_t deadline, uint64_t period)
{
    if (period != 0 && period < PERIOD_LEAST) {
        return STATUS_BAD_ARGUMENT;
    }
    timer_set(timer, deadline == 0 ? ~UINT64_C(0) : time_to_counter(deadline),
              period == 0 ? 0 : time_ticks(period));
    return STATUS_OK;
}

status_t sys_irq_bind(struct irq *irq, struct event *event, uint64_t bits)
{
    return bits == 0 ? STATUS_BAD_ARGUMENT : irq_bind(irq, event, bits);
}

status_t sys_irq_acknowledge(struct irq *irq)
{
    return irq_acknowledge(irq);
}
