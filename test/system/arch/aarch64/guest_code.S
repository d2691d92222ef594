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
    .globl guest_code_end
guest_code_end:

    .section .note.GNU-stack, "", %progbits
