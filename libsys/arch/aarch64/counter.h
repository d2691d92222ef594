/* The counter that every aarch64 CPU reads the same. */
#ifndef LIBSYS_COUNTER_H
#define LIBSYS_COUNTER_H

#include <stdint.h>

/* The isb keeps the read from being done before earlier instructions (Arm ARM, D11.2.1). */
static inline uint64_t counter_read(void)
{
    uint64_t value;
    __asm__ volatile("isb\n\tmrs %0, cntvct_el0" : "=r"(value) : : "memory");
    return value;
}

#endif
