/*
 * Saving and loading the floating-point registers; CPACR_EL1 lets EL1 use them at any time.
 * -mgeneral-regs-only keeps the compilers away from them.
 */
#include <arch_inline/offsets.h>

    .arch armv8-a+fp+simd

    .macro all_pairs instruction
    \instruction q0, q1, [x0, #FP_STATE_Q(0)]
    \instruction q2, q3, [x0, #FP_STATE_Q(2)]
    \instruction q4, q5, [x0, #FP_STATE_Q(4)]
    \instruction q6, q7, [x0, #FP_STATE_Q(6)]
    \instruction q8, q9, [x0, #FP_STATE_Q(8)]
    \instruction q10, q11, [x0, #FP_STATE_Q(10)]
    \instruction q12, q13, [x0, #FP_STATE_Q(12)]
    \instruction q14, q15, [x0, #FP_STATE_Q(14)]
    \instruction q16, q17, [x0, #FP_STATE_Q(16)]
    \instruction q18, q19, [x0, #FP_STATE_Q(18)]
    \instruction q20, q21, [x0, #FP_STATE_Q(20)]
    \instruction q22, q23, [x0, #FP_STATE_Q(22)]
    \instruction q24, q25, [x0, #FP_STATE_Q(24)]
    \instruction q26, q27, [x0, #FP_STATE_Q(26)]
    \instruction q28, q29, [x0, #FP_STATE_Q(28)]
    \instruction q30, q31, [x0, #FP_STATE_Q(30)]
    .endm

    .text
/* void fp_save(struct fp_state *state) */
    .global fp_save
    .type   fp_save, %function
fp_save:
    all_pairs stp
    mrs     x1, fpcr
    mrs     x2, fpsr
    str     x1, [x0, #FP_STATE_FPCR]
    str     x2, [x0, #FP_STATE_FPSR]
    ret

/* void fp_load(const struct fp_state *state) */
    .global fp_load
    .type   fp_load, %function
fp_load:
    all_pairs ldp
    ldr     x1, [x0, #FP_STATE_FPCR]
    ldr     x2, [x0, #FP_STATE_FPSR]
    msr     fpcr, x1
    msr     fpsr, x2
    ret

    .section .note.GNU-stack, "", %progbits
