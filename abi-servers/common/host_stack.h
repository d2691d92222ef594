/*
 * Stacks of a personality's threads, from its arena, each with a page below that is not mapped. All
 * of a stack is there from the beginning. The caller holds the lock.
 */
#ifndef HOST_STACK_H
#define HOST_STACK_H

#include <sinter/system.h>

#define HOST_STACK_BYTES UINT64_C(36864)

/* *stack is the lowest address. FULL, NO_PAGES, NO_KERNEL_MEMORY. */
SINTER_MUST_CHECK status_t host_stack_take(uint64_t *stack);
/* Of a thread that has ended. */
void host_stack_give(uint64_t stack);

#endif
