/*
 * Sv39 page-table entries (Privileged Architecture 4.4). Attributes of memory come from the PMAs;
 * the two bits left to software remember what was asked for.
 */
#ifndef ARCH_INLINE_PAGETABLE_H
#define ARCH_INLINE_PAGETABLE_H

#include <arch/cpu.h>
#include <stdatomic.h>

#define SV39_V                  (UINT64_C(1) << 0)
#define SV39_R                  (UINT64_C(1) << 1)
#define SV39_W                  (UINT64_C(1) << 2)
#define SV39_X                  (UINT64_C(1) << 3)
#define SV39_U                  (UINT64_C(1) << 4)
#define SV39_G                  (UINT64_C(1) << 5)
#define SV39_A                  (UINT64_C(1) << 6)
#define SV39_D                  (UINT64_C(1) << 7)
#define SV39_SOFT_DEVICE        (UINT64_C(1) << 8)
#define SV39_SOFT_WRITE_COMBINE (UINT64_C(1) << 9)
#define SV39_PPN_SHIFT          10
#define SV39_PPN_MASK           ((UINT64_C(1) << 44) - 1)

/* The level does not show in the entry. W without R is reserved, so writing implies reading. */
static inline pte_t pte_leaf(uint64_t physical, unsigned flags, unsigned level)
{
    pte_t pte = (physical >> 12) << SV39_PPN_SHIFT | SV39_V | SV39_A | SV39_D;

    (void)level;
    pte |= (flags & (PTE_READ | PTE_WRITE)) != 0 ? SV39_R : 0;
    pte |= (flags & PTE_WRITE) != 0 ? SV39_W : 0;
    pte |= (flags & (PTE_EXECUTE | PTE_DEVICE)) == PTE_EXECUTE ? SV39_X : 0;
    pte |= (flags & PTE_USER) != 0 ? SV39_U : 0;
    pte |= (flags & PTE_GLOBAL) != 0 ? SV39_G : 0;
    pte |= (flags & PTE_DEVICE) != 0 ? SV39_SOFT_DEVICE : 0;
    pte |= (flags & PTE_WRITE_COMBINE) != 0 ? SV39_SOFT_WRITE_COMBINE : 0;
    return pte;
}

static inline pte_t pte_table(uint64_t physical)
{
    return (physical >> 12) << SV39_PPN_SHIFT | SV39_V;
}

/* A table below which nothing is executable: Sv39 cannot say so. */
static inline pte_t pte_table_of_data(uint64_t physical)
{
    return pte_table(physical);
}

static inline bool pte_present(pte_t pte)
{
    return (pte & SV39_V) != 0;
}

static inline bool pte_is_table(pte_t pte, unsigned level)
{
    return level > 0 && (pte & (SV39_V | SV39_R | SV39_W | SV39_X)) == SV39_V;
}

static inline uint64_t pte_physical(pte_t pte)
{
    return (pte >> SV39_PPN_SHIFT & SV39_PPN_MASK) << 12;
}

static inline unsigned pte_flags(pte_t pte)
{
    unsigned flags = 0;

    flags |= (pte & SV39_R) != 0 ? PTE_READ : 0;
    flags |= (pte & SV39_W) != 0 ? PTE_WRITE : 0;
    flags |= (pte & SV39_X) != 0 ? PTE_EXECUTE : 0;
    flags |= (pte & SV39_U) != 0 ? PTE_USER : 0;
    flags |= (pte & SV39_G) != 0 ? PTE_GLOBAL : 0;
    flags |= (pte & SV39_SOFT_DEVICE) != 0 ? PTE_DEVICE : 0;
    flags |= (pte & SV39_SOFT_WRITE_COMBINE) != 0 ? PTE_WRITE_COMBINE : 0;
    return flags;
}

static inline void pagetable_activate(uint64_t value)
{
    __asm__ volatile("csrw satp, %0" ::"r"(value) : "memory");
}

/*
 * A hart may remember that an entry was invalid until SFENCE.VMA. Instead of one after every page
 * that is mapped, the fault of user code is tolerated: its handler finds the page mapped, calls
 * tlb_flush_range() for this CPU, and retries. The kernel flushes after it has mapped for itself.
 */
static inline void tlb_catch_up(struct arch_cpu *cpu)
{
    if (__builtin_expect(atomic_load_explicit(&cpu->tlb_is_old, memory_order_relaxed), 0)) {
        atomic_store_explicit(&cpu->tlb_is_old, false, memory_order_relaxed);
        __asm__ volatile("sfence.vma" ::: "memory");
    }
}

static inline void pte_publish(void)
{
    __asm__ volatile("fence w, rw" ::: "memory");
}

#endif
