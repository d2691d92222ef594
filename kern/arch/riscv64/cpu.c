/*
 * The running CPU and the others: SBI HSM and IPI.
 */
#include <arch/cpu.h>
#include <kern/cpu.h>

#include "csr.h"
#include "isa.h"
#include "sbi.h"
#include "trap.h"

#define PAGE_NUMBER_SHIFT 12
#define HARTS_MAX 64 /* harts of the tree beyond are not started */

uint8_t emergency_stacks[CPU_MAX][EMERGENCY_STACK_SIZE] __attribute__((aligned(16)));

/* Hart ids that may be started: enabled, and with an MMU. */
static uint32_t usable_harts[HARTS_MAX];
static unsigned usable_count;

void cpu_set_self(struct cpu *cpu)
{
    unsigned slot = (unsigned)(cpu - cpus);

    cpu->arch.emergency_top = (uint64_t)(emergency_stacks[slot] + EMERGENCY_STACK_SIZE);
    cpu->arch.trap_depth = 0;
    __asm__ volatile("mv tp, %0" ::"r"(cpu) : "memory");
}

void cpus_init(const struct devicetree *tree)
{
    usable_count = 0;
    for (dt_node hart = isa_hart_next(tree, DEVICETREE_NONE);
         hart != DEVICETREE_NONE && usable_count < HARTS_MAX; hart = isa_hart_next(tree, hart)) {
        if (devicetree_cell(tree, hart, "reg", 0, &usable_harts[usable_count])) {
            usable_count++;
        }
    }
    fp_init(tree);
}

static bool usable(uint64_t hart)
{
    for (unsigned i = 0; i < usable_count; i++) {
        if (usable_harts[i] == hart) {
            return true;
        }
    }
    return false;
}

static uint64_t image_physical(const void *pointer)
{
    return (uint64_t)pointer - KERNEL_IMAGE_BASE + kernel_physical_base;
}

bool cpu_start(struct cpu *cpu, uint64_t root)
{
    if (!usable(cpu->arch.hardware_id) || !sbi_has(SBI_HSM)) {
        return false;
    }
    unsigned slot = (unsigned)(cpu - cpus);
    cpu->arch.emergency_top = (uint64_t)(emergency_stacks[slot] + EMERGENCY_STACK_SIZE);
    cpu->arch.start_satp =
        (uint64_t)SATP_MODE_SV39 << SATP_MODE_SV39_SHIFT | root >> PAGE_NUMBER_SHIFT;
    cpu->arch.start_self = cpu;
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    return sbi_call(SBI_HSM, SBI_HSM_START, cpu->arch.hardware_id, image_physical(start_secondary),
                    image_physical(cpu), 0, 0)
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
