/*
 * Nanoseconds since boot, and the counter that the CPUs share.
 */
#ifndef KERN_TIME_H
#define KERN_TIME_H

#include <stdint.h>

/* Nanoseconds since boot and counter values (rounded up); ~0 stays ~0. */
void time_init(uint64_t counter_hz);
/* Counter value at boot. */
uint64_t time_base(void);
uint64_t time_from_counter(uint64_t counter);
uint64_t time_to_counter(uint64_t nanoseconds);
uint64_t time_ticks(uint64_t nanoseconds);
uint64_t time_nanoseconds(uint64_t ticks);

#endif
