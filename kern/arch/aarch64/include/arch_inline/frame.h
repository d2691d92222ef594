/*
 * struct frame: the user registers of one thread. Its offsets are in offsets.h; entry.S fills and
 * loads it. In a call frame x[10] to x[17], syndrome and fault_address hold old values that mean
 * nothing.
 */
#ifndef ARCH_INLINE_FRAME_H
#define ARCH_INLINE_FRAME_H

#include <stdbool.h>
#include <stdint.h>

#define FRAME_CALL_NUMBER 8 /* the register in which a system call's number arrives */

struct guest_arch;

struct frame {
    uint64_t x[31];
    uint64_t sp;
    uint64_t pc;
    uint64_t pstate;
    uint64_t tpidr;         /* TPIDR_EL0 */
    uint64_t is_call;       /* 1: entered by SVC #0; 0: complete */
    uint64_t syndrome;      /* ESR_EL1 of the last trap, 0 for an interrupt */
    uint64_t fault_address; /* FAR_EL1 of the last trap, 0 for an interrupt */
    struct guest_arch
        *guest; /* that the thread has, or whose frame this is (arch/guest.h), or null */
} __attribute__((aligned(16)));

static inline uint64_t frame_argument(const struct frame *frame, unsigned i)
{
    return frame->x[i];
}

static inline uint64_t frame_call_number(const struct frame *frame)
{
    return frame->x[FRAME_CALL_NUMBER];
}

static inline void frame_set_result(struct frame *frame, unsigned i, uint64_t value)
{
    frame->x[i] = value;
}

static inline uint64_t frame_pc(const struct frame *frame)
{
    return frame->pc;
}

static inline void frame_set_pc(struct frame *frame, uint64_t pc)
{
    frame->pc = pc;
}

static inline uint64_t frame_sp(const struct frame *frame)
{
    return frame->sp;
}

static inline bool frame_is_call(const struct frame *frame)
{
    return frame->is_call != 0;
}

#endif
