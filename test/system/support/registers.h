/*
 * Probes of the general registers (arch/ARCH/registers.S), and of the floating-point ones.
 */
#ifndef REGISTERS_H
#define REGISTERS_H

#include <stdint.h>

/* Register n at [n]; aarch64: sp at [31]; riscv64: [0] is not used. */
struct register_probe {
    uint64_t in[32];
    uint64_t out[32];
    volatile uint64_t target;
    uint64_t stack;
};

_Static_assert(sizeof(struct register_probe) == 528, "registers.S");

/* Where a thread may start, with a probe as its argument: stores its registers in `out`, then
 * calls probe_started(). */
void probe_start(struct register_probe *probe);
_Noreturn void probe_started(struct register_probe *probe);
/* Loads `in` and jumps to `target`, the instruction of a system call in a stub of libsys; stores
 * `out` when that stub returns. */
void probe_call(struct register_probe *probe);
/* Loads `in`, waits with no call and no further register until `target` is not 0, stores `out`. */
void probe_spin(struct register_probe *probe);
/* What guest_run() may call: stores `out` of its context, answers false. */
void probe_handler(struct register_probe *probe);

#endif
