/*
 * Page-table entries and the TLB. Tables have 512 entries and three levels on both architectures;
 * level 2 is the root, level 0 holds pages, a leaf at level 1 is 2 MiB and at level 2 1 GiB.
 *
 * User tables: riscv64 roots also hold the kernel's entries 256 to 511 (shared, filled before the
 * first space is made); aarch64 has a root of its own for the kernel. pagetable_root_init()
 * hides the difference.
 *
 * After an invalid entry becomes valid no flush is needed by callers (the architecture adds the
 * barrier, or tolerates a spurious fault). On riscv64 user code may then take one fault for what
 * its entry allows already: the fault handler calls tlb_flush_range() for this CPU and retries.
 * After a valid entry changes, tlb_flush_* is needed.
 */
#ifndef ARCH_PAGETABLE_H
#define ARCH_PAGETABLE_H

#include <stdbool.h>
#include <stdint.h>

#define PAGETABLE_ENTRIES    512
#define PAGETABLE_ROOT_LEVEL 2

typedef uint64_t pte_t;

/* What a leaf allows and how it is cached. */
enum pte_flags {
    PTE_READ = 1,
    PTE_WRITE = 2,
    PTE_EXECUTE = 4,
    PTE_USER = 8,
    PTE_DEVICE = 16,        /* strongly ordered registers, never executable */
    PTE_WRITE_COMBINE = 32, /* uncached memory */
    PTE_GLOBAL = 64,        /* the kernel's own, in every space */
};

/*
 * arch_inline/pagetable.h defines, inline:
 * - pte_t pte_leaf(uint64_t physical, unsigned flags, unsigned level): accessed and dirty are set,
 *   so that no hardware needs software for them
 * - pte_t pte_table(uint64_t physical)
 * - pte_t pte_table_of_data(uint64_t physical): nothing below it is executable, if that can be said
 * - bool pte_present(pte_t)
 * - bool pte_is_table(pte_t, unsigned level)
 * - uint64_t pte_physical(pte_t)
 * - unsigned pte_flags(pte_t)
 * - void pagetable_activate(uint64_t value): uses what pagetable_root_value() answered, on this
 *   CPU; without an ASID the TLB has to be flushed
 * - void pte_publish(void): barrier between writing entries and using them on this CPU
 * - void tlb_catch_up(struct arch_cpu *): on this CPU, which had no thread, once cpu->current is
 *   one and all can see that: flushes what tlb_flush_* spared it
 */
#include <arch_inline/pagetable.h>

/* Largest number of address-space identifiers, 0 if the CPU has none; valid on the boot CPU. */
unsigned pagetable_asid_count(void);
/* The kernel's own root: every CPU starts with it. */
extern pte_t kernel_root[PAGETABLE_ENTRIES];
/* Prepares a zeroed page as the root of a user space. */
void pagetable_root_init(pte_t *root);
/* What pagetable_activate() takes for a user root; root 0: for no user space. */
uint64_t pagetable_root_value(uint64_t root, unsigned asid);

/* On every CPU in the mask (bit = cpu index), this one included if set: done at return, or, on a
 * CPU without a thread, before it runs one. cpu_mask lets riscv64 leave CPUs out; aarch64
 * broadcasts. */
void tlb_flush_range(unsigned asid, uint64_t address, uint64_t length, uint64_t cpu_mask);
void tlb_flush_asid(unsigned asid, uint64_t cpu_mask);
/* User addresses under every ASID, on all CPUs, in the same way. */
void tlb_flush_user(uint64_t address, uint64_t length);
/* Addresses of the kernel, on all CPUs: done at return. */
void tlb_flush_kernel(uint64_t address, uint64_t length);

#endif
