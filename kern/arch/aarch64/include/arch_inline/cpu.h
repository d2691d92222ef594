/*
 * struct arch_cpu and what is inline of arch/cpu.h. TPIDR_EL1 holds the struct cpu.
 */
#ifndef ARCH_INLINE_CPU_H
#define ARCH_INLINE_CPU_H

#include <stdint.h>

struct frame;
struct cpu;

/* Offsets of the first three are in offsets.h. Portable code sets frame, the stacks and hardware_id
 * (all but the first before cpu_start()); the rest belongs to the architecture. */
struct arch_cpu {
    struct frame *frame;       /* of the thread that runs */
    uint64_t stack_top;        /* 16-byte aligned */
    uint64_t panic_stack_top;  /* for traps in the kernel, whose own stack may be at its end */
    uint64_t hardware_id;      /* MPIDR affinity: Aff3 in bits 39-32, Aff2 to Aff0 in 23-0 */
    uint64_t interrupt_target; /* GICv2: this CPU's bit in target registers; GICv3: affinity */
};

static inline struct cpu *cpu_self(void)
{
    struct cpu *cpu;
    __asm__("mrs %0, tpidr_el1" : "=r"(cpu));
    return cpu;
}

static inline void cpu_relax(void)
{
    __asm__ volatile("yield" : : : "memory");
}

static inline void cpu_wait(void)
{
    __asm__ volatile("dsb sy\n\twfi" : : : "memory");
}

/* AAPCS64 6.4.6: x29 points to the two. */
#define FRAME_RECORD UINT64_C(0)

#endif
