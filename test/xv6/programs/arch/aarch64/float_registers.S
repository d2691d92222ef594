/* void float_load(const uint64_t *), void float_store(uint64_t *): d0 to d31 and fpsr. */

#define LOW  0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
#define HIGH 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31

    .arch armv8-a+fp

.section .text.float_load, "ax", %progbits
.globl float_load
.type float_load, %function
float_load:
    .set slot, 0
    .irp number, LOW, HIGH
    ldr d\number, [x0, slot]
    .set slot, slot + 8
    .endr
    ldr x1, [x0, slot]
    msr fpsr, x1
    ret

.section .text.float_store, "ax", %progbits
.globl float_store
.type float_store, %function
float_store:
    .set slot, 0
    .irp number, LOW, HIGH
    str d\number, [x0, slot]
    .set slot, slot + 8
    .endr
    mrs x1, fpsr
    str x1, [x0, slot]
    ret
