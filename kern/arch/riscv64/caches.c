/*
 * Instruction fetch after text has been written: FENCE.I works on the whole of the instruction
 * stream, so nothing is done for each range and everything at the end.
 */
#include <arch/caches.h>
#include <kern/cpu.h>

#include "sbi.h"

void caches_sync_code(const void *address, uint64_t length)
{
    (void)address;
    (void)length;
}

/* CPUs that are started later begin with a FENCE.I. */
void caches_sync_code_done(void)
{
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    __asm__ volatile("fence.i" ::: "memory");
    sbi_call_cpus(SBI_RFENCE, SBI_RFENCE_FENCE_I, sbi_other_cpus(), 0, 0, 0);
}
