/*
 * Deadlines: one ordered queue for each CPU, of timers and of threads whose waits end.
 */
#ifndef KERN_TIMER_H
#define KERN_TIMER_H

#include <kern/object.h>
#include <kern/tree.h>

struct event;
struct thread;

struct timer {
    struct object object;
    struct lock lock;
    struct tree_node node; /* in the queue of the CPU `cpu`; under the queue's lock */
    uint32_t cpu;
    uint64_t period; /* ticks; 0: once */
    struct event *event; /* holds a reference */
    uint64_t bits;
};

struct timer *timer_create(struct account *account, struct event *event, uint64_t bits);
/* deadline in ticks; ~0: disarms. */
void timer_set(struct timer *timer, uint64_t deadline, uint64_t period);
void timer_unreachable(struct object *object);
void timer_destroy(struct object *object);

/* A thread's wait for an event ends at `deadline` (ticks). */
void timer_add_timeout(struct thread *thread, uint64_t deadline);
void timer_remove_timeout(struct thread *thread); /* only if thread->timeout.linked */
/* This CPU chooses again at `deadline`. */
void timer_wake_cpu_at(uint64_t deadline);
/* This CPU's timer interrupt comes at `deadline` or before. One that comes too early finds nothing
 * due; so nothing is done when what a deadline was set for goes away. */
void timer_fire_by(uint64_t deadline);
/* Fires what is due on this CPU. */
void timer_run(void);

/* Nanoseconds since boot and counter values (rounded up); ~0 stays ~0. */
void time_init(uint64_t counter_hz);
/* Counter value at boot. */
uint64_t time_base(void);
uint64_t time_from_counter(uint64_t counter);
uint64_t time_to_counter(uint64_t nanoseconds);
uint64_t time_ticks(uint64_t nanoseconds);
uint64_t time_nanoseconds(uint64_t ticks);

#endif
