/*
 * The virtual counter of the generic timer (Arm ARM D11.2).
 */
#ifndef ARCH_INLINE_CLOCK_H
#define ARCH_INLINE_CLOCK_H

/* ISB: otherwise the counter may be read before the instructions in front of it. */
static inline uint64_t clock_counter(void)
{
    uint64_t counter;

    __asm__ volatile("isb\n\tmrs %0, cntvct_el0" : "=r"(counter)::"memory");
    return counter;
}

#endif
