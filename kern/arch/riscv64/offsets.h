/*
 * Offsets into structures, for assembly. offsets.c checks each against the C definition.
 */
#ifndef RISCV64_OFFSETS_H
#define RISCV64_OFFSETS_H

#define FRAME_X(n)       ((n) * 8)
#define FRAME_CPU_OFFSET 272 /* struct frame: cpu */

/* struct arch_cpu, which begins struct cpu */
#define CPU_FRAME           0
#define CPU_STACK_TOP       8
#define CPU_PANIC_STACK_TOP 16

/* struct fp_state */
#define FP_F(n) ((n) * 8)
#define FP_FCSR 256

#define BOOT_STACK_SIZE 16384

#endif
