/*
 * The TLB of this CPU alone; start.S calls it too.
 */
#ifndef AARCH64_TLB_H
#define AARCH64_TLB_H

void tlb_flush_local(void);

#endif
