/*
 * What is ready on which CPU; private to kern/thread.
 */
#ifndef THREAD_QUEUE_H
#define THREAD_QUEUE_H

#include <kern/sched.h>

/* Queues the owned thread; *priority (unless null): with which. False: its task is stopped, and the
 * thread is held. */
bool queue_add(struct cpu *cpu, struct thread *thread, bool at_front, uint32_t *priority);
/* The most urgent thread of a CPU, or of all others; null: there is none. */
struct thread *queue_take(struct cpu *cpu);
struct thread *queue_steal(struct cpu *self);
/* The thread's account has used its budget until the counter value `until`. */
void queue_park(struct cpu *cpu, struct thread *thread, uint64_t until);
void queue_unpark_all(struct cpu *cpu);

#endif
