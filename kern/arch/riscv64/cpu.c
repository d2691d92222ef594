/*
 * The running CPU and the others: SBI HSM and IPI.
 */
#include <arch/cpu.h>
#include <base/devicetree.h>
#include <kern/cpu.h>
#include <kern/image.h>

#include "csr.h"
#include "sbi.h"
#include "trap.h"

void cpus_init(const struct devicetree *tree)
{
    fp_init(tree);
}

bool cpu_usable(const struct devicetree *tree, uint32_t node)
{
    return devicetree_string(tree, node, "mmu-type") != NULL;
}

bool cpu_start(struct cpu *cpu)
{
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    return sbi_has(SBI_HSM) && sbi_call(SBI_HSM, SBI_HSM_START, cpu->arch.hardware_id,
                                        kernel_physical(start_secondary), (uint64_t)cpu, 0, 0)
                                       .error == 0;
}

void cpu_interrupt(struct cpu *cpu)
{
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    (void)sbi_call(SBI_IPI, SBI_IPI_SEND, 1, cpu->arch.hardware_id, 0, 0, 0);
}

_Noreturn void cpu_halt(void)
{
    csr_write(sie, 0);
    for (;;) {
        cpu_wait();
    }
}
