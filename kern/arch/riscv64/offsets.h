/*
 * Offsets into structures, for assembly. offsets.c checks each against the C definition.
 */
#ifndef RISCV64_OFFSETS_H
#define RISCV64_OFFSETS_H

#define FRAME_X(n)       ((n) * 8)
#define FRAME_CPU_OFFSET 272 /* struct frame: cpu */
#define FRAME_GUEST      280

/* struct guest_arch, which begins with a struct frame, and the page of a guest */
#define GUEST_HOST       288
#define GUEST_STATE      296
#define GUEST_ROOT       304
#define GUEST_HOST_ROOT  312
#define GUEST_RUN_RETURN 320
#define GUEST_FP         328
#define GUEST_ATTENTION  336

/* struct arch_cpu, which begins struct cpu */
#define CPU_FRAME           0
#define CPU_STACK_TOP       8
#define CPU_PANIC_STACK_TOP 16

/* struct fp_state */
#define FP_F(n) ((n) * 8)
#define FP_FCSR 256

#define BOOT_STACK_SIZE 16384

#endif
