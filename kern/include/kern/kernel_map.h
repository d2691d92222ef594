/*
 * The kernel's final page tables: image by section (W^X), RAM by the direct map, stacks between
 * guard pages, device registers on request.
 */
#ifndef KERN_KERNEL_MAP_H
#define KERN_KERNEL_MAP_H

#include <arch/pagetable.h>
#include <kern/pages.h>

extern uint64_t kernel_physical_base; /* of __image_start; set by start code */
extern char __image_start[], __text_start[], __text_end[], __rodata_start[], __rodata_end[],
    __data_start[], __image_end[], __libsys_start[], __libsys_end[];

/* Physical address of something in the image. */
static inline uint64_t kernel_physical(const void *symbol)
{
    return (uint64_t)symbol - (uint64_t)__image_start + kernel_physical_base;
}

/* Builds the tables and switches to them. The boot tables must show the image in the direct map. */
void kernel_map_init(const struct memory_range *ram, unsigned count);
uint64_t kernel_map_root_physical(void);
const pte_t *kernel_map_root(void);
/* A stack for a CPU with a guard page below; answers its top. */
uint64_t kernel_map_stack(unsigned cpu_index);

#endif
