/*
 * Checks the offsets that assembly uses against the structures.
 */
#include <stddef.h>

#include <arch/fp.h>
#include <arch/frame.h>
#include <kern/cpu.h>
#include <sinter/abi.h>

#include "offsets.h"
#include "trap.h"

_Static_assert(offsetof(struct frame, x) == FRAME_X(0), "frame: x");
_Static_assert(offsetof(struct frame, cpu) == FRAME_CPU_OFFSET, "frame: cpu");
_Static_assert(offsetof(struct registers_riscv64, x) == FRAME_X(0), "registers: x");

_Static_assert(offsetof(struct cpu, arch) == 0, "cpu: arch");
_Static_assert(offsetof(struct arch_cpu, frame) == CPU_FRAME, "cpu: frame");
_Static_assert(offsetof(struct arch_cpu, stack_top) == CPU_STACK_TOP, "cpu: stack_top");
_Static_assert(offsetof(struct arch_cpu, emergency_top) == CPU_EMERGENCY_TOP, "cpu: emergency_top");
_Static_assert(offsetof(struct arch_cpu, start_satp) == CPU_START_SATP, "cpu: start_satp");
_Static_assert(offsetof(struct arch_cpu, start_self) == CPU_START_SELF, "cpu: start_self");

_Static_assert(offsetof(struct trap_registers, x) == TRAP_X(0), "trap: x");
_Static_assert(offsetof(struct trap_registers, cause) == TRAP_CAUSE, "trap: cause");
_Static_assert(offsetof(struct trap_registers, value) == TRAP_VALUE, "trap: value");
_Static_assert(sizeof(struct trap_registers) == TRAP_SIZE && TRAP_SIZE % 16 == 0, "trap: size");

_Static_assert(offsetof(struct fp_state, f) == FP_F(0), "fp: f");
_Static_assert(offsetof(struct fp_state, fcsr) == FP_FCSR, "fp: fcsr");
