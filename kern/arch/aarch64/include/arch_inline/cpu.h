/*
 * struct arch_cpu and what is inline of arch/cpu.h. TPIDR_EL1 holds the struct cpu, 0 until
 * cpu_set_self().
 */
#ifndef ARCH_INLINE_CPU_H
#define ARCH_INLINE_CPU_H

#include <stdint.h>

struct frame;
struct cpu;

/* Offsets of the first four are in offsets.h. Portable code sets frame, stack_top and hardware_id
 * (the latter two before cpu_set_self() or cpu_start()); the rest belongs to the architecture. */
struct arch_cpu {
    struct frame *frame;      /* of the thread that runs */
    uint64_t stack_top;       /* 16-byte aligned */
    uint64_t start_root;      /* what TTBR1_EL1 starts with, for a secondary CPU */
    uint64_t panic_stack_top; /* for traps in the kernel, whose own stack may be at its end */
    uint64_t hardware_id;     /* MPIDR affinity: Aff3 in bits 39-32, Aff2 to Aff0 in 23-0 */
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

static inline uint64_t cpu_frame_pointer(void)
{
    return (uint64_t)__builtin_frame_address(0);
}

#endif
