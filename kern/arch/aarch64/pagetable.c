/*
 * Address-space identifiers, roots, TLB maintenance. TLB instructions broadcast in the inner
 * shareable domain, so CPU masks are not needed. The kernel's root is TTBR1_EL1's, a user root
 * with its ASID TTBR0_EL1's; both halves of TTBR0_EL1 change in one write.
 */
#include <arch/layout.h>
#include <arch/pagetable.h>
#include <kern/image.h>

#include "internal.h"
#include "registers.h"

#define TCR_AS             (UINT64_C(1) << 36)
#define TTBR_ASID_SHIFT    48
#define TLBI_ASID(asid)    ((uint64_t)(asid) << 48)
#define TLBI_PAGE(address) (((address) >> PAGE_SHIFT) & ((UINT64_C(1) << 44) - 1))
#define FLUSH_PAGES_MAX    256 /* from here on everything is flushed instead */

/* What TTBR0_EL1 points to when there is no user space. */
static _Alignas(PAGE_SIZE) pte_t empty_root[PAGETABLE_ENTRIES];
/* While the MMU is being turned on: root, and the table below it. */
_Alignas(PAGE_SIZE) pte_t pagetable_identity[2][PAGETABLE_ENTRIES];

unsigned pagetable_asid_count(void)
{
    return register_read("tcr_el1") & TCR_AS ? 1u << 16 : 1u << 8;
}

/* User roots hold nothing of the kernel's. */
void pagetable_root_init(pte_t *root)
{
    (void)root;
}

uint64_t pagetable_root_value(uint64_t root, unsigned asid)
{
    return root == 0 ? kernel_physical(empty_root) : root | (uint64_t)asid << TTBR_ASID_SHIFT;
}

static void tlb_flush_local(void)
{
    __asm__ volatile("dsb nshst\n\ttlbi vmalle1\n\tdsb nsh\n\tisb" : : : "memory");
}

/* At physical addresses, before the MMU is on: shows the image's first two megabytes, which hold
 * start code, where they are. */
void pagetable_enter_identity(uint64_t image)
{
    pagetable_identity[0][image >> 30 & (PAGETABLE_ENTRIES - 1)] =
        pte_table((uint64_t)pagetable_identity[1]);
    pagetable_identity[1][image >> 21 & (PAGETABLE_ENTRIES - 1)] =
        pte_leaf(image, PTE_READ | PTE_EXECUTE, 1);
}

void pagetable_leave_identity(void)
{
    pagetable_activate(pagetable_root_value(0, 0));
    tlb_flush_local();
}

static void flush_done(void)
{
    barrier_inner();
    barrier_instructions();
}

static uint64_t page_count(uint64_t address, uint64_t length)
{
    return ((address & PAGE_MASK) + length + PAGE_MASK) >> PAGE_SHIFT;
}

void tlb_flush_range(unsigned asid, uint64_t address, uint64_t length, uint64_t cpu_mask)
{
    uint64_t pages = page_count(address, length);
    uint64_t operand = TLBI_ASID(asid) | TLBI_PAGE(address);
    if (pages > FLUSH_PAGES_MAX) {
        tlb_flush_asid(asid, cpu_mask);
        return;
    }
    barrier_inner_stores();
    for (uint64_t i = 0; i < pages; i++) {
        __asm__ volatile("tlbi vae1is, %0" : : "r"(operand + i) : "memory");
    }
    flush_done();
}

void tlb_flush_asid(unsigned asid, uint64_t cpu_mask)
{
    (void)cpu_mask;
    barrier_inner_stores();
    __asm__ volatile("tlbi aside1is, %0" : : "r"(TLBI_ASID(asid)) : "memory");
    flush_done();
}

void tlb_flush_kernel(uint64_t address, uint64_t length)
{
    uint64_t pages = page_count(address, length);
    barrier_inner_stores();
    if (pages > FLUSH_PAGES_MAX) {
        __asm__ volatile("tlbi vmalle1is" : : : "memory");
    }
    for (uint64_t i = 0; pages <= FLUSH_PAGES_MAX && i < pages; i++) {
        __asm__ volatile("tlbi vaae1is, %0" : : "r"(TLBI_PAGE(address) + i) : "memory");
    }
    flush_done();
}

void tlb_flush_user(uint64_t address, uint64_t length)
{
    tlb_flush_kernel(address, length);
}
