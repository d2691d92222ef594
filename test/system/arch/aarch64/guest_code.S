/* What guests run in tests; copied to their memory. See kernel_test/foreign.h. */
    .arch_extension fp
    .section .rodata.guest_code, "a", %progbits
    .balign 16
    .globl guest_code
guest_code:
/* 0: system calls for ever */
    svc #0
    b guest_code
    .balign 16
/* 16: counts in register 3 of the calling convention for ever */
    add x3, x3, #1
    b .-4
    .balign 16
/* 32: argument 0 = the word at argument 0 */
    ldr x0, [x0]
    svc #0
    .balign 16
/* 48: the word at argument 0 = argument 1 */
    str x1, [x0]
    svc #0
    .balign 16
/* 64: a floating-point register = argument 0; argument 0 = it; for ever */
    fmov d8, x0
    svc #0
    fmov x0, d8
    svc #0
    b .-8
    .balign 16
    .balign 32
/* 96: no instruction */
    .4byte 0
    .balign 16
/* 112: breakpoint */
    brk #0
    .balign 16
/* 128: counts and checks that argument 1 stays in the floating-point register */
    fmov d8, x1
1:  add x3, x3, #1
    fmov x2, d8
    cmp x2, x1
    b.eq 1b
    svc #0
    .balign 16
    .balign 32
/* 160: counts as far as argument 1 says, then a system call; for ever */
1:  mov x2, x1
2:  add x3, x3, #1
    subs x2, x2, #1
    b.ne 2b
    svc #0
    b 1b
    .balign 32
/* 192: reserves the word at argument 0, loads from argument 1, and stores conditionally: argument 0
 * = 0 if that was done */
    ldxr x2, [x0]
    ldr x4, [x1]
    stxr w3, x2, [x0]
    mov x0, x3
    svc #0
    .balign 32
/* 224: nothing, for ever */
    b .
    .balign 16
/* 240: argument 0 = the word at the stack pointer */
    ldr x0, [sp]
    svc #0
    .balign 16
    .balign 64
/* 256: everything that goes on elsewhere than behind itself, and reservations; what it did is in
 * registers and at argument 0. 29 steps, with the system call. */
    mov x2, #3
    mov x4, #0
1:  add x4, x4, #5
    subs x2, x2, #1
    b.gt 1b
    cbz x2, 2f
    svc #0
2:  cbnz x2, .
    tbz x4, #0, .
    tbnz x4, #0, 3f
    svc #0
3:  bl 4f
    svc #0
4:  adr x5, 5f
    blr x5
    svc #0
5:  adr x5, 6f
    br x5
    svc #0
6:  str x30, [x0, #8]
7:  ldaxr x2, [x0]
    tbnz x2, #63, 8f
    add x2, x2, #1
    stlxr w3, x2, [x0]
    cbnz w3, 7b
8:  ldxr w2, [x0]
    cbnz w2, 9f
    stxr w3, wzr, [x0]
    svc #0
9:  ldxp x6, x7, [x0]
    add x6, x6, #1
    stxp w3, x6, x7, [x0]
    cbnz w3, 9b
    ldr x3, [x0]
    fmov d9, x3
    svc #0
    .balign 64
/* 448: for ever adds one to the first and the last word of each of argument 1's pages from argument
 * 0 on, in this order; argument 4 is how far the two lie apart. Register 3 counts the rounds; a
 * system call if a word is not what it was left as. */
1:  add x3, x3, #1
    mov x2, x1
    mov x5, x0
2:  ldr x6, [x5]
    add x6, x6, #1
    cmp x6, x3
    b.ne 3f
    str x6, [x5]
    add x5, x5, x4
    ldr x6, [x5]
    add x6, x6, #1
    cmp x6, x3
    b.ne 3f
    stlr x6, [x5]
    add x5, x5, #8
    subs x2, x2, #1
    b.ne 2b
    b 1b
3:  svc #0
    .balign 16
    .globl guest_code_end
guest_code_end:

    .section .note.GNU-stack, "", %progbits
