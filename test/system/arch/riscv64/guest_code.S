/* What guests run in tests; copied to their memory. See kernel_test/foreign.h. */
    .section .rodata.guest_code, "a", @progbits
    .balign 16
    .option push
    .option norvc
    .option norelax
    .option arch, +d, +a
    .globl guest_code
guest_code:
/* 0: system calls for ever */
    ecall
    j guest_code
    .balign 16
/* 16: counts in register 3 of the calling convention for ever */
    addi a3, a3, 1
    j .-4
    .balign 16
/* 32: argument 0 = the word at argument 0 */
    ld a0, 0(a0)
    ecall
    .balign 16
/* 48: the word at argument 0 = argument 1 */
    sd a1, 0(a0)
    ecall
    .balign 16
/* 64: a floating-point register = argument 0; argument 0 = it; for ever */
    fmv.d.x fs0, a0
    ecall
    fmv.x.d a0, fs0
    ecall
    j .-8
    .balign 16
    .balign 32
/* 96: no instruction */
    .4byte 0
    .balign 16
/* 112: breakpoint */
    ebreak
    .balign 16
/* 128: counts and checks that argument 1 stays in the floating-point register */
    fmv.d.x fs0, a1
1:  addi a3, a3, 1
    fmv.x.d a2, fs0
    beq a2, a1, 1b
    ecall
    .balign 16
    .balign 32
/* 160: counts as far as argument 1 says, then a system call; for ever */
1:  mv a2, a1
2:  addi a3, a3, 1
    addi a2, a2, -1
    bnez a2, 2b
    ecall
    j 1b
    .balign 32
/* 192: reserves the word at argument 0, loads from argument 1, and stores conditionally: argument 0
 * = 0 if that was done */
    lr.d a2, (a0)
    ld a4, 0(a1)
    sc.d a0, a2, (a0)
    ecall
    .balign 32
/* 224: nothing, for ever */
    j .
    .balign 16
/* 240: argument 0 = the word at the stack pointer */
    ld a0, 0(sp)
    ecall
    .balign 16
    .globl guest_code_end
guest_code_end:
    .option pop

    .section .note.GNU-stack, "", @progbits
