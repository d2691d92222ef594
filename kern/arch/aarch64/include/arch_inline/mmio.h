/*
 * aarch64: single load and store instructions with a plain base register, which hypervisors can
 * emulate from the syndrome alone.
 */
#ifndef ARCH_INLINE_MMIO_H
#define ARCH_INLINE_MMIO_H

#define MMIO_ACCESS(bits, load, store)                                                             \
    static inline uint##bits##_t mmio_read##bits(const volatile void *address)                     \
    {                                                                                              \
        uint##bits##_t value;                                                                      \
        __asm__ volatile(load ", [%1]" : "=r"(value) : "r"(address) : "memory");                   \
        return value;                                                                              \
    }                                                                                              \
    static inline void mmio_write##bits(volatile void *address, uint##bits##_t value)              \
    {                                                                                              \
        __asm__ volatile(store ", [%1]" : : "rZ"(value), "r"(address) : "memory");                 \
    }

MMIO_ACCESS(8, "ldrb %w0", "strb %w0")
MMIO_ACCESS(32, "ldr %w0", "str %w0")
MMIO_ACCESS(64, "ldr %x0", "str %x0")

#endif
