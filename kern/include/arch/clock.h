/*
 * The counter that user code can read too, and this CPU's one deadline on it.
 */
#ifndef ARCH_CLOCK_H
#define ARCH_CLOCK_H

#include <stdint.h>

/* arch_inline/clock.h defines, inline: uint64_t clock_counter(void); */
#include <arch_inline/clock.h>

struct devicetree;

/* Finds the frequency (ticks a second): /cpus/timebase-frequency, or CNTFRQ. 0: there is none. */
uint64_t clock_init(const struct devicetree *tree);
void clock_init_cpu(void);
/* kernel_timer() runs on this CPU when the counter reaches `counter`; ~0: never. */
void clock_set_deadline(uint64_t counter);

#endif
