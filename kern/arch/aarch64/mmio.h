/*
 * Device registers. Single load and store instructions with a plain base register, which
 * hypervisors can emulate from the syndrome alone.
 */
#ifndef AARCH64_MMIO_H
#define AARCH64_MMIO_H

#include <stdint.h>

static inline uint32_t mmio_read32(const volatile void *address)
{
    uint32_t value;
    __asm__ volatile("ldr %w0, [%1]" : "=r"(value) : "r"(address) : "memory");
    return value;
}

static inline void mmio_write32(volatile void *address, uint32_t value)
{
    __asm__ volatile("str %w0, [%1]" : : "rZ"(value), "r"(address) : "memory");
}

static inline uint64_t mmio_read64(const volatile void *address)
{
    uint64_t value;
    __asm__ volatile("ldr %0, [%1]" : "=r"(value) : "r"(address) : "memory");
    return value;
}

static inline void mmio_write64(volatile void *address, uint64_t value)
{
    __asm__ volatile("str %x0, [%1]" : : "rZ"(value), "r"(address) : "memory");
}

static inline uint8_t mmio_read8(const volatile void *address)
{
    uint32_t value;
    __asm__ volatile("ldrb %w0, [%1]" : "=r"(value) : "r"(address) : "memory");
    return (uint8_t)value;
}

static inline void mmio_write8(volatile void *address, uint8_t value)
{
    __asm__ volatile("strb %w0, [%1]" : : "rZ"((uint32_t)value), "r"(address) : "memory");
}

#endif
