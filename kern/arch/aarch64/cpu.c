/*
 * The running CPU and the start of others by PSCI. Spin tables are not supported.
 */
#include <arch/layout.h>
#include <arch_inline/offsets.h>
#include <kern/cpu.h>
#include <kern/image.h>
#include <stddef.h>

#include "internal.h"
#include "psci.h"
#include "registers.h"

_Static_assert(offsetof(struct cpu, arch) == 0, "kern/cpu.h");
_Static_assert(offsetof(struct arch_cpu, frame) == CPU_FRAME, "offsets.h");
_Static_assert(offsetof(struct arch_cpu, stack_top) == CPU_STACK_TOP, "offsets.h");
_Static_assert(offsetof(struct arch_cpu, panic_stack_top) == CPU_PANIC_STACK_TOP, "offsets.h");
_Static_assert(PAGE_SIZE == ASM_PAGE_SIZE, "offsets.h");

void cpus_init(const struct devicetree *tree)
{
    psci_init(tree);
}

bool cpu_usable(const struct devicetree *tree, uint32_t node)
{
    (void)tree;
    (void)node;
    return true;
}

bool cpu_start(struct cpu *cpu)
{
    barrier_system();
    return psci_call(PSCI_CPU_ON, cpu->arch.hardware_id, kernel_physical(start_secondary),
                     (uint64_t)cpu) == PSCI_SUCCESS;
}

_Noreturn void cpu_halt(void)
{
    for (;;) {
        __asm__ volatile("msr daifset, #15\n\twfi" : : : "memory");
    }
}
