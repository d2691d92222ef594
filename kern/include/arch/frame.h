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
 *   void frame_set_pc(struct frame *, uint64_t pc);   of user code
 *   uint64_t frame_sp(const struct frame *);
 *   bool frame_is_call(const struct frame *);
 */
#include <arch_inline/frame.h>

/* Registers 1 to 7, each read before any is written: compilers then move pairs. */
static inline void frame_copy_message(const struct frame *from, struct frame *to)
{
    uint64_t r1 = frame_argument(from, 1);
    uint64_t r2 = frame_argument(from, 2);
    uint64_t r3 = frame_argument(from, 3);
    uint64_t r4 = frame_argument(from, 4);
    uint64_t r5 = frame_argument(from, 5);
    uint64_t r6 = frame_argument(from, 6);
    uint64_t r7 = frame_argument(from, 7);

    frame_set_result(to, 1, r1);
    frame_set_result(to, 2, r2);
    frame_set_result(to, 3, r3);
    frame_set_result(to, 4, r4);
    frame_set_result(to, 5, r5);
    frame_set_result(to, 6, r6);
    frame_set_result(to, 7, r7);
}

/* Start values of a new thread: interrupts on, user mode, all other registers zero. */
void frame_start(struct frame *frame, uint64_t pc, uint64_t sp, uint64_t argument, uint64_t tls);

/* Writes struct registers_ARCH (sinter/abi.h); answers its size. Registers that a call did not
 * save read as zero. */
size_t frame_export(const struct frame *frame, void *registers);
/* The other way; the frame is then complete, whether or not it was of a call. False, and nothing
 * done: pc is no address of user code. */
bool frame_import(struct frame *frame, const void *registers);

#endif
