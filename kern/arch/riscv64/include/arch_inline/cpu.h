/*
 * riscv64: tp holds the struct cpu pointer while the kernel runs. In user mode sscratch holds the
 * frame, and in the kernel 0: so the vector tells the two apart.
 */
#ifndef ARCH_INLINE_CPU_H
#define ARCH_INLINE_CPU_H

#include <stdbool.h>
#include <stdint.h>

struct cpu;
struct frame;

/* Entry code knows the offsets: offsets.h. */
struct arch_cpu {
    struct frame *frame;      /* of the thread that runs */
    uint64_t stack_top;       /* of the kernel stack, 16-byte aligned */
    uint64_t panic_stack_top; /* for traps in the kernel, whose own stack may be at its end */
    uint64_t hardware_id;     /* hart id */
    unsigned plic_context;    /* PLIC_NO_CONTEXT if the hart has none */
    _Atomic bool tlb_is_old;  /* set by others while it has no thread */
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

/* RISC-V ELF psABI: s0 points above the two. */
#define FRAME_RECORD (-UINT64_C(16))

#endif
