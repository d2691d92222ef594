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

/* Registers at a trap taken in the kernel; x[0] is pc. */
struct trap_registers {
    uint64_t x[32];
    uint64_t cause, value; /* scause, stval */
};

/* entry.S */
extern char entry_vector[];
/* Whether reading stimecmp does not trap, that is, whether the firmware has enabled Sstc. */
uint64_t entry_probe_stimecmp(void);

/* start.S */
extern char start_secondary[]; /* a1: physical address of the hart's struct cpu */
extern uint64_t kernel_physical_base;
extern char __boot_stack_bottom[], __boot_stack_top[];

/* trap.c, called by entry.S; trap_from_kernel() returns if the instruction is to be tried again. */
void trap_from_user(struct frame *frame, uint64_t cause, uint64_t value);
void trap_from_kernel(struct trap_registers *registers);
extern uint8_t emergency_stacks[CPU_MAX][EMERGENCY_STACK_SIZE];

/* irqchip.c: calls kernel_device_interrupt() for what is pending at this hart. */
void irqchip_poll(void);

/* fp.c */
void fp_init(const struct devicetree *tree);
/* Whether an illegal instruction may be a floating-point instruction that found the unit off.
 * value: stval, the instruction's bits or 0. */
bool fp_wanted(uint64_t value);
/* fp.S */
void fp_registers_save(struct fp_state *state);
void fp_registers_load(const struct fp_state *state);

#endif
