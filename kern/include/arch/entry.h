/*
 * Between entry code and the portable kernel. This is the one header of functions that lie above
 * those that include it: what an architecture, and the console, calls.
 *
 * One stack per CPU, empty whenever user code runs; interrupts are off in the kernel, so a trap
 * taken in the kernel is a bug and ends in kernel_panic_trap(). Entry saves the user registers in
 * *cpu_self()->arch.frame, calls one of the functions below on the CPU's stack, and on its return
 * leaves to the thread whose frame cpu_self()->arch.frame then names (it may be another one).
 */
#ifndef ARCH_ENTRY_H
#define ARCH_ENTRY_H

#include <arch/frame.h>
#include <arch/layout.h>

/* Implemented by the portable kernel, called by entry code. */
void kernel_syscall(struct frame *frame);
/* kind: a FAULT_ constant of sinter/abi.h; address: what was accessed or executed. */
void kernel_fault(struct frame *frame, uint32_t kind, uint64_t address);
/* First FP instruction of the running thread. False: no memory; the thread has been dealt with. */
void kernel_fp_used(struct frame *frame);
/* Instead of leaving to a guest that has been kicked. */
void kernel_guest_kicked(struct frame *frame);
/* Interrupts: the entry code calls interrupts_poll() (below), then kernel_interrupted(). */
void kernel_timer(void);
void kernel_ipi(void);
void kernel_device_interrupt(unsigned line);
void kernel_interrupted(void);
/* A trap in the kernel, on the CPU's panic stack, as the one in use may be at its end. address:
 * what was accessed, if anything was. */
_Noreturn void kernel_panic_trap(const char *what, uint64_t pc, uint64_t address, uint64_t cause,
                                 uint64_t frame_pointer);

/* Before the MMU is on, with bss zeroed: maps the image and, in the direct map, the image and two
 * megabytes or more from the device tree. False: they lie beyond it. */
bool kernel_map_boot(uint64_t image, uint64_t devicetree);
/* Maps device registers, page by page, into the kernel, for ever; kernel_main calls console_init,
 * irqchip_init and clock_init after this works. Null: no room. */
void *kmap_device(uint64_t physical, uint64_t size);

extern char panic_stacks[CPU_MAX][PANIC_STACK_SIZE];

/* The boot CPU, cpus[0], with the MMU on, the image at its link address, the boot stack in use, and
 * the device tree readable through the direct map. cpu_hardware_id: hart id or MPIDR affinity. */
_Noreturn void kernel_main(uint64_t devicetree_physical, uint64_t cpu_hardware_id);
/* Another CPU, on its own kernel stack with the kernel's page tables; cpu_self() works. */
_Noreturn void kernel_main_secondary(void);

/* Implemented by the architecture. */

/* Handles every interrupt that is pending on this CPU by calling kernel_timer, kernel_ipi and
 * kernel_device_interrupt (with the line masked by irqchip before). Interrupts stay off. */
void interrupts_poll(void);
/* Leaves to user mode with cpu_self()->arch.frame; resets the CPU's stack. */
_Noreturn void entry_leave(void);
/* Vectors, trap delegation, user access to the counter, FP off: once on each CPU. */
void entry_init_cpu(void);
#endif
