/*
 * Offsets and constants that assembly shares with C; cpu.c, fp.c and frame.c assert that they
 * agree with the structures. Only #define: .S files include this.
 */
#ifndef ARCH_INLINE_OFFSETS_H
#define ARCH_INLINE_OFFSETS_H

/* struct frame */
#define FRAME_X(n)          ((n) * 8)
#define FRAME_SP            248
#define FRAME_PC            256
#define FRAME_PSTATE        264
#define FRAME_TPIDR         272
#define FRAME_IS_CALL       280
#define FRAME_SYNDROME      288
#define FRAME_FAULT_ADDRESS 296
#define FRAME_GUEST         304
#define FRAME_SIZE          320

/* struct guest_arch, which begins with a struct frame; its page begins with registers_aarch64 */
#define GUEST_HOST       320
#define GUEST_STATE      328
#define GUEST_ROOT       336
#define GUEST_HOST_ROOT  344
#define GUEST_RUN_RETURN 352
#define GUEST_FP         360
#define GUEST_ATTENTION  368

#define STATE_FLAGS 528 /* struct guest_state */

#define PSTATE_FLAGS 0xf0000000 /* N, Z, C, V */
#define MDSCR_SS     1          /* MDSCR_EL1: while PSTATE_SS is 0, the next instruction traps */
#define PSTATE_SS    (1 << 21)  /* cleared by the execution of an instruction */

/* CPACR_EL1.FPEN */
#define CPACR_FPEN_KERNEL (1 << 20)
#define CPACR_FPEN_ALL    (3 << 20)

/* struct arch_cpu, at the beginning of struct cpu */
#define CPU_FRAME           0
#define CPU_STACK_TOP       8
#define CPU_PANIC_STACK_TOP 16

/* struct fp_state */
#define FP_STATE_FPCR 512
#define FP_STATE_FPSR 520

/* Addresses: arch/layout.h */
#define ASM_PAGE_SIZE 4096

/* Translation regime: 39-bit addresses and 4 KiB granule in both halves. MAIR_EL1 attribute 0 is
 * normal write-back memory, 1 device-nGnRE, 2 normal non-cacheable. */
#define MAIR_VALUE              0x4404ff
#define ATTRIBUTE_NORMAL        0
#define ATTRIBUTE_DEVICE        1
#define ATTRIBUTE_NON_CACHEABLE 2

#endif
