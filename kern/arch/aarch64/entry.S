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
#include <arch_inline/offsets.h>

#define ESR_SVC_0 0x56000000 /* EC 0x15, IL, immediate 0 */

/* Refused by the assembler if the vector before is longer than its 32 instructions. */
    .macro vector offset
    .org    entry_vectors + \offset
    .endm

/* x17 becomes the frame; x0 to x17 are stored in it, the last two from below SP. */
    .macro save_general
    mrs     x16, tpidr_el1
    ldr     x17, [x16, #CPU_FRAME]
    stp     x0, x1, [x17, #FRAME_X(0)]
    stp     x2, x3, [x17, #FRAME_X(2)]
    stp     x4, x5, [x17, #FRAME_X(4)]
    stp     x6, x7, [x17, #FRAME_X(6)]
    stp     x8, x9, [x17, #FRAME_X(8)]
    stp     x10, x11, [x17, #FRAME_X(10)]
    stp     x12, x13, [x17, #FRAME_X(12)]
    stp     x14, x15, [x17, #FRAME_X(14)]
    ldp     x0, x1, [sp, #-16]
    stp     x0, x1, [x17, #FRAME_X(16)]
    .endm

/* x18 to x30, SP, PC and PSTATE into the frame x17; leaves TPIDR_EL0 in x12. */
    .macro save_kept
    stp     x18, x19, [x17, #FRAME_X(18)]
    stp     x20, x21, [x17, #FRAME_X(20)]
    stp     x22, x23, [x17, #FRAME_X(22)]
    stp     x24, x25, [x17, #FRAME_X(24)]
    stp     x26, x27, [x17, #FRAME_X(26)]
    stp     x28, x29, [x17, #FRAME_X(28)]
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
    vector 0x000
    adr     x0, .Ltext_stack_pointer
    b       kernel_trap
    vector 0x080
    adr     x0, .Ltext_stack_pointer
    b       kernel_trap
    vector 0x100
    adr     x0, .Ltext_stack_pointer
    b       kernel_trap
    vector 0x180
    adr     x0, .Ltext_stack_pointer
    b       kernel_trap

    /* Current EL with SP_EL1. */
    vector 0x200
    adr     x0, .Ltext_synchronous
    b       kernel_trap
    vector 0x280
    adr     x0, .Ltext_interrupt
    b       kernel_trap
    vector 0x300
    adr     x0, .Ltext_fast_interrupt
    b       kernel_trap
    vector 0x380
    adr     x0, .Ltext_system_error
    b       kernel_trap

    /* Lower EL, AArch64. */
    vector 0x400
    stp     x16, x17, [sp, #-16]
    mrs     x17, esr_el1
    mov     w16, #ESR_SVC_0
    cmp     x17, x16
    b.ne    user_trap
    mrs     x16, tpidr_el1
    ldr     x17, [x16, #CPU_FRAME]
    stp     x0, x1, [x17, #FRAME_X(0)]
    stp     x2, x3, [x17, #FRAME_X(2)]
    stp     x4, x5, [x17, #FRAME_X(4)]
    stp     x6, x7, [x17, #FRAME_X(6)]
    stp     x8, x9, [x17, #FRAME_X(8)]
    save_kept
    mov     x13, #1
    stp     x12, x13, [x17, #FRAME_TPIDR]
    mov     x29, xzr
    b       call_portable
    vector 0x480
    stp     x16, x17, [sp, #-16]
    b       user_interrupt
    vector 0x500
    adr     x0, .Ltext_fast_interrupt
    b       kernel_trap
    vector 0x580
    stp     x16, x17, [sp, #-16]
    b       user_system_error

    /* Lower EL, AArch32: no frame starts in it. */
    vector 0x600
    adr     x0, .Ltext_aarch32
    b       kernel_trap
    vector 0x680
    adr     x0, .Ltext_aarch32
    b       kernel_trap
    vector 0x700
    adr     x0, .Ltext_aarch32
    b       kernel_trap
    vector 0x780
    adr     x0, .Ltext_aarch32
    b       kernel_trap
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
    ldp     x18, x19, [x17, #FRAME_X(18)]
    ldp     x20, x21, [x17, #FRAME_X(20)]
    ldp     x22, x23, [x17, #FRAME_X(22)]
    ldp     x24, x25, [x17, #FRAME_X(24)]
    ldp     x26, x27, [x17, #FRAME_X(26)]
    ldp     x28, x29, [x17, #FRAME_X(28)]
    ldp     x0, x1, [x17, #FRAME_X(0)]
    ldp     x2, x3, [x17, #FRAME_X(2)]
    ldp     x4, x5, [x17, #FRAME_X(4)]
    ldp     x6, x7, [x17, #FRAME_X(6)]
    cbz     x13, leave_complete
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

leave_complete:
    ldp     x8, x9, [x17, #FRAME_X(8)]
    ldp     x10, x11, [x17, #FRAME_X(10)]
    ldp     x12, x13, [x17, #FRAME_X(12)]
    ldp     x14, x15, [x17, #FRAME_X(14)]
    ldp     x16, x17, [x17, #FRAME_X(16)]
    eret

/* Any other synchronous exception of user code. */
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

user_system_error:
    save_general
    save_kept
    mrs     x14, esr_el1
    stp     x12, xzr, [x17, #FRAME_TPIDR]
    stp     x14, xzr, [x17, #FRAME_SYNDROME]
    mov     x29, xzr
    mov     x0, x17
    bl      entry_user_system_error
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
    mov     x5, sp
    adrp    x7, entry_first_panic_stack_top
    ldr     x7, [x7, :lo12:entry_first_panic_stack_top]
    mrs     x6, tpidr_el1
    cbz     x6, 1f
    ldr     x7, [x6, #CPU_PANIC_STACK_TOP]
1:  mov     sp, x7
    mrs     x1, elr_el1
    mrs     x2, far_el1
    mrs     x3, esr_el1
    mov     x4, x29
    mov     x29, xzr
    bl      entry_kernel_trap
2:  wfi
    b       2b

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
