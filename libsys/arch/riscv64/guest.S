/*
 * Running a guest, and reaching its memory. The kernel knows the places named at the end.
 *
 * guest_run: the trap comes back with sp and tp as they were and whatever the guest had in the
 * other registers; a0 is the status, a1 the exit.
 */
#include <libsys_calls.h>

#include "guest.h"
#include "libsys_places.h"

#define PLACE(symbol) .4byte symbol - libsys_places_start + PLACES_OFFSET

#define SAVED       128 /* bytes of stack: */
#define FUNCTION    0
#define CONTEXT     8
#define GP          16
#define S(n)        (24 + 8 * (n))
#define RA          120

    .text
    .globl guest_run
    .type guest_run, %function
guest_run:
    addi sp, sp, -SAVED
    ld t0, 0(a0)
    ld t1, 8(a0)
    sd ra, RA(sp)
    sd gp, GP(sp)
    sd t0, FUNCTION(sp)
    sd t1, CONTEXT(sp)
    .irp n, 0,1,2,3,4,5,6,7,8,9,10,11
    sd s\n, S(\n)(sp)
    .endr
1:  li t0, SYSTEM_CALL_guest_run
    ecall
run_return:
    bnez a0, 2f
    ld t0, FUNCTION(sp)
    ld a0, CONTEXT(sp)
    ld gp, GP(sp)
    jalr t0
    andi a0, a0, 0xff
    bnez a0, 1b
2:  ld ra, RA(sp)
    .irp n, 0,1,2,3,4,5,6,7,8,9,10,11
    ld s\n, S(\n)(sp)
    .endr
    addi sp, sp, SAVED
    ret
    .size guest_run, . - guest_run

/* status_t copy(to a0, from a1, length a2): by words where both are aligned alike. */
    .type copy, %function
copy:
copy_start:
    xor t0, a0, a1
    andi t0, t0, 7
    bnez t0, 4f
1:  andi t0, a0, 7
    beqz t0, 2f
    beqz a2, 5f
    lbu t1, 0(a1)
    sb t1, 0(a0)
    addi a0, a0, 1
    addi a1, a1, 1
    addi a2, a2, -1
    j 1b
2:  li t2, 32
3:  bltu a2, t2, 6f
    ld t0, 0(a1)
    ld t1, 8(a1)
    ld t3, 16(a1)
    ld t4, 24(a1)
    sd t0, 0(a0)
    sd t1, 8(a0)
    sd t3, 16(a0)
    sd t4, 24(a0)
    addi a0, a0, 32
    addi a1, a1, 32
    addi a2, a2, -32
    j 3b
6:  li t2, 8
7:  bltu a2, t2, 4f
    ld t0, 0(a1)
    sd t0, 0(a0)
    addi a0, a0, 8
    addi a1, a1, 8
    addi a2, a2, -8
    j 7b
4:  beqz a2, 5f
    lbu t1, 0(a1)
    sb t1, 0(a0)
    addi a0, a0, 1
    addi a1, a1, 1
    addi a2, a2, -1
    j 4b
5:  li a0, 0
    ret
    .size copy, . - copy

/* Both: a0 the address, t0 the word. */
    .globl guest_load32
    .type guest_load32, %function
guest_load32:
    li t1, GUEST_TOP - 4
    bgtu a0, t1, copy_failed
    andi t1, a0, 3
    bnez t1, copy_failed
    lw t0, 0(a0)
    fence r, rw
    sw t0, 0(a1)
    li a0, 0
    ret
    .size guest_load32, . - guest_load32

    .globl guest_exchange32
    .type guest_exchange32, %function
guest_exchange32:
    li t1, GUEST_TOP - 4
    bgtu a0, t1, copy_failed
    andi t1, a0, 3
    bnez t1, copy_failed
    sext.w a1, a1
1:  lr.w.aqrl t0, (a0)
    bne t0, a1, 2f
    sc.w.rl t1, a2, (a0)
    bnez t1, 1b
2:  sw t0, 0(a3)
    li a0, 0
    ret
    .size guest_exchange32, . - guest_exchange32
copy_end:
copy_failed:
    li a0, GUEST_COPY_FAILED
    ret

/* The range of the guest: below the last GiB, and not around the end of the address space. */
    .globl guest_copy_in
    .type guest_copy_in, %function
guest_copy_in:
    mv t0, a1
    j 1f
    .size guest_copy_in, . - guest_copy_in

    .globl guest_copy_out
    .type guest_copy_out, %function
guest_copy_out:
    mv t0, a0
1:  li t1, GUEST_TOP
    bgtu t0, t1, copy_failed
    sub t1, t1, t0
    bgtu a2, t1, copy_failed
    j copy
    .size guest_copy_out, . - guest_copy_out

    .section .places, "a", @progbits
    .balign 4
    .globl libsys_places_start
    .hidden libsys_places_start
libsys_places_start:
    PLACE(run_return)
    PLACE(copy_start)
    PLACE(copy_end)
    PLACE(copy_failed)

    .section .note.GNU-stack, "", @progbits
