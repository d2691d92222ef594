/*
 * Device registers and memory shared with devices.
 *
 * mmio_read orders what follows after it, mmio_write orders what precedes before it, so a
 * descriptor written to memory is seen by the device that a register write tells about it. The
 * dma_ barriers order accesses to shared memory among themselves. Little-endian devices only.
 */
#ifndef DRIVERS_COMMON_IO_H
#define DRIVERS_COMMON_IO_H

#include <barrier.h> /* drivers/common/arch/ARCH */
#include <stdint.h>

#define MMIO_ACCESSORS(bits)                                                                       \
    static inline uint##bits##_t mmio_read##bits(uintptr_t address)                                \
    {                                                                                              \
        uint##bits##_t value = *(volatile const uint##bits##_t *)address;                          \
        arch_after_device_read();                                                                  \
        return value;                                                                              \
    }                                                                                              \
    static inline void mmio_write##bits(uintptr_t address, uint##bits##_t value)                   \
    {                                                                                              \
        arch_before_device_write();                                                                \
        *(volatile uint##bits##_t *)address = value;                                               \
    }

MMIO_ACCESSORS(8)
MMIO_ACCESSORS(16)
MMIO_ACCESSORS(32)
MMIO_ACCESSORS(64)

/* Stores to shared memory before it are seen before those after it. */
static inline void dma_write_barrier(void)
{
    arch_dma_write_barrier();
}

/* Loads from shared memory before it are done before those after it. */
static inline void dma_read_barrier(void)
{
    arch_dma_read_barrier();
}

/* Stores before it are seen before loads after it are done. */
static inline void dma_full_barrier(void)
{
    arch_dma_full_barrier();
}

#endif
