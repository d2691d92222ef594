/*
 * System registers and barriers, for this directory's C files.
 */
#ifndef AARCH64_REGISTERS_H
#define AARCH64_REGISTERS_H

#include <stdint.h>

#define register_read(name)                                                                        \
    __extension__({                                                                                \
        uint64_t value_;                                                                           \
        __asm__ volatile("mrs %0, " name : "=r"(value_));                                          \
        value_;                                                                                    \
    })

#define register_write(name, value)                                                                \
    __asm__ volatile("msr " name ", %x0" : : "rZ"((uint64_t)(value)) : "memory")

/* A four-bit field of an ID register. */
#define ID_FIELD(value, shift) ((unsigned)((value) >> (shift)) & 15)

#define MPIDR_AFFINITY UINT64_C(0xff00ffffff)

static inline void barrier_instructions(void)
{
    __asm__ volatile("isb" : : : "memory");
}

/* Completes memory accesses, and TLB or cache maintenance, in the inner shareable domain. */
static inline void barrier_inner(void)
{
    __asm__ volatile("dsb ish" : : : "memory");
}

static inline void barrier_inner_stores(void)
{
    __asm__ volatile("dsb ishst" : : : "memory");
}

static inline void barrier_system(void)
{
    __asm__ volatile("dsb sy" : : : "memory");
}

#endif
