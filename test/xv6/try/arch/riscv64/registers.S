/* Whether a system call keeps the registers: all but sp and that of the result get a value, and
 * the sum of them is the same afterwards. Also calls that there are none of. */

#include "stub.inc"

#define SAVED ra, gp, tp, s0, s1, s2, s3, s4, s5, s6, s7, s8, s9, s10, s11
#define OTHERS t0, t1, t2, t3, t4, t5, t6, a1, a2, a3, a4, a5, a6, a7
#define SAVED_BYTES (16 * 8)
#define GETPID 11

.section .text.changed_registers, "ax", %progbits
.globl changed_registers
.type changed_registers, %function
changed_registers:
    addi sp, sp, -SAVED_BYTES
    .set slot, 8
    .irp register, SAVED
    sd \register, slot(sp)
    .set slot, slot + 8
    .endr

    .set value, 0x0123456789abcdef
    .irp register, SAVED, OTHERS
    li \register, value
    .set value, value + 0x1000200040008001
    .endr
    li a7, GETPID

    li a0, 0
    .irp register, SAVED, OTHERS
    add a0, a0, \register
    .endr
    sd a0, 0(sp)
    ecall
    li a0, 0
    .irp register, SAVED, OTHERS
    add a0, a0, \register
    .endr
    ld t0, 0(sp)
    sub a0, a0, t0

    .set slot, 8
    .irp register, SAVED
    ld \register, slot(sp)
    .set slot, slot + 8
    .endr
    addi sp, sp, SAVED_BYTES
    ret

STUB(0, call_none)
STUB(1000, call_unknown)
STUB(-1, call_negative)

.section .note.GNU-stack, "", %progbits
