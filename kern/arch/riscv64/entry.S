/*
 * Entry into the kernel and the way back to user mode.
 *
 * In user mode sscratch holds the frame of the running thread, in the kernel 0. Register n is kept
 * at 8 * n in a frame, pc at 0. The system-call path (38 instructions in, 39 out, calls and returns
 * included) keeps what a function call keeps; a trap clears the frame's CPU to tell the two kinds
 * of frames apart. A trap in the kernel is a bug: it is reported on a stack of its own, because the
 * kernel stack may have overflowed.
 * Neither gp nor the floating-point unit is used by the kernel.
 */
#include "csr.h"
#include "offsets.h"

#define ECALL_SIZE 4

    .section .text.entry, "ax", @progbits
    .balign 4
    .globl entry_vector
entry_vector:
    csrrw a0, sscratch, a0
    beqz a0, vector_kernel
    sd tp, 4*8(a0)
    ld tp, FRAME_CPU_OFFSET(a0)
    sd a1, 11*8(a0)
    csrr a1, scause
    addi a1, a1, -CAUSE_USER_ECALL
    bnez a1, vector_trap

    csrrw a1, sscratch, zero
    sd a1, 10*8(a0)
    csrr a1, sepc
    addi a1, a1, ECALL_SIZE
    sd a1, 0(a0)
    .irp n, 1,2,3,5,6,8,9,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27
    sd x\n, \n*8(a0)
    .endr
    ld sp, CPU_STACK_TOP(tp)
    jal kernel_syscall

    .globl entry_leave
entry_leave:
    ld a0, CPU_FRAME(tp)
    ld t0, 0(a0)
    csrw sepc, t0
    ld t0, FRAME_CPU_OFFSET(a0)
    sd tp, FRAME_CPU_OFFSET(a0)
    csrw sscratch, a0
    beqz t0, leave_trap
    .irp n, 1,2,3,4,5,8,9,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27
    ld x\n, \n*8(a0)
    .endr
    .irp n, 6,7,28,29,30,31
    li x\n, 0
    .endr
    ld a0, 10*8(a0)
    sret

/* Everything but a system call: a0 is the frame, a1 and tp are saved, tp is the CPU. */
vector_trap:
    csrrw a1, sscratch, zero
    sd a1, 10*8(a0)
    csrr a1, sepc
    sd a1, 0(a0)
    sd zero, FRAME_CPU_OFFSET(a0)
    .irp n, 1,2,3,5,6,7,8,9,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    sd x\n, \n*8(a0)
    .endr
    ld sp, CPU_STACK_TOP(tp)
    csrr a1, scause
    csrr a2, stval
    jal trap_from_user
    j entry_leave

/* The SC ends a reservation that another thread may have made; if it succeeds it writes what is
 * there already. */
leave_trap:
    addi t0, a0, FRAME_CPU_OFFSET
    sc.d t0, tp, (t0)
    .irp n, 1,2,3,4,5,6,7,8,9,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    ld x\n, \n*8(a0)
    .endr
    ld a0, 10*8(a0)
    sret

/* A trap in the kernel; tp is the CPU. */
vector_kernel:
    csrw sscratch, zero
    ld sp, CPU_PANIC_STACK_TOP(tp)
    csrr a0, sepc
    csrr a1, scause
    csrr a2, stval
    mv a3, s0
    tail trap_from_kernel

/* uint64_t entry_probe_stimecmp(void): a read that is refused goes on behind it with a0 = 0. A trap
 * leaves SPP set, which has to be clear for the next return to user mode. */
    .globl entry_probe_stimecmp
entry_probe_stimecmp:
    csrr t1, stvec
    lla t0, 1f
    csrw stvec, t0
    li a0, 0
    csrr t2, CSR_STIMECMP
    li a0, 1
    .balign 4
1:  csrw stvec, t1
    li t0, SSTATUS_SPP
    csrc sstatus, t0
    ret

    .section .note.GNU-stack, "", @progbits
