/* riscv64 floating-point state: the D extension. Offsets are known to fp.S. */
#ifndef ARCH_INLINE_FP_H
#define ARCH_INLINE_FP_H

#include <stdint.h>

#define FP_STATE_BYTES (33 * sizeof(uint64_t))

struct fp_state {
    uint64_t f[32];
    uint64_t fcsr;
} __attribute__((aligned(16)));

#endif
