/*
 * Timers: signal an event at a deadline, or again and again.
 */
#ifndef KERN_TIMER_H
#define KERN_TIMER_H

#include <kern/object.h>
#include <kern/tree.h>

struct event;

struct timer {
    struct object object;
    struct lock lock;
    struct tree_node node; /* in the queue of the CPU `cpu`; under the queue's lock */
    uint32_t cpu;
    uint64_t period;     /* ticks; 0: once, or not at all */
    bool dead;           /* no handle is left: it stays off */
    struct event *event; /* holds a reference */
    uint64_t bits;
};

struct timer *timer_create(struct account *account, struct event *event, uint64_t bits);
/* deadline in ticks; ~0: disarms. */
void timer_set(struct timer *timer, uint64_t deadline, uint64_t period);
void timer_unreachable(struct object *object);
void timer_destroy(struct object *object);

#endif
