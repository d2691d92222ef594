/* Ordering for unit tests on the host, where the device is a function of the test. */
#ifndef DRIVERS_BARRIER_H
#define DRIVERS_BARRIER_H

#include <stdatomic.h>

static inline void arch_after_device_read(void)
{
    atomic_thread_fence(memory_order_seq_cst);
}

static inline void arch_before_device_write(void)
{
    atomic_thread_fence(memory_order_seq_cst);
}

static inline void arch_dma_write_barrier(void)
{
    atomic_thread_fence(memory_order_seq_cst);
}

static inline void arch_dma_read_barrier(void)
{
    atomic_thread_fence(memory_order_seq_cst);
}

static inline void arch_dma_full_barrier(void)
{
    atomic_thread_fence(memory_order_seq_cst);
}

#endif
