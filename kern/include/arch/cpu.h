/*
 * The running CPU, and the others.
 *
 * struct cpu (kern/cpu.h) begins with struct arch_cpu, which arch_inline/cpu.h defines; it has at
 * least `struct frame *frame` (of the thread that runs, see entry.h), `uint64_t stack_top` and
 * `uint64_t panic_stack_top`, which entry code reads, and `uint64_t hardware_id`.
 */
#ifndef ARCH_CPU_H
#define ARCH_CPU_H

#include <stdbool.h>
#include <stdint.h>

struct cpu;
struct devicetree;

/*
 * arch_inline/cpu.h defines, inline:
 *   struct arch_cpu
 *   struct cpu *cpu_self(void);
 *   void cpu_relax(void);                 in a spin loop
 *   void cpu_wait(void);                  until an interrupt is pending; interrupts are off
 *   FRAME_RECORD                          from a frame pointer to the frame pointer that was saved
 *                                         and the return address, in bytes
 */
#include <arch_inline/cpu.h>

/* Reads the firmware interface (SBI version and extensions, PSCI conduit) from the tree. */
void cpus_init(const struct devicetree *tree);
/* Whether the CPU of an enabled node (a dt_node) can run the kernel. */
bool cpu_usable(const struct devicetree *tree, uint32_t node);
/* Starts a CPU at its cpu->arch.stack_top; it arrives in kernel_main_secondary(). False: the
 * firmware refused. */
bool cpu_start(struct cpu *cpu);
/* Makes kernel_ipi() run on another CPU soon; pairs with acquire/release of what was written. */
void cpu_interrupt(struct cpu *cpu);
/* Masks everything and stops, for a panic. */
_Noreturn void cpu_halt(void);

#endif
