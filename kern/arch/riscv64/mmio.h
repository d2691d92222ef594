/*
 * Device registers of 8 and 32 bits, little-endian, in program order with each other.
 */
#ifndef RISCV64_MMIO_H
#define RISCV64_MMIO_H

#include <stdint.h>

static inline uint32_t mmio_read32(const volatile void *base, uint64_t offset)
{
    uint32_t value = *(const volatile uint32_t *)((const volatile uint8_t *)base + offset);

    __asm__ volatile("fence i, ior" ::: "memory");
    return value;
}

static inline void mmio_write32(volatile void *base, uint64_t offset, uint32_t value)
{
    __asm__ volatile("fence iow, o" ::: "memory");
    *(volatile uint32_t *)((volatile uint8_t *)base + offset) = value;
}

static inline uint8_t mmio_read8(const volatile void *base, uint64_t offset)
{
    uint8_t value = ((const volatile uint8_t *)base)[offset];

    __asm__ volatile("fence i, ior" ::: "memory");
    return value;
}

static inline void mmio_write8(volatile void *base, uint64_t offset, uint8_t value)
{
    __asm__ volatile("fence iow, o" ::: "memory");
    ((volatile uint8_t *)base)[offset] = value;
}

#endif
