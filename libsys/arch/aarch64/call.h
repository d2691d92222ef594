/*
 * How an aarch64 thread enters the kernel. Registers 0 to 9 of the call convention are x0 to x9;
 * x8 holds the call number, later a result. A call clobbers what a function call does.
 */
#ifndef LIBSYS_CALL_H
#define LIBSYS_CALL_H

#include <stdint.h>

#define SYSTEM_TRAP "svc #0"

#define SYSTEM_REGISTERS                                                                           \
    register uint64_t r0 __asm__("x0");                                                            \
    register uint64_t r1 __asm__("x1");                                                            \
    register uint64_t r2 __asm__("x2");                                                            \
    register uint64_t r3 __asm__("x3");                                                            \
    register uint64_t r4 __asm__("x4");                                                            \
    register uint64_t r5 __asm__("x5");                                                            \
    register uint64_t r6 __asm__("x6");                                                            \
    register uint64_t r7 __asm__("x7");                                                            \
    register uint64_t r8 __asm__("x8");                                                            \
    register uint64_t r9 __asm__("x9")

#define SYSTEM_CLOBBERS                                                                            \
    "x10", "x11", "x12", "x13", "x14", "x15", "x16", "x17", "x18", "x30", "cc", "memory"

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
    uint32_t value, failed;
    do {
        __asm__ volatile("ldxrb %w0, [%2]\n\tstxrb %w1, %w0, [%2]"
                         : "=&r"(value), "=&r"(failed)
                         : "r"(address)
                         : "memory");
    } while (failed);
}

#endif
