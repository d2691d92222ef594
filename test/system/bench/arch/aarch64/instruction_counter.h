/*
 * The count of instructions that user code reads. PMCCNTR_EL0 counts cycles; under QEMU
 * `-icount shift=0` an instruction is a cycle.
 */
#ifndef INSTRUCTION_COUNTER_H
#define INSTRUCTION_COUNTER_H

#include <stdint.h>

static inline uint64_t instruction_count(void)
{
    uint64_t value;
    __asm__ volatile("mrs %0, pmccntr_el0" : "=r"(value) : : "memory");
    return value;
}

#endif
