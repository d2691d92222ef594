/*
 * struct guest_arch; offsets.h and entry.S know it. sstatus.FS is the guest's only while it runs:
 * entry code keeps it in `fp` meanwhile.
 */
#ifndef ARCH_INLINE_GUEST_H
#define ARCH_INLINE_GUEST_H

#include <string.h>

#define GUEST_FS UINT64_C(0x6000) /* sstatus.FS */

struct guest_arch {
    struct frame frame;
    struct frame *host;
    struct guest_state *state;
    uint64_t guest_root, host_root;
    uint64_t run_return;
    uint64_t fp; /* sstatus.FS */
    atomic_uint attention;
};

static inline void guest_load(struct guest_arch *guest)
{
    memcpy(guest->frame.x, guest->state->registers, sizeof(guest->frame.x));
    guest->frame.cpu = NULL; /* complete */
}

static inline void guest_return(struct guest_arch *guest, uint64_t exit)
{
    guest->host->x[0] = guest->run_return;
    guest->host->cpu = cpu_self(); /* of a call */
    frame_set_result(guest->host, 0, STATUS_OK);
    frame_set_result(guest->host, 1, exit);
}

static inline void guest_fp_entered(struct guest_arch *guest)
{
    (void)guest;
}

static inline void guest_fp_hide(struct guest_arch *guest, bool loaded)
{
    uint64_t status;

    (void)loaded;
    __asm__ volatile("csrrc %0, sstatus, %1" : "=r"(status) : "r"(GUEST_FS) : "memory");
    guest->fp = status & GUEST_FS;
}

static inline void guest_fp_show(struct guest_arch *guest)
{
    __asm__ volatile("csrs sstatus, %0" : : "r"(guest->fp) : "memory");
}

static inline void guest_fp_forget(struct guest_arch *guest)
{
    guest->fp = 0;
}

#endif
