/*
 * What the vectors of entry.S call: the meaning of exception syndromes (Arm ARM D19.2.37), and
 * the control registers of a CPU. start.S has set VBAR_EL1 before.
 */
#include <arch/entry.h>
#include <kern/cpu.h>
#include <sinter/abi.h>

#include "internal.h"
#include "registers.h"

enum exception_class {
    CLASS_FP_ACCESS = 0x07,
    CLASS_SVC = 0x15,
    CLASS_INSTRUCTION_ABORT = 0x20,
    CLASS_PC_ALIGNMENT = 0x22,
    CLASS_DATA_ABORT = 0x24,
    CLASS_SP_ALIGNMENT = 0x26,
    CLASS_SYSTEM_ERROR = 0x2f,
    CLASS_HARDWARE_BREAKPOINT = 0x30,
    CLASS_STEP = 0x32,
    CLASS_WATCHPOINT = 0x34,
    CLASS_BRK = 0x3c,
};

#define SYNDROME_CLASS(esr)  ((unsigned)((esr) >> 26) & 0x3f)
#define SYNDROME_STATUS(esr) ((unsigned)(esr) & 0x3f)
#define SYNDROME_WRITE       (UINT64_C(1) << 6)
#define SYNDROME_MAINTENANCE (UINT64_C(1) << 8) /* cache maintenance counts as a write there */

/* Fault status without its level. */
#define STATUS_KIND(status) ((status) >> 2)
#define STATUS_TRANSLATION  1
#define STATUS_PERMISSION   3
#define STATUS_ALIGNMENT    0x21

#define MMFR1_PAN_SHIFT             20
#define DFR0_PMU_SHIFT              8
#define PMU_IMPLEMENTATION_DEFINED  15
#define SCTLR_SPAN                  (UINT64_C(1) << 23)
#define CNTKCTL_EL0_VIRTUAL_COUNTER (UINT64_C(1) << 1)
#define PMCR_ENABLE                 (UINT64_C(1) << 0)
#define PMCR_LONG_COUNTER           (UINT64_C(1) << 6)
#define PMCNTENSET_CYCLES           (UINT64_C(1) << 31)
#define PMUSERENR_CYCLE_READ        (UINT64_C(1) << 2)

static uint32_t abort_kind(uint64_t esr, uint32_t access)
{
    unsigned status = SYNDROME_STATUS(esr);
    unsigned kind = STATUS_KIND(status);
    if (kind >= STATUS_TRANSLATION && kind <= STATUS_PERMISSION) {
        return access;
    }
    return status == STATUS_ALIGNMENT ? FAULT_ALIGNMENT : FAULT_HARDWARE;
}

static uint32_t data_access(uint64_t esr)
{
    return (esr & SYNDROME_WRITE) && !(esr & SYNDROME_MAINTENANCE) ? FAULT_WRITE : FAULT_READ;
}

/* Of classes that have nothing to do with an address but that of the instruction. */
static uint32_t instruction_kind(unsigned class)
{
    static const uint8_t kinds[] = {
        [CLASS_SVC] = FAULT_SYSCALL, /* with an immediate other than 0 */
        [CLASS_PC_ALIGNMENT] = FAULT_ALIGNMENT,
        [CLASS_SYSTEM_ERROR] = FAULT_HARDWARE,
        [CLASS_HARDWARE_BREAKPOINT] = FAULT_BREAKPOINT,
        [CLASS_STEP] = FAULT_STEP,
        [CLASS_BRK] = FAULT_BREAKPOINT,
    };
    return class < sizeof(kinds) && kinds[class] != FAULT_NONE ? kinds[class] : FAULT_ILLEGAL;
}

void entry_user_trap(struct frame *frame)
{
    uint64_t esr = frame->syndrome;
    switch (SYNDROME_CLASS(esr)) {
    case CLASS_FP_ACCESS:
        kernel_fp_used(frame);
        break;
    case CLASS_DATA_ABORT:
        kernel_fault(frame, abort_kind(esr, data_access(esr)), frame->fault_address);
        break;
    case CLASS_INSTRUCTION_ABORT:
        kernel_fault(frame, abort_kind(esr, FAULT_EXECUTE), frame->fault_address);
        break;
    case CLASS_SP_ALIGNMENT:
        kernel_fault(frame, FAULT_ALIGNMENT, frame->sp);
        break;
    case CLASS_WATCHPOINT:
        kernel_fault(frame, FAULT_BREAKPOINT, frame->fault_address);
        break;
    default:
        kernel_fault(frame, instruction_kind(SYNDROME_CLASS(esr)), frame->pc);
        break;
    }
}

/* Privileged access never: the kernel reaches user pages through the direct map only. */
static void set_pan(void)
{
    if (ID_FIELD(register_read("id_aa64mmfr1_el1"), MMFR1_PAN_SHIFT) != 0) {
        register_write("sctlr_el1", register_read("sctlr_el1") & ~SCTLR_SPAN);
        __asm__ volatile(".inst 0xd500419f"); /* MSR PAN, #1 */
        barrier_instructions();
    }
}

/*
 * User code reads PMCCNTR_EL0, all 64 bits, counting at EL0 and EL1. Instruction counts: QEMU
 * -icount shift=0 makes one instruction one cycle of it.
 */
static void start_cycle_counter(void)
{
    unsigned version = ID_FIELD(register_read("id_aa64dfr0_el1"), DFR0_PMU_SHIFT);
    if (version == 0 || version == PMU_IMPLEMENTATION_DEFINED) {
        return;
    }
    register_write("pmccfiltr_el0", 0);
    register_write("pmcntenset_el0", PMCNTENSET_CYCLES);
    register_write("pmcr_el0", PMCR_ENABLE | PMCR_LONG_COUNTER);
    register_write("pmuserenr_el0", PMUSERENR_CYCLE_READ);
}

void entry_init_cpu(void)
{
    fp_init_cpu();
    set_pan();
    register_write("cntkctl_el1", CNTKCTL_EL0_VIRTUAL_COUNTER);
    register_write("mdscr_el1", 0);
    register_write("oslar_el1", 0);
    register_write("tpidrro_el0", 0);
    register_write("contextidr_el1", 0);
    start_cycle_counter();
    barrier_instructions();
}
