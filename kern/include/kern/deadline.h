/*
 * Deadlines: one ordered queue for each CPU, of timers and of threads whose waits end.
 *
 * A node lies in the queue of the CPU that set it and is taken out by that CPU's timer or, under
 * the same lock, by whoever cancels. What fires holds a reference while it is in a queue.
 */
#ifndef KERN_DEADLINE_H
#define KERN_DEADLINE_H

#include <kern/thread.h>

enum { DEADLINE_TIMER = 1, DEADLINE_THREAD = 2 }; /* tree_node.linked of a queued node */

/* Puts a node into this CPU's queue; *cpu: whose that is. */
void deadline_insert(struct tree_node *node, uint64_t deadline, uint32_t kind, uint32_t *cpu);
/* True if the node was queued: the queue's reference is the caller's now. */
bool deadline_remove(uint32_t cpu, struct tree_node *node);
/* The first node of this CPU if it is due, and what it was queued with; it may be queued again at
 * once. Otherwise null, and the CPU's timer is set for it. */
struct tree_node *deadline_take_due(uint64_t now, uint32_t *kind, uint64_t *deadline);

/* A thread's wait for an event ends at `deadline` (ticks). */
void deadline_add_timeout(struct thread *thread, uint64_t deadline);
void deadline_remove_timeout(struct thread *thread); /* only if thread->timeout.linked */
/* This CPU's timer interrupt comes at `deadline` or before. One that comes too early finds nothing
 * due; so nothing is done when what a deadline was set for goes away. */
void deadline_fire_by(uint64_t deadline);

#endif
