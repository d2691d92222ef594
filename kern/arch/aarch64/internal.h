/*
 * Between the files of this architecture.
 */
#ifndef AARCH64_INTERNAL_H
#define AARCH64_INTERNAL_H

#include <arch/frame.h>

struct devicetree;
struct fp_state;

/* entry.c, called by entry.S: a synchronous exception of user code other than SVC #0, or an SError
 * interrupt, with everything in the frame. */
void entry_user_trap(struct frame *frame);

/* fp.S */
void fp_save(struct fp_state *state);
void fp_load(const struct fp_state *state);
/* fp.c: off for user code, usable by the kernel. */
void fp_init_cpu(void);

/* start.S: entry for PSCI CPU_ON. */
extern char start_secondary[];
/* pagetable.c, called by start.S */
void pagetable_enter_identity(uint64_t image);
void pagetable_leave_identity(void);

#define CLOCK_NO_LINE 0
/* clock.c: interrupt id of the virtual timer, from the tree; CLOCK_NO_LINE if it is not there. */
unsigned clock_find_line(const struct devicetree *tree);
/* Takes the interrupt back: the timer is quiet until the next deadline is set. */
void clock_quiet(void);

#endif
