/*
 * riscv64 user registers. x[n] is register xn, but x[0] is pc. In a frame entered by a call t2 to
 * t6 are not valid. Offsets: offsets.h.
 */
#ifndef ARCH_INLINE_FRAME_H
#define ARCH_INLINE_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FRAME_RA 1
#define FRAME_SP 2
#define FRAME_TP 4
#define FRAME_T0 5
#define FRAME_T1 6
#define FRAME_A0 10

struct cpu;
struct guest_arch;

struct frame {
    uint64_t x[32];
    uint64_t cause;         /* scause of the trap */
    uint64_t fault_address; /* as given to kernel_fault() */
    /* Where it runs, set on every leave to user mode; a trap clears it, a call does not. */
    struct cpu *cpu;
    struct guest_arch
        *guest; /* that the thread has, or whose frame this is (arch/guest.h), or null */
};

/* Where register i of the calling convention is kept. */
static inline unsigned frame_slot(unsigned i)
{
    return i < 8 ? FRAME_A0 + i : FRAME_T0 + (i - 8);
}

static inline uint64_t frame_argument(const struct frame *frame, unsigned i)
{
    return frame->x[frame_slot(i)];
}

static inline uint64_t frame_call_number(const struct frame *frame)
{
    return frame->x[FRAME_T0];
}

static inline void frame_set_result(struct frame *frame, unsigned i, uint64_t value)
{
    frame->x[frame_slot(i)] = value;
}

static inline uint64_t frame_pc(const struct frame *frame)
{
    return frame->x[0];
}

static inline void frame_set_pc(struct frame *frame, uint64_t pc)
{
    frame->x[0] = pc;
}

static inline uint64_t frame_sp(const struct frame *frame)
{
    return frame->x[FRAME_SP];
}

static inline bool frame_is_call(const struct frame *frame)
{
    return frame->cpu != NULL;
}

#endif
