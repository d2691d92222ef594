/*
 * The scheduler: 32 fixed priorities, round robin in each, a queue for each CPU.
 *
 * Fair shares inside a priority: a thread keeps what is left of its slice when it blocks and goes
 * to the end of the queue with a new one only when it is used up. A call lends the caller's slice:
 * switching directly changes neither the deadline nor the queue, as long as the slice lasts.
 */
#ifndef KERN_SCHED_H
#define KERN_SCHED_H

#include <kern/cpu.h>
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
void sched_set_priority(struct thread *thread, uint32_t priority);
/* This CPU's timer: ends slices. Answers the counter value of the next one, ~0 for none. */
uint64_t sched_timer(uint64_t now);
/* Idles for ever on a CPU that has just started. */
void sched_init_cpu(struct cpu *cpu);
/* Ticks in a slice. */
extern uint64_t sched_slice;
void sched_init(uint64_t counter_hz);
/* Adds the time since the last switch to the running thread. */
void sched_account_current(void);
_Noreturn void sched_start(void);

#endif
