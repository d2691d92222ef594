/*
 * struct fp_state: the Advanced SIMD and floating-point registers. fp.S knows its offsets.
 */
#ifndef ARCH_INLINE_FP_H
#define ARCH_INLINE_FP_H

#include <stdint.h>

#define FP_REGISTERS 32

#define FP_STATE_BYTES sizeof(struct fp_state)

struct fp_state {
    struct {
        uint64_t low, high;
    } q[FP_REGISTERS];
    uint64_t fpcr;
    uint64_t fpsr;
} __attribute__((aligned(16)));

#endif
