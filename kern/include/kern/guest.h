/*
 * Guests: foreign threads, each run by one thread of its host at a time (see arch/guest.h).
 *
 * While a thread has a guest it uses the guest's space, in the host's view (its own task's mappings
 * beside the guest's memory) or, while the guest runs, in the guest's. `thread` changes under the
 * lock, by that thread only or at its end; it holds no reference, the thread has one of the guest.
 */
#ifndef KERN_GUEST_H
#define KERN_GUEST_H

#include <arch/guest.h>
#include <kern/thread.h>

struct guest {
    struct object object;
    struct guest_arch arch;
    struct space *space;   /* holds a reference */
    struct memory *memory; /* its page */
    uint64_t address;      /* of the page, in space->host; 0: it shows no more */
    struct lock lock;
    struct thread *thread;  /* that has it; null: none */
    struct fp_state *fp;    /* null until used; its thread's `fp` is the same */
    uint64_t fault_address; /* of a page that a pager is asked for */
    uint32_t fault_kind;
};

/* In `space`, with its page mapped in the host. Null: *status. */
struct guest *guest_create(struct space *space, struct account *account, status_t *status);
void guest_unreachable(struct object *object);
void guest_destroy(struct object *object);

/* The running thread takes the guest in place of the one it has; null: none. */
status_t guest_attach(struct thread *self, struct guest *guest);
/* A thread that has ended has none. */
void guest_forget(struct thread *thread);
/* The running thread goes on in its guest, or leaves with KICKED. */
void guest_enter(struct thread *self);
/* The guest that the thread is in leaves it; the thread may be one that waits. */
void guest_leave(struct thread *thread, uint64_t exit);
/* Whether libsys, in the thread that has a guest, was copying from or to the guest's memory. */
bool guest_is_copied(const struct thread *thread);
/* A fault that nobody mended becomes the guest's exit, or the end of a copy by libsys. False: it is
 * the thread's own. */
bool guest_take_fault(struct thread *thread, uint32_t kind, uint64_t address, status_t status);

/* Before a pager is asked for a page: what becomes of the guest if it refuses. */
static inline void guest_note_fault(struct guest *guest, uint32_t kind, uint64_t address)
{
    guest->fault_kind = kind;
    guest->fault_address = address;
}

/* Whether the running thread is in its guest; of another one, whether it goes on there. */
bool guest_is_in(const struct thread *thread);
/* Where the thread itself goes on: behind guest_run() if its guest does. */
uint64_t guest_host_pc(const struct thread *thread);

/* Of the scheduler, for a thread that has a guest: before it stops running, after it runs. */
void guest_switch_out(struct thread *thread);
void guest_switch_in(struct thread *thread);

/* Room for FP state, zeroed, charged to the guest's account; null: it is full. */
struct fp_state *guest_new_fp(struct guest *guest);
/* Brings the FP state to memory (guest->fp, null if it has used none), from where the next use
 * loads it, and locks the guest. False, and not locked: another thread has the guest. */
bool guest_open_fp(struct thread *self, struct guest *guest);
void guest_close_fp(struct guest *guest);

#endif
