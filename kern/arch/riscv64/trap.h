/*
 * Between the assembly and the C files of this architecture.
 */
#ifndef RISCV64_TRAP_H
#define RISCV64_TRAP_H

#include <stdbool.h>
#include <stdint.h>

#include <arch/layout.h>

#include "offsets.h"

struct devicetree;
struct fp_state;
struct frame;

/* entry.S */
extern char entry_vector[];
/* Whether reading stimecmp does not trap, that is, whether the firmware has enabled Sstc. */
uint64_t entry_probe_stimecmp(void);

/* start.S */
extern char start_secondary[]; /* a1: the hart's struct cpu */

/* trap.c, called by entry.S */
void trap_from_user(struct frame *frame, uint64_t cause, uint64_t value);
_Noreturn void trap_from_kernel(uint64_t pc, uint64_t cause, uint64_t value,
                                uint64_t frame_pointer);

/* irqchip.c: calls kernel_device_interrupt() for what is pending at this hart. */
void irqchip_poll(void);

/* fp.c */
void fp_init(const struct devicetree *tree);
/* Whether an illegal instruction, of which stval told these bits (0: none), may be one of floating
 * point that found the unit off; it traps again if it is none. */
bool fp_wanted(uint64_t instruction);
/* fp.S */
void fp_registers_save(struct fp_state *state);
void fp_registers_load(const struct fp_state *state);

#endif
