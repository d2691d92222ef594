/*
 * Stacks for reporting traps in the kernel: one per CPU, in the image.
 */
#ifndef AARCH64_PANIC_STACK_H
#define AARCH64_PANIC_STACK_H

#include <stdint.h>

uint64_t panic_stack_top(unsigned cpu_index);

#endif
