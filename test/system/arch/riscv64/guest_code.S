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
    .balign 64
/* 256: everything that goes on elsewhere than behind itself, of both lengths, and a reservation;
 * what it did is in registers and at argument 0. 44 steps, with the system call. */
    li a2, 3
    li a4, 0
1:  addi a4, a4, 5
    addi a2, a2, -1
    bgtz a2, 1b
    blt a2, a4, 2f
    ecall
2:  bge a2, a4, .
    bltu a4, a2, .
    bgeu a4, a2, 3f
    ecall
3:  beq a2, a4, .
    bne a2, a4, 4f
    ecall
4:  jal a5, 5f
    ecall
5:  auipc a6, 0
    jalr a7, 12(a6)
    ecall
    sd a7, 8(a0)
6:  lr.d a2, (a0)
    bltz a2, 7f
    addi a2, a2, 1
    sc.d t0, a2, (a0)
    bnez t0, 6b
7:  lr.w a2, (a0)
    bnez a2, 8f
    sc.w t0, zero, (a0)
    ecall
    .option rvc
8:  c.li a2, 2
9:  c.addi a4, 1
    c.addi a2, -1
    c.bnez a2, 9b
    c.beqz a2, 1f
    c.ebreak
1:  c.j 2f
    c.ebreak
2:  auipc a6, 0
    c.addi a6, 12
    c.mv a5, a6
    c.jalr a5
    c.ebreak
    c.nop
    auipc a6, 0
    c.addi a6, 10
    c.jr a6
    c.ebreak
    .option norvc
    .balign 4
    amoadd.d a3, a4, (a0)
    fmv.d.x fs1, a3
    ecall
    .balign 64
/* 448: for ever adds one to the first and the last word of each of argument 1's pages from argument
 * 0 on, in this order; argument 4 is how far the two lie apart. Register 3 counts the rounds; a
 * system call if a word is not what it was left as. */
1:  addi a3, a3, 1
    mv a2, a1
    mv a5, a0
2:  ld a6, 0(a5)
    addi a6, a6, 1
    bne a6, a3, 3f
    sd a6, 0(a5)
    add a5, a5, a4
    ld a6, 0(a5)
    addi a6, a6, 1
    bne a6, a3, 3f
    fence w, w
    sd a6, 0(a5)
    addi a5, a5, 8
    addi a2, a2, -1
    bnez a2, 2b
    j 1b
3:  ecall
    .balign 16
    .globl guest_code_end
guest_code_end:
    .option pop

    .section .note.GNU-stack, "", @progbits
