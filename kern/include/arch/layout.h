/*
 * The kernel's half of the address space: the same on both architectures (39 bits, three levels).
 *
 * The direct map shows physical addresses 0 to DIRECT_SIZE, RAM only; RAM beyond is not used.
 */
#ifndef ARCH_LAYOUT_H
#define ARCH_LAYOUT_H

#include <stddef.h>
#include <stdint.h>
#include <arch_inline/layout.h> /* USER_TOP: first address above the user range; CODE_ALIGNMENT */

#define PAGE_SHIFT 12
#define PAGE_SIZE  (UINT64_C(1) << PAGE_SHIFT)
#define PAGE_MASK  (PAGE_SIZE - 1)

#define DIRECT_BASE        UINT64_C(0xffffffc000000000)
#define DIRECT_SIZE        UINT64_C(0x2000000000)       /* 128 GiB */
#define KERNEL_DEVICE_BASE UINT64_C(0xffffffe000000000) /* registers of the kernel's own devices */
#define KERNEL_STACK_BASE  UINT64_C(0xfffffff000000000) /* per-CPU stacks between guard pages */
#define KERNEL_IMAGE_BASE  UINT64_C(0xffffffff80000000) /* link address of the image */

/* The last root slot of the user range: of tasks that run guests, in the way of none of theirs. */
#define HOST_BASE (USER_TOP - (UINT64_C(1) << 30))

#define KERNEL_STACK_SIZE (UINT64_C(4) * PAGE_SIZE)
#define PANIC_STACK_SIZE  UINT64_C(4096)
#define CPU_MAX           8

static inline void *direct_map(uint64_t physical)
{
    return (void *)(physical + DIRECT_BASE);
}

static inline uint64_t direct_physical(const void *pointer)
{
    return (uint64_t)pointer - DIRECT_BASE;
}

#endif
