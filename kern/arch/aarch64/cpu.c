/*
 * The running CPU and the start of others by PSCI. Spin tables are not supported.
 */
#include <arch/layout.h>
#include <arch_inline/offsets.h>
#include <kern/cpu.h>
#include <stddef.h>

#include "image.h"
#include "panic_stack.h"
#include "psci.h"
#include "registers.h"

#define CTR_DATA_LINE_SHIFT 16
#define WORD_SIZE 4

_Static_assert(offsetof(struct cpu, arch) == 0, "kern/cpu.h");
_Static_assert(offsetof(struct arch_cpu, frame) == CPU_FRAME, "offsets.h");
_Static_assert(offsetof(struct arch_cpu, stack_top) == CPU_STACK_TOP, "offsets.h");
_Static_assert(offsetof(struct arch_cpu, start_root) == CPU_START_ROOT, "offsets.h");
_Static_assert(offsetof(struct arch_cpu, panic_stack_top) == CPU_PANIC_STACK_TOP, "offsets.h");
_Static_assert(DIRECT_BASE == ASM_DIRECT_BASE, "offsets.h");
_Static_assert(DIRECT_SIZE == UINT64_C(1) << ASM_DIRECT_SHIFT, "offsets.h");
_Static_assert(PAGE_SIZE == ASM_PAGE_SIZE, "offsets.h");

void cpu_set_self(struct cpu *cpu)
{
    cpu->arch.panic_stack_top = panic_stack_top(cpu->index);
    register_write("tpidr_el1", cpu);
}

void cpus_init(const struct devicetree *tree)
{
    psci_init(tree);
}

/* To memory, for a CPU that reads it with its caches off. */
static void clean_to_memory(const void *address, uint64_t length)
{
    uint64_t line_size = WORD_SIZE << ID_FIELD(register_read("ctr_el0"), CTR_DATA_LINE_SHIFT);
    uint64_t end = (uint64_t)address + length;
    for (uint64_t line = (uint64_t)address & ~(line_size - 1); line < end; line += line_size) {
        __asm__ volatile("dc cvac, %0" : : "r"(line) : "memory");
    }
    barrier_system();
}

bool cpu_start(struct cpu *cpu, uint64_t root)
{
    cpu->arch.panic_stack_top = panic_stack_top(cpu->index);
    cpu->arch.start_root = root;
    clean_to_memory(&cpu->arch, sizeof(cpu->arch));
    return psci_call(PSCI_CPU_ON, cpu->arch.hardware_id, image_physical((void *)start_secondary),
                     (uint64_t)cpu) == PSCI_SUCCESS;
}

_Noreturn void cpu_halt(void)
{
    for (;;) {
        __asm__ volatile("msr daifset, #15\n\twfi" : : : "memory");
    }
}
