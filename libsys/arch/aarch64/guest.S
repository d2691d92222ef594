/*
 * Running a guest, and reaching its memory. The kernel knows the places named at the end.
 *
 * guest_run: the trap comes back with SP and TPIDR_EL0 as they were and whatever the guest had in
 * the other registers; x0 is the status, x1 the exit.
 */
#include <libsys_calls.h>

#include "guest.h"
#include "libsys_places.h"

#define PLACE(symbol) .4byte symbol - libsys_places_start + PLACES_OFFSET

#define SAVED 112 /* bytes of stack; function and context at its end */

    .text
    .globl guest_run
    .type guest_run, %function
guest_run:
    ldp x2, x3, [x0]
    stp x29, x30, [sp, #-SAVED]!
    stp x19, x20, [sp, #16]
    stp x21, x22, [sp, #32]
    stp x23, x24, [sp, #48]
    stp x25, x26, [sp, #64]
    stp x27, x28, [sp, #80]
    stp x2, x3, [sp, #96]
1:  mov x8, #SYSTEM_CALL_guest_run
    svc #0
run_return:
    cbnz x0, 2f
    ldp x2, x0, [sp, #96]
    blr x2
    tst w0, #0xff
    b.ne 1b
    mov x0, xzr
2:  ldp x19, x20, [sp, #16]
    ldp x21, x22, [sp, #32]
    ldp x23, x24, [sp, #48]
    ldp x25, x26, [sp, #64]
    ldp x27, x28, [sp, #80]
    ldp x29, x30, [sp], #SAVED
    ret
    .size guest_run, . - guest_run

/* status_t copy(to x0, from x1, length x2): unaligned accesses work on normal memory, which is all
 * that a guest can have. */
    .type copy, %function
copy:
copy_start:
1:  subs x3, x2, #32
    b.lo 2f
    ldp x4, x5, [x1]
    ldp x6, x7, [x1, #16]
    stp x4, x5, [x0]
    stp x6, x7, [x0, #16]
    add x1, x1, #32
    add x0, x0, #32
    mov x2, x3
    b 1b
2:  subs x3, x2, #8
    b.lo 3f
    ldr x4, [x1], #8
    str x4, [x0], #8
    mov x2, x3
    b 2b
3:  cbz x2, 4f
    ldrb w4, [x1], #1
    strb w4, [x0], #1
    sub x2, x2, #1
    b 3b
4:  mov x0, xzr
    ret
    .size copy, . - copy

/* Both: x0 the address, w4 the word. */
    .globl guest_load32
    .type guest_load32, %function
guest_load32:
    mov x4, #GUEST_TOP
    sub x4, x4, #4
    cmp x0, x4
    b.hi copy_failed
    tst x0, #3
    b.ne copy_failed
    ldar w4, [x0]
    str w4, [x1]
    mov x0, xzr
    ret
    .size guest_load32, . - guest_load32

    .globl guest_exchange32
    .type guest_exchange32, %function
guest_exchange32:
    mov x4, #GUEST_TOP
    sub x4, x4, #4
    cmp x0, x4
    b.hi copy_failed
    tst x0, #3
    b.ne copy_failed
1:  ldaxr w4, [x0]
    cmp w4, w1
    b.ne 2f
    stlxr w5, w2, [x0]
    cbnz w5, 1b
2:  str w4, [x3]
    mov x0, xzr
    ret
    .size guest_exchange32, . - guest_exchange32
copy_end:
copy_failed:
    mov x0, #GUEST_COPY_FAILED
    ret

/* The range of the guest: below the last GiB, and not around the end of the address space. */
    .globl guest_copy_in
    .type guest_copy_in, %function
guest_copy_in:
    mov x3, x1
    b 1f
    .size guest_copy_in, . - guest_copy_in

    .globl guest_copy_out
    .type guest_copy_out, %function
guest_copy_out:
    mov x3, x0
1:  mov x4, #GUEST_TOP
    subs x4, x4, x3
    b.lo copy_failed
    cmp x2, x4
    b.hi copy_failed
    b copy
    .size guest_copy_out, . - guest_copy_out

    .section .places, "a", %progbits
    .balign 4
    .globl libsys_places_start
    .hidden libsys_places_start
libsys_places_start:
    PLACE(run_return)
    PLACE(copy_start)
    PLACE(copy_end)
    PLACE(copy_failed)

    .section .note.GNU-stack, "", %progbits
