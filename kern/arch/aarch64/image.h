/*
 * What start.S and kernel.ld define.
 */
#ifndef AARCH64_IMAGE_H
#define AARCH64_IMAGE_H

#include <arch/layout.h>
#include <stdint.h>

extern uint64_t kernel_physical_base; /* physical address of __image_start */
extern char __boot_stack_bottom[];
extern char __boot_stack_top[];

/* Entry for PSCI CPU_ON. */
void start_secondary(void);
/* Loads TTBR1_EL1; leaves the boot identity map in TTBR0_EL1. */
void start_switch_root(uint64_t root);

/* Physical address of something in the image. */
static inline uint64_t image_physical(const void *pointer)
{
    return (uint64_t)pointer - KERNEL_IMAGE_BASE + kernel_physical_base;
}

#endif
