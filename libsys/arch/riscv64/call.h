/*
 * How a riscv64 thread enters the kernel. Registers 0 to 7 of the call convention are a0 to a7,
 * 8 (the call number, later a result) is t0, 9 is t1. A call clobbers what a function call does.
 */
#ifndef LIBSYS_CALL_H
#define LIBSYS_CALL_H

#include <stdint.h>

#define SYSTEM_TRAP "ecall"

#define SYSTEM_REGISTERS                                                                           \
    register uint64_t r0 __asm__("a0");                                                            \
    register uint64_t r1 __asm__("a1");                                                            \
    register uint64_t r2 __asm__("a2");                                                            \
    register uint64_t r3 __asm__("a3");                                                            \
    register uint64_t r4 __asm__("a4");                                                            \
    register uint64_t r5 __asm__("a5");                                                            \
    register uint64_t r6 __asm__("a6");                                                            \
    register uint64_t r7 __asm__("a7");                                                            \
    register uint64_t r8 __asm__("t0");                                                            \
    register uint64_t r9 __asm__("t1")

#define SYSTEM_CLOBBERS "ra", "t2", "t3", "t4", "t5", "t6", "memory"

/* A call that carries a message: all ten registers go in and come out. */
#define SYSTEM_CALL_MESSAGE()                                                                      \
    __asm__ volatile(SYSTEM_TRAP                                                                   \
                     : "+r"(r0), "+r"(r1), "+r"(r2), "+r"(r3), "+r"(r4), "+r"(r5), "+r"(r6),       \
                       "+r"(r7), "+r"(r8), "+r"(r9)                                                \
                     :                                                                             \
                     : SYSTEM_CLOBBERS)

/* Writes what is there already: resolves a write fault and changes nothing, whoever else writes. */
static inline void touch_for_write(uint64_t address)
{
    uint64_t word = address & ~UINT64_C(3);
    __asm__ volatile("amoor.w zero, zero, (%0)" : : "r"(word) : "memory");
}

#endif
