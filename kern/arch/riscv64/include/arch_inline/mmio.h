/*
 * riscv64: fences keep the order between devices, and between them and memory.
 */
#ifndef ARCH_INLINE_MMIO_H
#define ARCH_INLINE_MMIO_H

#define MMIO_ACCESS(bits)                                                                          \
    static inline uint##bits##_t mmio_read##bits(const volatile void *address)                     \
    {                                                                                              \
        uint##bits##_t value = *(const volatile uint##bits##_t *)address;                          \
        __asm__ volatile("fence i, ior" ::: "memory");                                             \
        return value;                                                                              \
    }                                                                                              \
    static inline void mmio_write##bits(volatile void *address, uint##bits##_t value)              \
    {                                                                                              \
        __asm__ volatile("fence iow, o" ::: "memory");                                             \
        *(volatile uint##bits##_t *)address = value;                                               \
    }

MMIO_ACCESS(8)
MMIO_ACCESS(32)
MMIO_ACCESS(64)

#endif
