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
#include <arch/guest.h>

#include "csr.h"
#include "offsets.h"

#define ECALL_SIZE      4
#define GUEST_EXIT_CALL 1 /* sinter/abi.h */

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
    ld a1, FRAME_GUEST(a0)
    bnez a1, vector_guest

vector_call:
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

/*
 * A system call of a guest, or of the thread that has one; a0 is the frame, a1 the struct
 * guest_arch, user a1 and tp are saved, tp is the CPU.
 */
vector_guest:
    beq a0, a1, guest_out
    csrr tp, sepc
    addi tp, tp, ECALL_SIZE
    ld a1, GUEST_RUN_RETURN(a1)
    bne a1, tp, 1f
    ld a1, FRAME_GUEST(a0)
    lw tp, GUEST_ATTENTION(a1)
    beqz tp, guest_in
1:  ld tp, FRAME_CPU_OFFSET(a0)
    j vector_call

/* guest_run() of libsys expects nothing back but sp and tp. */
guest_in:
    ld tp, FRAME_CPU_OFFSET(a0)
    sd sp, 2*8(a0)
    ld t0, GUEST_ROOT(a1)
    ld t1, GUEST_FP(a1)
    csrw satp, t0
    csrs sstatus, t1
    csrw sscratch, a1
    sd a1, CPU_FRAME(tp)
    sd tp, FRAME_CPU_OFFSET(a1)
    ld a0, GUEST_STATE(a1)
    ld t0, 0(a0)
    csrw sepc, t0
    .irp n, 1,2,3,4,5,6,7,8,9,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    ld x\n, \n*8(a0)
    .endr
    ld a0, 10*8(a0)
    sret

/* The guest's registers may stay; those that the kernel used are cleared. */
guest_out:
    ld a1, GUEST_STATE(a0)
    .irp n, 1,2,3,5,6,7,8,9,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    sd x\n, \n*8(a1)
    .endr
    ld t0, 4*8(a0)
    ld t1, 11*8(a0)
    csrr t2, sscratch
    csrr t3, sepc
    sd t0, 4*8(a1)
    sd t1, 11*8(a1)
    sd t2, 10*8(a1)
    addi t3, t3, ECALL_SIZE
    sd t3, 0(a1)
    ld t0, GUEST_HOST_ROOT(a0)
    li t1, SSTATUS_FS
    csrw satp, t0
    csrrc t2, sstatus, t1
    and t2, t2, t1
    sd t2, GUEST_FP(a0)
    ld t1, GUEST_RUN_RETURN(a0)
    ld t0, GUEST_HOST(a0)
    csrw sepc, t1
    csrw sscratch, t0
    sd t0, CPU_FRAME(tp)
    sd tp, FRAME_CPU_OFFSET(t0)
    ld sp, 2*8(t0)
    ld tp, 4*8(t0)
    li t0, 0
    li a0, 0 /* STATUS_OK */
    li a1, GUEST_EXIT_CALL
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
    ld t1, FRAME_GUEST(a0)
    beq a0, t1, leave_guest
leave_complete:
    addi t0, a0, FRAME_CPU_OFFSET
    sc.d t0, tp, (t0)
    .irp n, 1,2,3,4,5,6,7,8,9,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    ld x\n, \n*8(a0)
    .endr
    ld a0, 10*8(a0)
    sret

/* A kick that comes from here on is followed by an interrupt of this CPU. */
leave_guest:
    lw t1, GUEST_ATTENTION(a0)
    andi t1, t1, GUEST_KICKED
    beqz t1, leave_complete
    csrw sscratch, zero
    sd zero, FRAME_CPU_OFFSET(a0)
    jal kernel_guest_kicked
    j entry_leave

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
