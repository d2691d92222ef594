/*
 * riscv64: tp holds the struct cpu pointer while the kernel runs. In user mode sscratch holds the
 * frame, and in the kernel 0: so the vector tells the two apart.
 */
#ifndef ARCH_INLINE_CPU_H
#define ARCH_INLINE_CPU_H

#include <stdint.h>

struct cpu;
struct frame;

/* Entry code knows the offsets: offsets.h. */
struct arch_cpu {
    struct frame *frame;    /* of the thread that runs */
    uint64_t stack_top;     /* of the kernel stack, 16-byte aligned */
    uint64_t emergency_top; /* of the stack for traps taken in the kernel */
    uint64_t start_satp;    /* cpu_start(): what the starting hart puts into satp, */
    struct cpu *start_self; /* and into tp */
    uint64_t hardware_id;   /* hart id */
    uint64_t spurious_pc, spurious_address; /* last stale translation that trap.c forgave */
    unsigned trap_depth;    /* traps taken in the kernel and not returned from */
    unsigned plic_context;  /* PLIC_NO_CONTEXT if the hart has none */
};

#define PLIC_NO_CONTEXT UINT32_MAX

register struct cpu *cpu_pointer __asm__("tp");

static inline struct cpu *cpu_self(void)
{
    return cpu_pointer;
}

/* PAUSE of Zihintpause; a FENCE without effect on harts that do not have it. */
static inline void cpu_relax(void)
{
    __asm__ volatile(".4byte 0x0100000f" ::: "memory");
}

/* WFI resumes for what sie enables, even while sstatus.SIE is off. */
static inline void cpu_wait(void)
{
    __asm__ volatile("wfi" ::: "memory");
}

static inline uint64_t cpu_frame_pointer(void)
{
    return (uint64_t)__builtin_frame_address(0);
}

#endif
