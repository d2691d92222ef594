/*
 * Roots and the TLB: Sv39, SBI RFENCE for other harts.
 *
 * A user root holds the kernel's entries 256 to 511, which are global; so changing the root needs
 * no flush where there are ASIDs. A hart that has used an ASID keeps translations of it until
 * tlb_flush_asid(), whether the space is active there or not.
 */
#include <arch/pagetable.h>
#include <kern/cpu.h>
#include <kern/image.h>

#include "csr.h"
#include "sbi.h"

#define KERNEL_FIRST_ENTRY 256
#define RANGE_PAGES_MAX    64 /* beyond, a whole ASID is flushed rather than page by page */
#define ALL_ADDRESSES      UINT64_MAX

static bool has_asids; /* false until pagetable_asid_count() has found out */

static uint64_t make_satp(uint64_t root, unsigned asid)
{
    return (uint64_t)SATP_MODE_SV39 << SATP_MODE_SV39_SHIFT | (uint64_t)asid << SATP_ASID_SHIFT |
           root >> PAGE_SHIFT;
}

static void flush_all_here(void)
{
    __asm__ volatile("sfence.vma" ::: "memory");
}

unsigned pagetable_asid_count(void)
{
    uint64_t before = csr_read(satp);

    csr_write(satp, before | (uint64_t)SATP_ASID_MASK << SATP_ASID_SHIFT);
    unsigned highest = csr_read(satp) >> SATP_ASID_SHIFT & SATP_ASID_MASK;
    csr_write(satp, before);
    flush_all_here();
    has_asids = highest != 0;
    return has_asids ? highest + 1 : 0;
}

void pagetable_root_init(pte_t *root)
{
    for (unsigned i = KERNEL_FIRST_ENTRY; i < PAGETABLE_ENTRIES; i++) {
        root[i] = kernel_root[i];
    }
    pte_publish();
}

uint64_t pagetable_root_value(uint64_t root, unsigned asid)
{
    return make_satp(root == 0 ? kernel_physical(kernel_root) : root, asid);
}

/* ---- flushing ------------------------------------------------------------------------------- */

static void flush_asid_here(unsigned asid)
{
    if (has_asids) {
        __asm__ volatile("sfence.vma zero, %0" ::"r"((uint64_t)asid) : "memory");
    } else {
        flush_all_here();
    }
}

static void flush_page_here(unsigned asid, uint64_t address)
{
    if (has_asids) {
        __asm__ volatile("sfence.vma %0, %1" ::"r"(address), "r"((uint64_t)asid) : "memory");
    } else {
        __asm__ volatile("sfence.vma %0, zero" ::"r"(address) : "memory");
    }
}

static void flush_range_here(unsigned asid, uint64_t address, uint64_t length)
{
    if (length > RANGE_PAGES_MAX * PAGE_SIZE) {
        flush_asid_here(asid);
        return;
    }
    for (uint64_t offset = 0; offset < length; offset += PAGE_SIZE) {
        flush_page_here(asid, address + offset);
    }
}

static void flush_every_asid_there(uint64_t address, uint64_t length, uint64_t cpu_mask)
{
    sbi_call_cpus(SBI_RFENCE, SBI_RFENCE_SFENCE_VMA, cpu_mask, address, length, 0);
}

static void flush_there(unsigned asid, uint64_t address, uint64_t length, uint64_t cpu_mask)
{
    if (has_asids) {
        sbi_call_cpus(SBI_RFENCE, SBI_RFENCE_SFENCE_VMA_ASID, cpu_mask, address, length, asid);
    } else {
        flush_every_asid_there(address, length, cpu_mask);
    }
}

static uint64_t self_bit(void)
{
    return UINT64_C(1) << cpu_self()->index;
}

static bool has_thread(unsigned index)
{
    return __atomic_load_n(&cpus[index].current, __ATOMIC_RELAXED) != NULL;
}

/* Those of other CPUs that have to be called at once: one without a thread uses no user addresses,
 * and sees to its TLB before it runs one. The fence pairs with the one in sched_run(): either it
 * finds the note, or its thread is seen here. */
static uint64_t that_run(uint64_t cpu_mask)
{
    uint64_t mask = cpu_mask & ~self_bit();
    uint64_t noted = 0;

    for (unsigned i = 0; i < cpu_count; i++) {
        if ((mask >> i & 1) != 0 && !has_thread(i)) {
            atomic_store_explicit(&cpus[i].arch.tlb_is_old, true, memory_order_relaxed);
            noted |= UINT64_C(1) << i;
        }
    }
    atomic_thread_fence(memory_order_seq_cst);
    for (unsigned i = 0; i < cpu_count; i++) {
        mask &= (noted >> i & 1) != 0 && !has_thread(i) ? ~(UINT64_C(1) << i) : UINT64_MAX;
    }
    return mask;
}

void tlb_flush_range(unsigned asid, uint64_t address, uint64_t length, uint64_t cpu_mask)
{
    if ((cpu_mask & self_bit()) != 0) {
        flush_range_here(asid, address, length);
    }
    if ((cpu_mask & ~self_bit()) != 0) {
        flush_there(asid, address, length, that_run(cpu_mask));
    }
}

void tlb_flush_asid(unsigned asid, uint64_t cpu_mask)
{
    if ((cpu_mask & self_bit()) != 0) {
        flush_asid_here(asid);
    }
    if ((cpu_mask & ~self_bit()) != 0) {
        flush_there(asid, 0, ALL_ADDRESSES, that_run(cpu_mask));
    }
}

void tlb_flush_user(uint64_t address, uint64_t length)
{
    flush_all_here();
    flush_every_asid_there(address, length, that_run(sbi_other_cpus()));
}

/* Kernel entries are global: only a flush that names no ASID reaches them. */
void tlb_flush_kernel(uint64_t address, uint64_t length)
{
    flush_all_here();
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    flush_every_asid_there(address, length, sbi_other_cpus());
}
