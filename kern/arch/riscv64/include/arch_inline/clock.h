/*
 * The time counter (Unprivileged Architecture, Zicntr).
 */
#ifndef ARCH_INLINE_CLOCK_H
#define ARCH_INLINE_CLOCK_H

static inline uint64_t clock_counter(void)
{
    uint64_t counter;

    __asm__ volatile("csrr %0, time" : "=r"(counter)::"memory");
    return counter;
}

#endif
