/*
 * The scheduler's choices: what runs, where, and for how long; see kern/sched.h.
 */
#include "queue.h"

#include <arch/clock.h>
#include <arch/entry.h>
#include <kern/deadline.h>
#include <kern/guest.h>
#include <kern/reap.h>
#include <kern/space.h>
#include <kern/trace.h>

#define SLICES_A_SECOND 200 /* 5 ms */

uint64_t sched_slice;
uint64_t sched_grain;

void sched_init(uint64_t counter_hz)
{
    sched_slice = counter_hz / SLICES_A_SECOND;
    sched_grain = counter_hz / 20000;
    for (unsigned i = 0; i < CPU_MAX; i++) {
        struct run_queue *queue = &cpus[i].queue;

        for (unsigned p = 0; p < LIMIT_PRIORITIES; p++) {
            list_init(&queue->lists[p]);
        }
        list_init(&queue->parked);
        queue->unpark_at = ~UINT64_C(0);
        cpus[i].deadline = ~UINT64_C(0);
    }
}

/* True if something at least (or, strictly, more) urgent than `priority` waits on this CPU. */
static bool more_urgent(const struct cpu *cpu, uint32_t priority, bool strictly)
{
    return (cpu->queue.ready >> priority >> (strictly ? 1 : 0)) != 0;
}

/* The end of the slice matters to the running thread only if somebody would come next, or if it, or
 * whom it hands the CPU to, may have a CPU budget. */
static void watch_slice(struct cpu *cpu, const struct thread *thread)
{
    if (more_urgent(cpu, thread_priority(thread), false) ||
        atomic_load_explicit(&account_cpu_limits, memory_order_relaxed) != 0) {
        deadline_fire_by(cpu->slice_end);
    }
}

static struct cpu *choose_cpu(const struct thread *thread)
{
    struct cpu *home = thread->home != NULL ? thread->home : cpu_self();

    if (cpu_count == 1 || home->idle) {
        return home;
    }
    for (unsigned i = 0; i < cpu_count; i++) {
        if (cpus[i].idle && cpus[i].online) {
            return &cpus[i];
        }
    }
    return home;
}

void sched_ready(struct thread *thread)
{
    struct cpu *self = cpu_self();
    struct cpu *cpu = choose_cpu(thread);
    uint32_t priority; /* with which it was queued: it may have changed until then */

    if (thread->slice_left == 0) {
        thread->slice_left = sched_slice;
    }
    if (!queue_add(cpu, thread, false, &priority)) {
        return;
    }
    if (cpu != self) {
        cpu_interrupt(cpu);
    } else if (self->current == NULL || thread_priority(self->current) < priority) {
        self->reschedule = true;
    } else if (thread_priority(self->current) == priority) {
        deadline_fire_by(self->slice_end); /* it matters now */
    }
}

void sched_prepare_block(struct thread *thread)
{
    struct cpu *cpu = cpu_self();
    uint64_t used;

    sched_stop(cpu, thread, clock_counter());
    cpu->current = NULL;
    if ((int64_t)thread->slice_left < 0) {
        thread->slice_left = 0;
    }
    used = atomic_load_explicit(&thread->cpu_time, memory_order_relaxed);
    if (used >= thread->charge_at) {
        account_charge_cpu(thread->object.account, used - thread->charged);
        thread->charged = used;
        thread->charge_at = account_cpu_limited(thread->object.account) ? used : used + sched_grain;
    }
    if (thread->guest != NULL) {
        guest_switch_out(thread);
    }
    if (cpu->fp_on) {
        fp_switch_out(&thread->frame, thread->fp);
        cpu->fp_on = false;
    }
}

static void run(struct cpu *cpu, struct thread *thread)
{
    trace(TRACE_SWITCH, thread, 0, 0, 0, 0);
    if (!sched_run(cpu, thread)) {
        cpu->reschedule = true;
    }
    tlb_catch_up(&cpu->arch);
    if (thread->fp != NULL) {
        fp_switch_in(&thread->frame, thread->fp);
        cpu->fp_on = true;
    }
    if (space_is_near(thread->space, cpu)) {
        sched_use_space(cpu, thread->space);
    } else {
        space_activate(thread->space);
    }
    if (thread->guest != NULL) {
        guest_switch_in(thread);
    }
}

void sched_switch(struct thread *next)
{
    struct cpu *cpu = cpu_self();
    uint64_t now = clock_counter();
    bool slice_over = (int64_t)(cpu->slice_end - now) <= 0;

    if (more_urgent(cpu, thread_priority(next), !slice_over) || !sched_is_charged(next, 0)) {
        sched_ready(next); /* perhaps elsewhere, so this CPU chooses in any case */
        cpu->reschedule = true;
        return;
    }
    if (slice_over) {
        cpu->slice_end = now + sched_slice;
    }
    run(cpu, next);
    watch_slice(cpu, next);
}

void sched_resume(struct thread *thread)
{
    run(cpu_self(), thread);
}

void sched_block(void)
{
    cpu_self()->reschedule = true;
}

void sched_timer(uint64_t now)
{
    struct cpu *cpu = cpu_self();

    if (cpu->queue.unpark_at > now) {
        deadline_fire_by(cpu->queue.unpark_at);
    }
    if ((int64_t)(cpu->slice_end - now) <= 0 || cpu->queue.unpark_at <= now) {
        cpu->reschedule = true;
    } else if (cpu->current != NULL) {
        watch_slice(cpu, cpu->current);
    }
}

/* True if the owned thread must not run: it has been given to thread_finish(), or is held. */
static bool divert(struct thread *thread)
{
    if ((atomic_load_explicit(&thread->attention, memory_order_seq_cst) & ATTENTION_END) == 0) {
        return false;
    }
    if (atomic_load_explicit(&thread->dying, memory_order_seq_cst)) {
        thread_finish(thread);
        return true;
    }
    return thread_hold(thread);
}

static void requeue_current(struct cpu *cpu, struct thread *thread)
{
    bool keeps_slice;

    sched_prepare_block(thread);
    keeps_slice = thread->slice_left != 0;
    if (!keeps_slice) {
        thread->slice_left = sched_slice;
    }
    if (!divert(thread)) {
        (void)queue_add(cpu, thread, keeps_slice, NULL);
    }
}

/* True if the running thread goes on. */
static bool current_stays(struct cpu *cpu)
{
    struct thread *thread = cpu->current;
    uint64_t now = clock_counter();
    bool slice_over = (int64_t)(cpu->slice_end - now) <= 0;

    if ((atomic_load_explicit(&thread->attention, memory_order_seq_cst) & ATTENTION_END) != 0 ||
        more_urgent(cpu, thread_priority(thread), !slice_over)) {
        return false;
    }
    return !slice_over;
}

/* Sets the slice, cut to a share of what the account has left (other CPUs may run threads of it
 * too). False: nothing is left, the thread is parked. */
static bool grant_slice(struct cpu *cpu, struct thread *thread, uint64_t now)
{
    uint64_t slice = thread->slice_left;

    if (account_cpu_limited(thread->object.account)) {
        uint64_t until = 0;
        uint64_t left = account_cpu_left(thread->object.account, now, &until);
        uint64_t share = left / cpu_count;

        if (left == 0) {
            queue_park(cpu, thread, until);
            return false;
        }
        share = share < sched_grain ? sched_grain : share;
        slice = share < slice ? share : slice;
    }
    if (thread->charge_at == thread->charged) {
        thread->charge_at += sched_grain;
    }
    cpu->slice_end = now + slice;
    return true;
}

static void idle(struct cpu *cpu)
{
    cpu->idle = true;
    atomic_thread_fence(memory_order_seq_cst);
    if (cpu->queue.ready == 0 && !cpu->reschedule) {
        trace(TRACE_SWITCH, NULL, 0, 0, 0, 0);
        cpu_wait();
    }
    cpu->idle = false;
    cpu->reschedule = false;
    interrupts_poll();
}

/* *now: the time, read anew after idling. */
static struct thread *next_thread(struct cpu *cpu, uint64_t *now)
{
    for (;; *now = clock_counter()) {
        struct thread *thread;

        if (*now >= cpu->queue.unpark_at) {
            queue_unpark_all(cpu);
        }
        thread = queue_take(cpu);
        if (thread == NULL) {
            thread = queue_steal(cpu);
        }
        if (thread != NULL) {
            return thread;
        }
        if (!reap_run()) {
            idle(cpu);
        }
    }
}

void sched_choose(void)
{
    struct cpu *cpu = cpu_self();

    cpu->reschedule = false;
    if (clock_counter() >= cpu->queue.unpark_at) {
        queue_unpark_all(cpu);
    }
    if (cpu->current != NULL) {
        if (current_stays(cpu)) {
            watch_slice(cpu, cpu->current);
            return;
        }
        requeue_current(cpu, cpu->current);
    }
    for (uint64_t now = clock_counter();; now = clock_counter()) {
        struct thread *thread = next_thread(cpu, &now);

        if (!divert(thread) && grant_slice(cpu, thread, now)) {
            cpu->switched_at = now;
            run(cpu, thread);
            watch_slice(cpu, thread);
            return;
        }
    }
}

void sched_yield(void)
{
    struct cpu *cpu = cpu_self();

    cpu->slice_end = clock_counter();
    cpu->reschedule = true;
}

void sched_init_cpu(struct cpu *cpu)
{
    cpu->online = true;
}

void sched_start(void)
{
    sched_choose();
    entry_leave();
}
