/* The counter that every riscv64 hart reads the same. */
#ifndef LIBSYS_COUNTER_H
#define LIBSYS_COUNTER_H

#include <stdint.h>

static inline uint64_t counter_read(void)
{
    uint64_t value;
    __asm__ volatile("rdtime %0" : "=r"(value) : : "memory");
    return value;
}

#endif
