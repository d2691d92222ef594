/* The count of instructions that user code reads; exact under QEMU `-icount shift=0`. */
#ifndef INSTRUCTION_COUNTER_H
#define INSTRUCTION_COUNTER_H

#include <stdint.h>

static inline uint64_t instruction_count(void)
{
    uint64_t value;
    __asm__ volatile("rdinstret %0" : "=r"(value) : : "memory");
    return value;
}

#endif
