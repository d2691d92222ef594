/*
 * Traps other than system calls, interrupts, and the control registers of a hart.
 */
#include <arch/entry.h>
#include <arch/fp.h>
#include <arch/pagetable.h>
#include <kern/cpu.h>
#include <sinter/abi.h>

#include "csr.h"
#include "sbi.h"
#include "trap.h"

#define CAUSE_INTERRUPT (UINT64_C(1) << 63)
#define LEVEL_BITS 9
#define FRAME_POINTER 8 /* s0 */

/* ---- from user mode ------------------------------------------------------------------------- */

static void user_fault(struct frame *frame, uint32_t kind, uint64_t address)
{
    frame->fault_address = address;
    kernel_fault(frame, kind, address);
}

/* An access fault is no matter of mappings: nothing answers at that physical address. */
static void user_exception(struct frame *frame, uint64_t cause, uint64_t value)
{
    switch (cause) {
    case CAUSE_FETCH_PAGE:
        user_fault(frame, FAULT_EXECUTE, value);
        break;
    case CAUSE_LOAD_PAGE:
        user_fault(frame, FAULT_READ, value);
        break;
    case CAUSE_STORE_PAGE:
        user_fault(frame, FAULT_WRITE, value);
        break;
    case CAUSE_ILLEGAL:
        if (fp_wanted(value)) {
            kernel_fp_used(frame);
        } else {
            user_fault(frame, FAULT_ILLEGAL, frame_pc(frame));
        }
        break;
    case CAUSE_BREAKPOINT:
        user_fault(frame, FAULT_BREAKPOINT, frame_pc(frame));
        break;
    case CAUSE_MISALIGNED_FETCH:
    case CAUSE_MISALIGNED_LOAD:
    case CAUSE_MISALIGNED_STORE:
        user_fault(frame, FAULT_ALIGNMENT, value);
        break;
    default:
        user_fault(frame, FAULT_HARDWARE, value);
        break;
    }
}

void trap_from_user(struct frame *frame, uint64_t cause, uint64_t value)
{
    if ((csr_read(sstatus) & SSTATUS_SPP) != 0) {
        kernel_panic_trap("trap while leaving the kernel", frame_pc(frame), value, cause, 0);
    }
    if ((cause & CAUSE_INTERRUPT) != 0) {
        interrupts_poll();
        kernel_interrupted();
        return;
    }
    frame->cause = cause;
    user_exception(frame, cause, value);
}

/* ---- interrupts ----------------------------------------------------------------------------- */

/* The timer stays pending until its deadline moves, so it is switched off; clock_set_deadline()
 * switches it on again. */
void interrupts_poll(void)
{
    uint64_t pending = csr_read(sip) & csr_read(sie);

    if ((pending & INTERRUPT_SOFTWARE) != 0) {
        csr_clear(sip, INTERRUPT_SOFTWARE);
        __atomic_thread_fence(__ATOMIC_SEQ_CST);
        kernel_ipi();
    }
    if ((pending & INTERRUPT_TIMER) != 0) {
        csr_clear(sie, INTERRUPT_TIMER);
        kernel_timer();
    }
    if ((pending & INTERRUPT_EXTERNAL) != 0) {
        irqchip_poll();
    }
}

/* ---- from the kernel ------------------------------------------------------------------------ */

/* The leaf that maps a kernel address in the active tables, or an entry that is not present. */
static pte_t kernel_translation(uint64_t address)
{
    uint64_t table = (csr_read(satp) & SATP_PPN_MASK) << PAGE_SHIFT;

    for (unsigned level = PAGETABLE_ROOT_LEVEL;; level--) {
        unsigned slot = address >> (PAGE_SHIFT + level * LEVEL_BITS) & (PAGETABLE_ENTRIES - 1);
        pte_t pte = ((const pte_t *)direct_map(table))[slot];
        if (!pte_present(pte) || !pte_is_table(pte, level)) {
            return pte;
        }
        table = pte_physical(pte);
    }
}

static unsigned needed_flag(uint64_t cause)
{
    switch (cause) {
    case CAUSE_FETCH_PAGE:
        return PTE_EXECUTE;
    case CAUSE_LOAD_PAGE:
        return PTE_READ;
    case CAUSE_STORE_PAGE:
        return PTE_WRITE;
    default:
        return 0;
    }
}

/* Whether the tables allow what trapped, so that the hart must have used what they were before
 * (see pte_publish()). The same instruction is not forgiven the same address twice in a row. */
static bool is_spurious(struct arch_cpu *cpu, const struct trap_registers *registers)
{
    unsigned flag = needed_flag(registers->cause);

    if (flag == 0 || registers->value < DIRECT_BASE ||
        (cpu->spurious_pc == registers->x[0] && cpu->spurious_address == registers->value)) {
        return false;
    }
    cpu->spurious_pc = registers->x[0];
    cpu->spurious_address = registers->value;
    pte_t pte = kernel_translation(registers->value);
    return pte_present(pte) && (pte_flags(pte) & (flag | PTE_USER)) == flag;
}

static const char *describe(const struct cpu *cpu, const struct trap_registers *registers)
{
    if (cpu != NULL && needed_flag(registers->cause) != 0) {
        uint64_t below = cpu->arch.stack_top - KERNEL_STACK_SIZE - registers->value;
        if (below - 1 < PAGE_SIZE) {
            return "kernel stack overflow";
        }
    }
    switch (registers->cause) {
    case CAUSE_FETCH_PAGE:
    case CAUSE_FETCH_ACCESS:
        return "execution at a bad address in the kernel";
    case CAUSE_LOAD_PAGE:
    case CAUSE_LOAD_ACCESS:
        return "read at a bad address in the kernel";
    case CAUSE_STORE_PAGE:
    case CAUSE_STORE_ACCESS:
        return "write at a bad address in the kernel";
    case CAUSE_ILLEGAL:
        return "illegal instruction in the kernel";
    case CAUSE_BREAKPOINT:
        return "breakpoint in the kernel";
    default:
        return "unexpected trap in the kernel";
    }
}

/* A trap while one is dealt with has overwritten the emergency stack: nothing is left to do. */
void trap_from_kernel(struct trap_registers *registers)
{
    static unsigned early_depth;
    struct cpu *cpu = cpu_self();
    unsigned *depth = cpu != NULL ? &cpu->arch.trap_depth : &early_depth;

    if ((*depth)++ != 0) {
        cpu_halt();
    }
    if (cpu != NULL && is_spurious(&cpu->arch, registers)) {
        __asm__ volatile("sfence.vma %0, zero" ::"r"(registers->value) : "memory");
        (*depth)--;
        return;
    }
    kernel_panic_trap(describe(cpu, registers), registers->x[0], registers->value,
                      registers->cause, registers->x[FRAME_POINTER]);
}

/* ---- set-up --------------------------------------------------------------------------------- */

/*
 * User code reads time, for clock_read(), and cycle and instret, by which cost is measured; where
 * the firmware keeps a counter from the supervisor the read is an illegal instruction.
 */
void entry_init_cpu(void)
{
    csr_write(stvec, (uint64_t)entry_vector);
    csr_write(sscratch, 0);
    csr_clear(sstatus, SSTATUS_SIE | SSTATUS_SPP | SSTATUS_VS | SSTATUS_FS | SSTATUS_SUM |
                           SSTATUS_MXR);
    csr_write(scounteren, COUNTEREN_CY | COUNTEREN_TM | COUNTEREN_IR);
    csr_set(sie, INTERRUPT_SOFTWARE);
}
