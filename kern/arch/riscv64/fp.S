/*
 * Moving the floating-point registers (D extension, which the rest of the kernel is built without).
 * The caller has switched the unit on.
 */
#include "offsets.h"

    .attribute arch, "rv64gc"
    .text

    .globl fp_registers_save
fp_registers_save:
    .irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    fsd f\n, \n*8(a0)
    .endr
    frcsr t0
    sd t0, FP_FCSR(a0)
    ret

    .globl fp_registers_load
fp_registers_load:
    .irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    fld f\n, \n*8(a0)
    .endr
    ld t0, FP_FCSR(a0)
    fscsr t0
    ret

    .section .note.GNU-stack, "", @progbits
