/*
 * VMSAv8-64 stage 1 descriptors, 4 KiB granule (Arm ARM D8.3). Portable level 2 is the
 * architecture's level 1, the root of a 39-bit address space.
 *
 * Privileged code never executes user pages (PXN) nor the user kernel pages (UXN). Kernel pages
 * are always readable; a user page without PTE_READ and PTE_WRITE is execute-only.
 */
#ifndef ARCH_INLINE_PAGETABLE_H
#define ARCH_INLINE_PAGETABLE_H

#include <arch/cpu.h>
#include <arch_inline/offsets.h>

#define DESCRIPTOR_VALID            UINT64_C(1)
#define DESCRIPTOR_TABLE            UINT64_C(3) /* above level 0 */
#define DESCRIPTOR_BLOCK            UINT64_C(1) /* above level 0 */
#define DESCRIPTOR_PAGE             UINT64_C(3) /* at level 0 */
#define DESCRIPTOR_TYPE             UINT64_C(3)
#define DESCRIPTOR_ATTRIBUTE(index) ((uint64_t)(index) << 2)
#define DESCRIPTOR_ATTRIBUTE_MASK   DESCRIPTOR_ATTRIBUTE(7)
#define DESCRIPTOR_AP_USER          (UINT64_C(1) << 6)
#define DESCRIPTOR_AP_READ_ONLY     (UINT64_C(1) << 7)
#define DESCRIPTOR_INNER_SHAREABLE  (UINT64_C(3) << 8)
#define DESCRIPTOR_ACCESSED         (UINT64_C(1) << 10)
#define DESCRIPTOR_NOT_GLOBAL       (UINT64_C(1) << 11)
#define DESCRIPTOR_PXN              (UINT64_C(1) << 53)
#define DESCRIPTOR_UXN              (UINT64_C(1) << 54)
#define DESCRIPTOR_UXN_TABLE        (UINT64_C(1) << 60)
#define DESCRIPTOR_ADDRESS          UINT64_C(0x0000fffffffff000)

static inline uint64_t pte_permissions(unsigned flags)
{
    uint64_t bits = 0;
    if (!(flags & PTE_WRITE)) {
        bits |= DESCRIPTOR_AP_READ_ONLY;
    }
    if ((flags & PTE_USER) && (flags & (PTE_READ | PTE_WRITE))) {
        bits |= DESCRIPTOR_AP_USER;
    }
    if ((flags & PTE_USER) || !(flags & PTE_EXECUTE) || (flags & PTE_DEVICE)) {
        bits |= DESCRIPTOR_PXN;
    }
    if (!(flags & PTE_USER) || !(flags & PTE_EXECUTE) || (flags & PTE_DEVICE)) {
        bits |= DESCRIPTOR_UXN;
    }
    if (!(flags & PTE_GLOBAL)) {
        bits |= DESCRIPTOR_NOT_GLOBAL;
    }
    return bits;
}

static inline uint64_t pte_memory_type(unsigned flags)
{
    if (flags & PTE_DEVICE) {
        return DESCRIPTOR_ATTRIBUTE(ATTRIBUTE_DEVICE);
    }
    if (flags & PTE_WRITE_COMBINE) {
        return DESCRIPTOR_ATTRIBUTE(ATTRIBUTE_NON_CACHEABLE) | DESCRIPTOR_INNER_SHAREABLE;
    }
    return DESCRIPTOR_ATTRIBUTE(ATTRIBUTE_NORMAL) | DESCRIPTOR_INNER_SHAREABLE;
}

static inline pte_t pte_leaf(uint64_t physical, unsigned flags, unsigned level)
{
    return physical | (level == 0 ? DESCRIPTOR_PAGE : DESCRIPTOR_BLOCK) | DESCRIPTOR_ACCESSED |
           pte_permissions(flags) | pte_memory_type(flags);
}

static inline pte_t pte_table(uint64_t physical)
{
    return physical | DESCRIPTOR_TABLE;
}

/* A table below which user code executes nothing, whatever the entries say. */
static inline pte_t pte_table_of_data(uint64_t physical)
{
    return pte_table(physical) | DESCRIPTOR_UXN_TABLE;
}

static inline bool pte_present(pte_t pte)
{
    return (pte & DESCRIPTOR_VALID) != 0;
}

static inline bool pte_is_table(pte_t pte, unsigned level)
{
    return level > 0 && (pte & DESCRIPTOR_TYPE) == DESCRIPTOR_TABLE;
}

static inline uint64_t pte_physical(pte_t pte)
{
    return pte & DESCRIPTOR_ADDRESS;
}

/* Of a leaf. A user page that nobody may touch reads as a kernel page: there is none. */
static inline unsigned pte_flags(pte_t pte)
{
    bool accessible = (pte & DESCRIPTOR_AP_USER) != 0;
    bool user = accessible || !(pte & DESCRIPTOR_UXN);
    uint64_t never = user ? DESCRIPTOR_UXN : DESCRIPTOR_PXN;
    uint64_t attribute = pte & DESCRIPTOR_ATTRIBUTE_MASK;
    unsigned flags = user ? PTE_USER : 0;
    flags |= !user || accessible ? PTE_READ : 0;
    flags |= pte & DESCRIPTOR_AP_READ_ONLY ? 0 : PTE_WRITE;
    flags |= pte & never ? 0 : PTE_EXECUTE;
    flags |= pte & DESCRIPTOR_NOT_GLOBAL ? 0 : PTE_GLOBAL;
    flags |= attribute == DESCRIPTOR_ATTRIBUTE(ATTRIBUTE_DEVICE) ? PTE_DEVICE : 0;
    flags |= attribute == DESCRIPTOR_ATTRIBUTE(ATTRIBUTE_NON_CACHEABLE) ? PTE_WRITE_COMBINE : 0;
    return flags;
}

static inline void pagetable_activate(uint64_t value)
{
    __asm__ volatile("msr ttbr0_el1, %0\n\tisb" : : "r"(value) : "memory");
}

/* Flushes are broadcast. */
static inline void tlb_catch_up(struct arch_cpu *cpu)
{
    (void)cpu;
}

static inline void pte_publish(void)
{
    __asm__ volatile("dsb ishst\n\tisb" : : : "memory");
}

#endif
