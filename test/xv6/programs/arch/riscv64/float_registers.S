/* void float_load(const uint64_t *), void float_store(uint64_t *): f0 to f31 and fcsr. */

#define LOW  0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
#define HIGH 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31

.section .text.float_load, "ax", %progbits
.globl float_load
.type float_load, %function
float_load:
    .set slot, 0
    .irp number, LOW, HIGH
    fld f\number, slot(a0)
    .set slot, slot + 8
    .endr
    ld t0, slot(a0)
    fscsr t0
    ret

.section .text.float_store, "ax", %progbits
.globl float_store
.type float_store, %function
float_store:
    .set slot, 0
    .irp number, LOW, HIGH
    fsd f\number, slot(a0)
    .set slot, slot + 8
    .endr
    frcsr t0
    sd t0, slot(a0)
    ret
