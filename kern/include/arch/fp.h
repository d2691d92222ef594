/*
 * Floating-point and vector state. It is off until a thread uses it: the first instruction calls
 * kernel_fp_used(), which gives the thread a struct fp_state. From then on the state lives in the
 * registers while the thread runs and is saved when it stops running.
 *
 * arch_inline/fp.h defines struct fp_state (registers and control word, 16-byte aligned) and
 * FP_STATE_BYTES, how many of it mean something.
 */
#ifndef ARCH_FP_H
#define ARCH_FP_H

#include <arch/frame.h>
#include <arch_inline/fp.h>

/* Whether this machine has the unit. */
bool fp_present(void);
/* The thread of `frame` stops running: saves its registers to `state` and leaves the unit off. */
void fp_switch_out(struct frame *frame, struct fp_state *state);
/* It runs again: loads `state`; the unit is on for user code. */
void fp_switch_in(struct frame *frame, const struct fp_state *state);
/* A thread without state runs: the unit is off for user code. */
void fp_disable(struct frame *frame);

#endif
