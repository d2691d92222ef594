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

void trap_from_kernel(uint64_t pc, uint64_t cause, uint64_t value, uint64_t frame_pointer)
{
    static const char *const names[] = {
        [CAUSE_FETCH_ACCESS] = "execution at a bad address in the kernel",
        [CAUSE_FETCH_PAGE] = "execution at a bad address in the kernel",
        [CAUSE_LOAD_ACCESS] = "read at a bad address in the kernel",
        [CAUSE_LOAD_PAGE] = "read at a bad address in the kernel",
        [CAUSE_STORE_ACCESS] = "write at a bad address in the kernel",
        [CAUSE_STORE_PAGE] = "write at a bad address in the kernel",
        [CAUSE_ILLEGAL] = "illegal instruction in the kernel",
        [CAUSE_BREAKPOINT] = "breakpoint in the kernel",
    };
    bool known = cause < sizeof(names) / sizeof(names[0]) && names[cause] != NULL;

    kernel_panic_trap(known ? names[cause] : "unexpected trap in the kernel", pc, value, cause,
                      frame_pointer);
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
    csr_clear(sstatus,
              SSTATUS_SIE | SSTATUS_SPP | SSTATUS_VS | SSTATUS_FS | SSTATUS_SUM | SSTATUS_MXR);
    csr_write(scounteren, COUNTEREN_CY | COUNTEREN_TM | COUNTEREN_IR);
    csr_set(sie, INTERRUPT_SOFTWARE);
}
