/*
 * Ordering of memory and device accesses on AArch64 (Arm ARM B2.3.11). Devices that master the
 * bus are in the outer shareable domain.
 */
#ifndef DRIVERS_BARRIER_H
#define DRIVERS_BARRIER_H

/* Loads from a device before it come before memory accesses after it. */
static inline void arch_after_device_read(void)
{
    __asm__ volatile("dmb oshld" ::: "memory");
}

/* Memory accesses before it come before stores to a device after it. */
static inline void arch_before_device_write(void)
{
    __asm__ volatile("dmb osh" ::: "memory");
}

/* Among accesses to memory that a device reads and writes too. */
static inline void arch_dma_write_barrier(void)
{
    __asm__ volatile("dmb oshst" ::: "memory");
}

static inline void arch_dma_read_barrier(void)
{
    __asm__ volatile("dmb oshld" ::: "memory");
}

static inline void arch_dma_full_barrier(void)
{
    __asm__ volatile("dmb osh" ::: "memory");
}

#endif
