/* Ordering of memory and device accesses on riscv64 (RVWMO, "Memory Ordering PMAs and FENCE"). */
#ifndef DRIVERS_BARRIER_H
#define DRIVERS_BARRIER_H

/* Loads from a device before it come before memory accesses after it. */
static inline void arch_after_device_read(void)
{
    __asm__ volatile("fence i, rw" ::: "memory");
}

/* Memory accesses before it come before stores to a device after it. */
static inline void arch_before_device_write(void)
{
    __asm__ volatile("fence rw, o" ::: "memory");
}

/* Among accesses to memory that a device reads and writes too. */
static inline void arch_dma_write_barrier(void)
{
    __asm__ volatile("fence w, w" ::: "memory");
}

static inline void arch_dma_read_barrier(void)
{
    __asm__ volatile("fence r, r" ::: "memory");
}

static inline void arch_dma_full_barrier(void)
{
    __asm__ volatile("fence rw, rw" ::: "memory");
}

#endif
