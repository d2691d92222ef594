/*
 * Spin locks. Interrupts are off in the kernel, so holding one needs nothing more.
 *
 * Order, outermost first: account throttle list, port, event, reply, space, memory, thread, timer
 * queue, run queue, handle table, guest, slab, pages, log, trace ring. A lock is taken only while
 * those held stand before it. Two locks of one kind are never held together, but for the replies
 * along a lease chain, which are tried: nobody waits for a reply with another in hand.
 */
#ifndef KERN_LOCK_H
#define KERN_LOCK_H

#include <arch/cpu.h>
#include <stdatomic.h>
#include <stdbool.h>

struct lock {
    atomic_uint held;
};

static inline void lock_acquire(struct lock *lock)
{
    while (atomic_exchange_explicit(&lock->held, 1, memory_order_acquire) != 0) {
        while (atomic_load_explicit(&lock->held, memory_order_relaxed) != 0) {
            cpu_relax();
        }
    }
}

/* False: somebody has it. */
static inline bool lock_try(struct lock *lock)
{
    return atomic_exchange_explicit(&lock->held, 1, memory_order_acquire) == 0;
}

static inline void lock_release(struct lock *lock)
{
    atomic_store_explicit(&lock->held, 0, memory_order_release);
}

#endif
