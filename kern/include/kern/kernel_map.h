/*
 * The kernel's page tables: image by section (W^X), RAM by the direct map, stacks between
 * guard pages, device registers on request.
 */
#ifndef KERN_KERNEL_MAP_H
#define KERN_KERNEL_MAP_H

#include <arch/pagetable.h>
#include <kern/pages.h>

/* Adds the RAM to what kernel_map_boot() of arch/entry.h has mapped. */
void kernel_map_init(const struct memory_range *ram, unsigned count);
/* A stack for a CPU with a guard page below; answers its top. */
uint64_t kernel_map_stack(unsigned cpu_index);

#endif
