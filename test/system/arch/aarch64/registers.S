/* Register probes: see registers.h. Register n lies at 8 * n of `in` and `out`; 31 is sp. */
#define OUT    256
#define TARGET 512
#define STACK  520
#define SAVED  96

    .text
    .macro save_own
    stp x29, x30, [sp, #-SAVED]!
    stp x19, x20, [sp, #16]
    stp x21, x22, [sp, #32]
    stp x23, x24, [sp, #48]
    stp x25, x26, [sp, #64]
    stp x27, x28, [sp, #80]
    mov x28, x0
    mov x9, sp
    str x9, [x28, #STACK]
    .endm

    /* All but x17, x28 and sp. */
    .macro load_in
    ldp x0, x1, [x28, #0]
    ldp x2, x3, [x28, #16]
    ldp x4, x5, [x28, #32]
    ldp x6, x7, [x28, #48]
    ldp x8, x9, [x28, #64]
    ldp x10, x11, [x28, #80]
    ldp x12, x13, [x28, #96]
    ldp x14, x15, [x28, #112]
    ldr x16, [x28, #128]
    ldp x18, x19, [x28, #144]
    ldp x20, x21, [x28, #160]
    ldp x22, x23, [x28, #176]
    ldp x24, x25, [x28, #192]
    ldp x26, x27, [x28, #208]
    ldp x29, x30, [x28, #232]
    .endm

    /* sp last: x30 carries it. */
    .macro store_out from
    stp x0, x1, [\from, #OUT + 0]
    stp x2, x3, [\from, #OUT + 16]
    stp x4, x5, [\from, #OUT + 32]
    stp x6, x7, [\from, #OUT + 48]
    stp x8, x9, [\from, #OUT + 64]
    stp x10, x11, [\from, #OUT + 80]
    stp x12, x13, [\from, #OUT + 96]
    stp x14, x15, [\from, #OUT + 112]
    stp x16, x17, [\from, #OUT + 128]
    stp x18, x19, [\from, #OUT + 144]
    stp x20, x21, [\from, #OUT + 160]
    stp x22, x23, [\from, #OUT + 176]
    stp x24, x25, [\from, #OUT + 192]
    stp x26, x27, [\from, #OUT + 208]
    stp x28, x29, [\from, #OUT + 224]
    str x30, [\from, #OUT + 240]
    mov x30, sp
    str x30, [\from, #OUT + 248]
    .endm

    .macro load_own
    ldr x9, [x28, #STACK]
    mov sp, x9
    ldp x19, x20, [sp, #16]
    ldp x21, x22, [sp, #32]
    ldp x23, x24, [sp, #48]
    ldp x25, x26, [sp, #64]
    ldp x27, x28, [sp, #80]
    ldp x29, x30, [sp], #SAVED
    ret
    .endm

    .global probe_start
    .type probe_start, %function
probe_start:
    store_out x0
    b probe_started

    .global probe_call
    .type probe_call, %function
probe_call:
    save_own
    adr x9, 1f
    stp x9, x9, [sp, #-16]!
    load_in
    ldr x17, [x28, #TARGET]
    br x17
1:  store_out x28
    load_own

    .global probe_spin
    .type probe_spin, %function
probe_spin:
    save_own
    load_in
1:  ldr x17, [x28, #TARGET]
    cbz x17, 1b
    store_out x28
    load_own

    .global probe_handler
    .type probe_handler, %function
probe_handler:
    store_out x0
    ldr x30, [x0, #OUT + 240]
    mov x0, xzr
    ret

    .section .note.GNU-stack, "", %progbits
