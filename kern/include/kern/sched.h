/*
 * The scheduler: 32 fixed priorities, round robin in each, a queue for each CPU.
 *
 * Fair shares inside a priority: a thread keeps what is left of its slice when it blocks and goes
 * to the end of the queue with a new one only when it is used up. A call lends the caller's slice:
 * switching directly changes neither the deadline nor the queue, as long as the slice lasts.
 */
#ifndef KERN_SCHED_H
#define KERN_SCHED_H

#include <kern/account.h>
#include <kern/cpu.h>
#include <kern/space.h>
#include <kern/thread.h>

/* Before the running thread is published as waiting: saves what only this CPU can. After that
 * nothing of the thread may be touched. */
void sched_prepare_block(struct thread *thread);
/* A thread that waits for nothing may run. */
void sched_ready(struct thread *thread);
/* The running thread, prepared, waits: `next`, owned, runs in its place on this CPU. If something
 * more urgent is ready, `next` is queued and the CPU chooses at kernel exit. */
void sched_switch(struct thread *next);
/* The prepared thread does not wait after all. */
void sched_resume(struct thread *thread);
/* The running thread, prepared, waits; the CPU chooses at kernel exit. */
void sched_block(void);
/* Chooses what runs, idling until there is something. Called at kernel exit only. */
void sched_choose(void);
void sched_yield(void);
/* A thread that waits for its account's next period is ready at once: it is to end. */
void sched_unpark(struct thread *thread);
/* The CPU that runs the thread, if any, is to look at what the caller has set before. */
void sched_look(struct thread *thread);
/* Takes a thread out of the queue that it is in; the caller then owns it. False: it is in none. */
bool sched_withdraw(struct thread *thread);
void sched_set_priority(struct thread *thread, uint32_t priority);
/* Budgets have changed: every CPU looks at what it runs. */
void sched_choose_everywhere(void);
/* This CPU's timer: ends slices, and the parking of threads without budget. */
void sched_timer(uint64_t now);
/* Idles for ever on a CPU that has just started. */
void sched_init_cpu(struct cpu *cpu);
/* Ticks in a slice. */
extern uint64_t sched_slice;
/* Ticks of CPU time that are charged to an account at once. */
extern uint64_t sched_grain;
void sched_init(uint64_t counter_hz);
_Noreturn void sched_start(void);

/* Its table can be used without more ado: it has an ASID, and is known to be used on this CPU. */
static inline bool space_is_near(const struct space *space, const struct cpu *cpu)
{
    return space->asid != 0 &&
           (atomic_load_explicit(&space->cpu_mask, memory_order_relaxed) >> cpu->index & 1) != 0;
}

/*
 * The parts of a switch, inline for the paths that hand the CPU from one thread to the next.
 * sched_can_hand_over(): nothing else is to be done than sched_stop() of the running thread
 * before it is published, and sched_run() and sched_use_space() of `next` after; nobody as urgent
 * as `next` is ready, the slice lasts and its end is noticed if there are CPU budgets, no account
 * is to be charged or its budget looked at now, no FP state is to be moved.
 */
static inline bool sched_is_charged(const struct thread *thread, uint64_t more)
{
    return atomic_load_explicit(&thread->cpu_time, memory_order_relaxed) + more < thread->charge_at;
}

static inline bool sched_can_hand_over(const struct cpu *cpu, const struct thread *next,
                                       uint64_t now)
{
    return (int64_t)(cpu->slice_end - now) > 0 && cpu->queue.ready >> thread_priority(next) == 0 &&
           (cpu->deadline <= cpu->slice_end ||
            atomic_load_explicit(&account_cpu_limits, memory_order_relaxed) == 0) &&
           sched_is_charged(cpu->current, now - cpu->switched_at) && sched_is_charged(next, 0) &&
           !cpu->fp_on && next->fp == NULL && space_is_near(next->space, cpu);
}

/* The thread runs no more. */
static inline void sched_stop(struct cpu *cpu, struct thread *thread, uint64_t now)
{
    uint64_t used = atomic_load_explicit(&thread->cpu_time, memory_order_relaxed);

    atomic_store_explicit(&thread->cpu_time, used + now - cpu->switched_at, memory_order_relaxed);
    cpu->switched_at = now;
    thread->slice_left = cpu->slice_end - now;
    thread->on_cpu = NULL;
}

/* False: it is to die or to stop, and the CPU has to choose again. */
static inline bool sched_run(struct cpu *cpu, struct thread *thread)
{
    cpu->current = thread;
    cpu->arch.frame = &thread->frame;
    thread->home = cpu;
    thread->state = THREAD_RUNNING;
    thread->on_cpu = cpu;
    atomic_thread_fence(memory_order_seq_cst); /* pairs with thread_kill and stop.c */
    return (atomic_load_explicit(&thread->attention, memory_order_relaxed) & ATTENTION_END) == 0;
}

static inline void sched_use_space(struct cpu *cpu, struct space *space)
{
    if (cpu->space != space) {
        pagetable_activate(space->root_value);
        cpu->space = space;
    }
}

#endif
