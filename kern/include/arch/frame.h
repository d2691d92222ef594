/*
 * User registers, saved at kernel entry and loaded at exit; one frame in every thread.
 *
 * A frame entered by a system call holds only what a function call keeps, the arguments and the
 * results; leaving loads the results and zeroes every other caller-saved register. A frame
 * entered by a trap is complete and is loaded completely. The frame knows which of the two it is.
 *
 * struct frame is opaque to portable code. "Register i": 0 to 7 are the argument registers, 8 and
 * 9 the two further ones of the system-call convention (riscv64 a0-a7, t0, t1; aarch64 x0-x7, x8,
 * x9). The call number arrives in register 8.
 */
#ifndef ARCH_FRAME_H
#define ARCH_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FRAME_RESULTS 9

/*
 * arch_inline/frame.h defines struct frame and, inline:
 *   uint64_t frame_argument(const struct frame *, unsigned i);           i in 0..9
 *   uint64_t frame_call_number(const struct frame *);
 *   void frame_set_result(struct frame *, unsigned i, uint64_t value);   i in 0..8
 *   uint64_t frame_pc(const struct frame *);      address after the trap instruction in a call
 *   uint64_t frame_sp(const struct frame *);
 *   bool frame_is_call(const struct frame *);
 */
#include <arch_inline/frame.h>

/* Start values of a new thread: interrupts on, user mode, all other registers zero. */
void frame_start(struct frame *frame, uint64_t pc, uint64_t sp, uint64_t argument, uint64_t tls);

/* Writes struct registers_ARCH (sinter/abi.h); answers its size. Registers that a call did not
 * save read as zero. */
size_t frame_export(const struct frame *frame, void *registers);

#endif
