/*
 * Calls on guests.
 */
#include "lookup.h"

#include <kern/guest.h>
#include <kern/kmem.h>
#include <kern/life.h>
#include <kern/sched.h>
#include <kern/space.h>
#include <string.h>

status_t sys_guest_create(struct space *space, struct account *account, handle_t *result,
                          uint64_t *state)
{
    struct task *task = current_thread()->task;
    struct guest *guest;
    status_t status;

    if (space->kind != SPACE_GUEST || space->host != task->space) {
        return STATUS_BAD_ARGUMENT;
    }
    guest = guest_create(space, account, &status);
    if (guest != NULL) {
        *state = guest->address;
    }
    return give_new(guest, status, result);
}

status_t sys_guest_attach(handle_t handle)
{
    struct object *object = NULL;
    status_t status = STATUS_OK;

    if (handle != 0) {
        status = look_up(handle, OBJECT_GUEST, RIGHT_GUEST_RUN, &object);
    }
    if (status == STATUS_OK) {
        status = guest_attach(current_thread(),
                              object != NULL ? container_of(object, struct guest, object) : NULL);
    }
    if (object != NULL) {
        object_release(object);
    }
    return status;
}

/* The long way in. */
status_t sys_guest_run(struct frame *frame)
{
    struct thread *self = current_thread();

    if (self->guest == NULL) {
        syscall_write_results(frame, STATUS_BAD_STATE, NULL, 0);
    } else if (frame_pc(frame) != self->guest->arch.run_return) {
        syscall_write_results(frame, STATUS_BAD_CALL, NULL, 0);
    } else {
        guest_enter(self);
    }
    return STATUS_BLOCKED;
}

/* Of the thread that has the guest, if any has: ends what it waits for, or has its CPU look. */
static __attribute__((noinline)) void rouse(struct guest *guest, bool waits)
{
    struct thread *thread;

    lock_acquire(&guest->lock);
    thread = guest->thread;
    if (thread != NULL) {
        object_reference(&thread->object);
    }
    lock_release(&guest->lock);
    if (thread != NULL) {
        waits ? thread_interrupt_next(thread) : sched_look(thread);
        object_release(&thread->object);
    }
}

/* Waits first: once GUEST_KICKED shows, the guest may be out, and what its thread then waits for is
 * not meant. Who attaches between the two sees GUEST_KICKED on its way in. */
status_t sys_guest_kick(struct guest *guest)
{
    rouse(guest, true);
    (void)atomic_fetch_or(&guest->arch.attention, GUEST_KICKED);
    rouse(guest, false);
    return STATUS_OK;
}

status_t sys_guest_fp_get(struct guest *guest, uint64_t *length)
{
    struct thread *self = current_thread();

    if (!guest_open_fp(self, guest)) {
        return STATUS_BAD_STATE;
    }
    if (guest->fp != NULL) {
        memcpy(self->page->data, guest->fp, FP_STATE_BYTES);
    } else {
        memset(self->page->data, 0, FP_STATE_BYTES);
    }
    guest_close_fp(guest);
    *length = FP_STATE_BYTES;
    return STATUS_OK;
}

status_t sys_guest_fp_set(struct guest *guest, uint64_t length)
{
    struct thread *self = current_thread();
    status_t status = STATUS_OK;

    if (length != FP_STATE_BYTES) {
        return STATUS_BAD_ARGUMENT;
    }
    if (!fp_present()) {
        return STATUS_UNSUPPORTED;
    }
    if (!guest_open_fp(self, guest)) {
        return STATUS_BAD_STATE;
    }
    if (guest->fp == NULL) {
        guest->fp = guest_new_fp(guest);
    }
    if (guest->fp != NULL) {
        memcpy(guest->fp, self->page->data, FP_STATE_BYTES);
    } else {
        status = STATUS_NO_KERNEL_MEMORY;
    }
    guest_close_fp(guest);
    return status;
}

status_t sys_guest_fp_reset(struct guest *guest)
{
    struct fp_state *fp;

    if (!guest_open_fp(current_thread(), guest)) {
        return STATUS_BAD_STATE;
    }
    fp = guest->fp;
    guest->fp = NULL;
    guest_close_fp(guest);
    if (fp != NULL) {
        kmem_free(guest->object.account, fp, sizeof(*fp));
    }
    return STATUS_OK;
}
