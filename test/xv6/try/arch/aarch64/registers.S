/* Whether a system call keeps the registers: all but sp and that of the result get a value, and
 * the sum of them is the same afterwards. Also calls that there are none of. */

#include "stub.inc"

#define SAVED x18, x19, x20, x21, x22, x23, x24, x25, x26, x27, x28, x29, x30
#define OTHERS x1, x2, x3, x4, x5, x6, x7, x8, x9, x10, x11, x12, x13, x14, x15, x16, x17
#define SAVED_BYTES (14 * 8)
#define GETPID 11

.section .text.changed_registers, "ax", %progbits
.globl changed_registers
.type changed_registers, %function
changed_registers:
    sub sp, sp, SAVED_BYTES
    .set slot, 8
    .irp register, SAVED
    str \register, [sp, slot]
    .set slot, slot + 8
    .endr

    .set value, 0x4321
    .irp register, SAVED, OTHERS
    mov \register, value
    movk \register, 0x1357, lsl 16
    movk \register, 0x2468, lsl 32
    movk \register, 0x0ace, lsl 48
    .set value, value + 0x123
    .endr
    mov x8, GETPID

    mov x0, 0
    .irp register, SAVED, OTHERS
    add x0, x0, \register
    .endr
    str x0, [sp]
    svc 0
    mov x0, 0
    .irp register, SAVED, OTHERS
    add x0, x0, \register
    .endr
    ldr x1, [sp]
    sub x0, x0, x1

    .set slot, 8
    .irp register, SAVED
    ldr \register, [sp, slot]
    .set slot, slot + 8
    .endr
    add sp, sp, SAVED_BYTES
    ret

STUB(0, call_none)
STUB(1000, call_unknown)
STUB(-1, call_negative)

.section .note.GNU-stack, "", %progbits
