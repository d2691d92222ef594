/* Register probes: see registers.h. Register n lies at 8 * n of `in` and `out`. */
#define OUT    256
#define TARGET 512
#define STACK  520
#define SAVED  224

    .text
    .macro save_own
    addi sp, sp, -SAVED
    sd ra, 8(sp)
    sd gp, 24(sp)
    .irp n, 8,9,18,19,20,21,22,23,24,25,26,27
    sd x\n, \n*8(sp)
    .endr
    mv s11, a0
    sd sp, STACK(s11)
    .endm

    /* All but sp, tp, s11 and t6. */
    .macro load_in
    .irp n, 1,3,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,28,29,30
    ld x\n, 8*\n(s11)
    .endr
    .endm

    .macro store_out from
    .irp n, 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    sd x\n, OUT + 8*\n(\from)
    .endr
    .endm

    .macro load_own
    ld sp, STACK(s11)
    ld ra, 8(sp)
    ld gp, 24(sp)
    .irp n, 8,9,18,19,20,21,22,23,24,25,26,27
    ld x\n, \n*8(sp)
    .endr
    addi sp, sp, SAVED
    ret
    .endm

    .globl probe_start
probe_start:
    store_out a0
    j probe_started

    .globl probe_call
probe_call:
    save_own
    lla t0, 1f
    addi sp, sp, -16
    sd t0, 0(sp)
    sd t0, 8(sp)
    load_in
    ld t6, TARGET(s11)
    jr t6
1:  store_out s11
    load_own

    .globl probe_spin
probe_spin:
    save_own
    load_in
1:  ld t6, TARGET(s11)
    beqz t6, 1b
    store_out s11
    load_own

    .globl probe_handler
probe_handler:
    store_out a0
    li a0, 0
    ret

    .section .note.GNU-stack, "", @progbits
