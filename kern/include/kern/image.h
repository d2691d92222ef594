/*
 * The kernel's image: what the linker script and start code define.
 */
#ifndef KERN_IMAGE_H
#define KERN_IMAGE_H

#include <stdint.h>

extern uint64_t kernel_physical_base; /* of __image_start; set by kernel_map_boot() */
extern char __image_start[], __text_start[], __text_end[], __rodata_start[], __rodata_end[],
    __data_start[], __image_end[], __libsys_start[], __libsys_end[], __boot_stack_top[];

/* Physical address of something in the image. */
static inline uint64_t kernel_physical(const void *symbol)
{
    return (uint64_t)symbol - (uint64_t)__image_start + kernel_physical_base;
}

#endif
