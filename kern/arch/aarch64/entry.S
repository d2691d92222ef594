/*
 * Exception vectors, and the way back to user mode.
 *
 * While user code runs SP_EL1 is the top of the CPU's kernel stack and TPIDR_EL1 its struct cpu.
 * Everything is masked in the kernel. The system call is 30 instructions in and 31 out; it saves
 * what a function call keeps and the arguments. The two words below SP are scratch.
 *
 * A trap in the kernel is a bug: nothing is pushed where SP points, it may have left its stack;
 * the report is written on the CPU's panic stack.
 */
#include <arch/guest.h>
#include <arch_inline/offsets.h>

#include "pairs.h"

#define ESR_SVC_0       0x56000000 /* EC 0x15, IL, immediate 0 */
#define GUEST_EXIT_CALL 1          /* sinter/abi.h */

/* Refused by the assembler if the vector before is longer than its 32 instructions. */
    .macro vector offset
    .org    entry_vectors + \offset
    .endm

    .macro bug offset, text
    vector \offset
    adr     x0, \text
    b       kernel_trap
    .endm

/* x17 becomes the frame; x0 to x17 are stored in it, the last two from below SP. Single steps
 * end. */
    .macro save_general
    msr     mdscr_el1, xzr
    mrs     x16, tpidr_el1
    ldr     x17, [x16, #CPU_FRAME]
    pairs   stp, x, 8, x17, 0, 15
    ldp     x0, x1, [sp, #-16]
    stp     x0, x1, [x17, #FRAME_X(16)]
    .endm

/* x18 to x30, SP, PC and PSTATE into the frame x17; leaves TPIDR_EL0 in x12. */
    .macro save_kept
    pairs   stp, x, 8, x17, 18, 29
    mrs     x9, sp_el0
    mrs     x10, elr_el1
    mrs     x11, spsr_el1
    mrs     x12, tpidr_el0
    stp     x30, x9, [x17, #FRAME_X(30)]
    stp     x10, x11, [x17, #FRAME_PC]
    .endm

    .text
    .balign 0x800
    .global entry_vectors
    .type   entry_vectors, %function
entry_vectors:
    /* Current EL with SP_EL0: never used. */
    .irp offset, 0x000, 0x080, 0x100, 0x180
    bug \offset, .Ltext_stack_pointer
    .endr

    /* Current EL with SP_EL1. */
    bug 0x200, .Ltext_synchronous
    bug 0x280, .Ltext_interrupt
    bug 0x300, .Ltext_fast_interrupt
    bug 0x380, .Ltext_system_error

    /* Lower EL, AArch64. */
    vector 0x400
    stp     x16, x17, [sp, #-16]
    mrs     x17, esr_el1
    mov     w16, #ESR_SVC_0
    cmp     x17, x16
    b.ne    user_trap
    mrs     x16, tpidr_el1
    ldr     x17, [x16, #CPU_FRAME]
    ldr     x16, [x17, #FRAME_GUEST]
    cbnz    x16, guest_call
call_plain:
    pairs   stp, x, 8, x17, 0, 9
    save_kept
    mov     x13, #1
    stp     x12, x13, [x17, #FRAME_TPIDR]
    mov     x29, xzr
    b       call_portable
    vector 0x480
    stp     x16, x17, [sp, #-16]
    b       user_interrupt
    bug 0x500, .Ltext_fast_interrupt
    vector 0x580
    stp     x16, x17, [sp, #-16]
    b       user_trap

    /* Lower EL, AArch32: no frame starts in it. */
    .irp offset, 0x600, 0x680, 0x700, 0x780
    bug \offset, .Ltext_aarch32
    .endr
    vector 0x800

call_portable:
    mov     x0, x17
    bl      kernel_syscall
leave:
    mrs     x16, tpidr_el1
    ldr     x17, [x16, #CPU_FRAME]
    ldp     x12, x13, [x17, #FRAME_TPIDR]
    ldp     x10, x11, [x17, #FRAME_PC]
    ldp     x30, x9, [x17, #FRAME_X(30)]
    msr     tpidr_el0, x12
    msr     elr_el1, x10
    msr     spsr_el1, x11
    msr     sp_el0, x9
    pairs   ldp, x, 8, x17, 18, 29
    pairs   ldp, x, 8, x17, 0, 7
    cbz     x13, leave_trap
    ldr     x8, [x17, #FRAME_X(8)]
    mov     x9, xzr
    mov     x10, xzr
    mov     x11, xzr
    mov     x12, xzr
    mov     x13, xzr
    mov     x14, xzr
    mov     x15, xzr
    mov     x16, xzr
    mov     x17, xzr
    eret

leave_trap:
    ldr     x16, [x17, #FRAME_GUEST]
    cmp     x16, x17
    b.ne    leave_complete
/* A kick that comes from here on is followed by an interrupt of this CPU. */
    ldr     w15, [x16, #GUEST_ATTENTION]
    tbnz    w15, #0, leave_kicked /* GUEST_KICKED */
    ldr     x16, [x16, #GUEST_STATE]
    ldr     w15, [x16, #STATE_FLAGS]
    and     x15, x15, #MDSCR_SS /* GUEST_FLAG_STEP */
    msr     mdscr_el1, x15
leave_complete:
    pairs   ldp, x, 8, x17, 8, 17
    eret

leave_kicked:
    mov     x0, x17
    mov     x29, xzr
    bl      kernel_guest_kicked
    b       leave

/* A system call of a guest, or of the thread that has one; x16 is the struct guest_arch, x17 the
 * frame. The thread's x10 to x15 are free. */
guest_call:
    cmp     x16, x17
    b.eq    guest_out
    mrs     x14, elr_el1
    ldr     x15, [x16, #GUEST_RUN_RETURN]
    cmp     x14, x15
    b.ne    call_plain
    ldp     x12, x13, [x16, #GUEST_STATE] /* and GUEST_ROOT */
    ldr     w14, [x16, #GUEST_ATTENTION]
    ldr     w15, [x12, #STATE_FLAGS]
    orr     w14, w14, w15
    cbnz    w14, call_plain

/* guest_run() of libsys expects nothing back but SP and TPIDR_EL0. */
    mrs     x9, sp_el0
    mrs     x10, tpidr_el0
    mrs     x11, tpidr_el1
    str     x9, [x17, #FRAME_SP]
    str     x10, [x17, #FRAME_TPIDR]
    str     x16, [x11, #CPU_FRAME]
    ldr     x14, [x16, #GUEST_FP]
    msr     ttbr0_el1, x13
    msr     cpacr_el1, x14
    mov     x17, x12
    ldp     x10, x11, [x17, #FRAME_PC]
    ldr     x12, [x17, #FRAME_TPIDR]
    ldp     x30, x9, [x17, #FRAME_X(30)]
    and     x11, x11, #PSTATE_FLAGS
    msr     elr_el1, x10
    msr     spsr_el1, x11
    msr     tpidr_el0, x12
    msr     sp_el0, x9
    pairs   ldp, x, 8, x17, 18, 29
    pairs   ldp, x, 8, x17, 0, 17
    eret

/* The guest's registers may stay; those that the kernel used are cleared. */
guest_out:
    ldr     x17, [x16, #GUEST_STATE]
    pairs   stp, x, 8, x17, 0, 15
    ldp     x0, x1, [sp, #-16]
    stp     x0, x1, [x17, #FRAME_X(16)]
    save_kept
    str     x12, [x17, #FRAME_TPIDR]
    ldp     x10, x11, [x16, #GUEST_HOST_ROOT] /* and GUEST_RUN_RETURN */
    mov     x12, #CPACR_FPEN_KERNEL
    msr     mdscr_el1, xzr
    ldr     x13, [x16, #GUEST_HOST]
    mrs     x14, tpidr_el1
    msr     ttbr0_el1, x10
    msr     elr_el1, x11
    msr     cpacr_el1, x12
    str     x13, [x14, #CPU_FRAME]
    ldr     x9, [x13, #FRAME_SP]
    ldr     x10, [x13, #FRAME_TPIDR]
    msr     spsr_el1, xzr
    msr     sp_el0, x9
    msr     tpidr_el0, x10
    mov     x0, xzr /* STATUS_OK */
    mov     x1, #GUEST_EXIT_CALL
    mov     x13, xzr
    mov     x14, xzr
    mov     x16, xzr
    mov     x17, xzr
    eret

/* Any other synchronous exception of user code, and its SError interrupts. */
user_trap:
    save_general
    save_kept
    mrs     x14, esr_el1
    mrs     x15, far_el1
    stp     x12, xzr, [x17, #FRAME_TPIDR]
    stp     x14, x15, [x17, #FRAME_SYNDROME]
    mov     x29, xzr
    mov     x0, x17
    bl      entry_user_trap
    b       leave

user_interrupt:
    save_general
    save_kept
    stp     x12, xzr, [x17, #FRAME_TPIDR]
    stp     xzr, xzr, [x17, #FRAME_SYNDROME]
    mov     x29, xzr
    bl      interrupts_poll
    bl      kernel_interrupted
    b       leave

    .global entry_leave
    .type   entry_leave, %function
entry_leave:
    mrs     x16, tpidr_el1
    ldr     x17, [x16, #CPU_STACK_TOP]
    mov     sp, x17
    b       leave

/* x0: what happened. */
kernel_trap:
    mrs     x6, tpidr_el1
    ldr     x6, [x6, #CPU_PANIC_STACK_TOP]
    mov     sp, x6
    mrs     x1, elr_el1
    mrs     x2, far_el1
    mrs     x3, esr_el1
    mov     x4, x29
    mov     x29, xzr
    b       kernel_panic_trap

    .section .rodata
.Ltext_stack_pointer:
    .asciz  "trap in the kernel on the user stack pointer"
.Ltext_synchronous:
    .asciz  "trap in the kernel"
.Ltext_interrupt:
    .asciz  "interrupt in the kernel"
.Ltext_fast_interrupt:
    .asciz  "fast interrupt: none is configured"
.Ltext_system_error:
    .asciz  "system error in the kernel"
.Ltext_aarch32:
    .asciz  "trap from AArch32 state"

    .section .note.GNU-stack, "", %progbits
