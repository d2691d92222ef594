/*
 * The interrupt line of the per-CPU timer, for the interrupt controller.
 */
#ifndef AARCH64_CLOCK_H
#define AARCH64_CLOCK_H

struct devicetree;

#define CLOCK_NO_LINE 0

/* Interrupt id of the virtual timer, from the tree; CLOCK_NO_LINE if it is not there. */
unsigned clock_find_line(const struct devicetree *tree);
/* Takes the interrupt back: the timer is quiet until the next deadline is set. */
void clock_quiet(void);

#endif
