/*
 * struct guest_arch; offsets.h and entry.S know it.
 */
#ifndef ARCH_INLINE_GUEST_H
#define ARCH_INLINE_GUEST_H

#include <arch_inline/offsets.h>
#include <string.h>

struct guest_arch {
    struct frame frame;
    struct frame *host;
    struct guest_state *state;
    uint64_t guest_root, host_root;
    uint64_t run_return;
    uint64_t fp; /* CPACR_EL1 while the guest runs */
    atomic_uint attention;
};

static inline void guest_load(struct guest_arch *guest)
{
    const struct registers_aarch64 *from = (const void *)guest->state->registers;

    memcpy(guest->frame.x, from->x, sizeof(guest->frame.x));
    guest->frame.sp = from->x[31];
    guest->frame.pc = from->pc;
    guest->frame.pstate = from->pstate & PSTATE_FLAGS;
    guest->frame.pstate |= (guest->state->flags & GUEST_FLAG_STEP) * PSTATE_SS;
    guest->frame.tpidr = from->tpidr;
    guest->frame.is_call = 0;
}

static inline void guest_return(struct guest_arch *guest, uint64_t exit)
{
    guest->host->pc = guest->run_return;
    guest->host->pstate = 0;
    guest->host->is_call = 1;
    frame_set_result(guest->host, 0, STATUS_OK);
    frame_set_result(guest->host, 1, exit);
}

static inline void guest_fp_entered(struct guest_arch *guest)
{
    guest->fp = CPACR_FPEN_ALL;
}

static inline void guest_fp_hide(struct guest_arch *guest, bool loaded)
{
    guest->fp = loaded ? CPACR_FPEN_ALL : CPACR_FPEN_KERNEL;
    __asm__ volatile("msr cpacr_el1, %0" : : "r"((uint64_t)CPACR_FPEN_KERNEL));
}

static inline void guest_fp_show(struct guest_arch *guest)
{
    __asm__ volatile("msr cpacr_el1, %0" : : "r"(guest->fp));
}

static inline void guest_fp_forget(struct guest_arch *guest)
{
    guest->fp = CPACR_FPEN_KERNEL;
}

#endif
