/*
 * Saving and loading the floating-point registers; CPACR_EL1 lets EL1 use them at any time.
 * -mgeneral-regs-only keeps the compilers away from them.
 */
#include <arch_inline/offsets.h>

#include "pairs.h"

    .arch armv8-a+fp+simd

    .text
/* void fp_save(struct fp_state *state) */
    .global fp_save
    .type   fp_save, %function
fp_save:
    pairs   stp, q, 16, x0, 0, 31
    mrs     x1, fpcr
    mrs     x2, fpsr
    str     x1, [x0, #FP_STATE_FPCR]
    str     x2, [x0, #FP_STATE_FPSR]
    ret

/* void fp_load(const struct fp_state *state) */
    .global fp_load
    .type   fp_load, %function
fp_load:
    pairs   ldp, q, 16, x0, 0, 31
    ldr     x1, [x0, #FP_STATE_FPCR]
    ldr     x2, [x0, #FP_STATE_FPSR]
    msr     fpcr, x1
    msr     fpsr, x2
    ret

    .section .note.GNU-stack, "", %progbits
