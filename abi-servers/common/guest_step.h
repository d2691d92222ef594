/*
 * Single steps of guests, the same on every architecture.
 */
#ifndef GUEST_STEP_H
#define GUEST_STEP_H

#include "guest_image.h"

/*
 * Runs the image, whose guest the calling thread has attached and no other thread runs, for one
 * instruction, or for a sequence from a load that reserves to its conditional store. *exit as
 * guest_run() tells it: FAULT with FAULT_STEP when that was executed, and address is pc; CALL
 * behind a system call; FAULT otherwise or KICKED before it was. A kick that comes later ends the
 * next run. What the kernel answers, if a breakpoint cannot be put into its text or taken out: it
 * cannot go on.
 */
SINTER_MUST_CHECK status_t image_step(struct image *image, uint64_t *exit);

#endif
