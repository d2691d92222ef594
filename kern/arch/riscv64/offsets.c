/*
 * Checks the offsets that assembly uses against the structures.
 */
#include <stddef.h>

#include <arch/fp.h>
#include <arch/cpu.h>
#include <arch/guest.h>
#include <kern/cpu.h>
#include <sinter/abi.h>

#include "offsets.h"
#include "trap.h"

_Static_assert(offsetof(struct frame, x) == FRAME_X(0), "frame: x");
_Static_assert(offsetof(struct frame, cpu) == FRAME_CPU_OFFSET, "frame: cpu");
_Static_assert(offsetof(struct frame, guest) == FRAME_GUEST, "frame: guest");
_Static_assert(offsetof(struct guest_arch, frame) == 0, "guest: frame");
_Static_assert(offsetof(struct guest_arch, host) == GUEST_HOST, "guest: host");
_Static_assert(offsetof(struct guest_arch, state) == GUEST_STATE, "guest: state");
_Static_assert(offsetof(struct guest_arch, guest_root) == GUEST_ROOT, "guest: guest_root");
_Static_assert(offsetof(struct guest_arch, host_root) == GUEST_HOST_ROOT, "guest: host_root");
_Static_assert(offsetof(struct guest_arch, run_return) == GUEST_RUN_RETURN, "guest: run_return");
_Static_assert(offsetof(struct guest_arch, fp) == GUEST_FP, "guest: fp");
_Static_assert(offsetof(struct guest_arch, attention) == GUEST_ATTENTION, "guest: attention");
_Static_assert(offsetof(struct guest_state, registers) == 0, "guest_state: registers");
_Static_assert(offsetof(struct registers_riscv64, x) == FRAME_X(0), "registers: x");

_Static_assert(offsetof(struct cpu, arch) == 0, "cpu: arch");
_Static_assert(offsetof(struct arch_cpu, frame) == CPU_FRAME, "cpu: frame");
_Static_assert(offsetof(struct arch_cpu, stack_top) == CPU_STACK_TOP, "cpu: stack_top");
_Static_assert(offsetof(struct arch_cpu, panic_stack_top) == CPU_PANIC_STACK_TOP, "cpu: panic");

_Static_assert(offsetof(struct fp_state, f) == FP_F(0), "fp: f");
_Static_assert(offsetof(struct fp_state, fcsr) == FP_FCSR, "fp: fcsr");
