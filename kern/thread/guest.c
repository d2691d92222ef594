/*
 * Guests; see kern/guest.h.
 */
#include <kern/guest.h>

#include <arch/entry.h>
#include <kern/cpu.h>
#include <kern/image.h>
#include <kern/kmem.h>
#include <kern/sched.h>
#include <kern/space.h>
#include <base/libsys_places.h>

static const struct libsys_places *places(void)
{
    return (const void *)(__libsys_start + PLACES_OFFSET);
}

/* ---- life ----------------------------------------------------------------------------------- */

struct guest *guest_create(struct space *space, struct account *account, status_t *status)
{
    struct guest *guest = object_create(OBJECT_GUEST, sizeof(*guest), account);

    if (guest == NULL) {
        *status = STATUS_NO_KERNEL_MEMORY;
        return NULL;
    }
    guest->space = space;
    object_reference(&space->object);
    guest->arch.frame.guest = &guest->arch;
    guest->arch.guest_root = space->guest_root_value;
    guest->arch.host_root = space->root_value;
    guest_fp_forget(&guest->arch);
    guest->arch.run_return = space->libsys + places()->run_return;
    atomic_init(&guest->arch.attention, space->asid == 0 ? GUEST_NO_ASIDS : 0);
    guest->memory = space_map_wired(space->host, account, &guest->address, status);
    if (guest->memory == NULL) {
        object_release(&guest->object);
        return NULL;
    }
    guest->arch.state = direct_map(guest->memory->physical);
    return guest;
}

/* The page goes from the host's sight. */
static void hide_page(struct guest *guest)
{
    if (guest->address != 0) {
        (void)space_unmap(guest->space->host, guest->address, PAGE_SIZE, true);
        guest->address = 0;
    }
}

/* A thread that has the guest still runs it. */
void guest_unreachable(struct object *object)
{
    hide_page(container_of(object, struct guest, object));
}

void guest_destroy(struct object *object)
{
    struct guest *guest = container_of(object, struct guest, object);

    hide_page(guest); /* of one that never got a handle */
    if (guest->memory != NULL) {
        object_release(&guest->memory->object);
    }
    if (guest->fp != NULL) {
        kmem_free(object->account, guest->fp, sizeof(*guest->fp));
    }
    object_release(&guest->space->object);
    object_free(object);
}

/* ---- who has it ------------------------------------------------------------------------------ */

static bool claim(struct guest *guest, struct thread *thread)
{
    bool free;

    lock_acquire(&guest->lock);
    free = guest->thread == NULL || guest->thread == thread;
    if (free) {
        guest->thread = thread;
    }
    lock_release(&guest->lock);
    return free;
}

/* Registers of the unit that are on this CPU go to memory. */
static void save_fp(struct thread *self)
{
    if (cpu_self()->fp_on) {
        guest_fp_show(&self->guest->arch);
        guest_fp_forget(&self->guest->arch);
        fp_switch_out(&self->frame, self->guest->fp);
        cpu_self()->fp_on = false;
    }
}

struct fp_state *guest_new_fp(struct guest *guest)
{
    return kmem_allocate(guest->object.account, sizeof(*guest->fp));
}

bool guest_open_fp(struct thread *self, struct guest *guest)
{
    lock_acquire(&guest->lock);
    if (guest->thread != NULL && guest->thread != self) {
        lock_release(&guest->lock);
        return false;
    }
    if (guest->thread == self) {
        save_fp(self);
    }
    return true;
}

void guest_close_fp(struct guest *guest)
{
    if (guest->thread != NULL) {
        guest->thread->fp = guest->fp;
    }
    lock_release(&guest->lock);
}

static void drop(struct thread *thread)
{
    struct guest *guest = thread->guest;

    thread->guest = NULL;
    thread->fp = NULL;
    thread->frame.guest = NULL;
    thread->space = thread->task->space;
    lock_acquire(&guest->lock);
    guest->thread = NULL;
    lock_release(&guest->lock);
    object_release(&guest->object);
}

static void take(struct thread *self, struct guest *guest)
{
    object_reference(&guest->object);
    guest->arch.host = &self->frame;
    self->guest = guest;
    self->fp = guest->fp;
    self->frame.guest = &guest->arch;
    self->space = guest->space;
}

status_t guest_attach(struct thread *self, struct guest *guest)
{
    if (guest == self->guest) {
        return STATUS_OK;
    }
    if (guest != NULL && guest->space->host != self->task->space) {
        return STATUS_BAD_ARGUMENT;
    }
    if (guest != NULL && !claim(guest, self)) {
        return STATUS_BAD_STATE;
    }
    if (self->guest != NULL) {
        save_fp(self);
        drop(self);
    }
    if (guest != NULL) {
        take(self, guest);
    }
    space_activate(self->space);
    return STATUS_OK;
}

void guest_forget(struct thread *thread)
{
    if (thread->guest != NULL) {
        drop(thread);
    }
}

/* ---- in and out ------------------------------------------------------------------------------ */

static bool runs(const struct thread *thread)
{
    return thread == cpu_self()->current;
}

bool guest_is_in(const struct thread *thread)
{
    return runs(thread) ? cpu_self()->arch.frame != &thread->frame : thread->in_guest;
}

uint64_t guest_host_pc(const struct thread *thread)
{
    return guest_is_in(thread) ? thread->task->space->libsys + places()->run_return
                               : frame_pc(&thread->frame);
}

void guest_enter(struct thread *self)
{
    struct guest *guest = self->guest;
    struct cpu *cpu = cpu_self();

    if ((atomic_fetch_and(&guest->arch.attention, ~(unsigned)GUEST_KICKED) & GUEST_KICKED) != 0) {
        (void)thread_take_interruption(self);
        guest_return(&guest->arch, GUEST_EXIT_KICKED);
        return;
    }
    (void)atomic_fetch_and(&guest->arch.attention, ~(unsigned)GUEST_LONG_WAY);
    guest_load(&guest->arch);
    cpu->arch.frame = &guest->arch.frame;
    space_view(guest->space, true);
    guest_fp_show(&guest->arch);
}

void guest_leave(struct thread *thread, uint64_t exit)
{
    struct guest *guest = thread->guest;
    struct cpu *cpu = cpu_self();

    (void)frame_export(&guest->arch.frame, guest->arch.state->registers);
    guest_return(&guest->arch, exit);
    (void)atomic_fetch_or(&guest->arch.attention, GUEST_LONG_WAY);
    if (runs(thread)) {
        cpu->arch.frame = &thread->frame;
        space_view(guest->space, false);
        guest_fp_hide(&guest->arch, cpu->fp_on);
    } else {
        thread->in_guest = false;
    }
}

void kernel_guest_kicked(struct frame *frame)
{
    struct thread *self = cpu_self()->current;

    (void)frame;
    (void)atomic_fetch_and(&self->guest->arch.attention, ~(unsigned)GUEST_KICKED);
    (void)thread_take_interruption(self);
    guest_leave(self, GUEST_EXIT_KICKED);
}

bool guest_is_copied(const struct thread *thread)
{
    return frame_pc(&thread->frame) - thread->space->libsys - places()->copy_start <
           places()->copy_end - places()->copy_start;
}

bool guest_take_fault(struct thread *thread, uint32_t kind, uint64_t address, status_t status)
{
    struct guest *guest = thread->guest;

    if (guest != NULL && guest_is_in(thread)) {
        guest->arch.state->fault = kind;
        guest->arch.state->address = address;
        guest->arch.state->status = status;
        guest_leave(thread, GUEST_EXIT_FAULT);
        return true;
    }
    if (address < HOST_BASE && (kind == FAULT_READ || kind == FAULT_WRITE) &&
        guest_is_copied(thread)) {
        frame_set_pc(&thread->frame, thread->space->libsys + places()->copy_failed);
        return true;
    }
    return false;
}

/* ---- scheduling ------------------------------------------------------------------------------ */

void guest_switch_out(struct thread *thread)
{
    thread->in_guest = cpu_self()->arch.frame != &thread->frame;
    if (!thread->in_guest) {
        guest_fp_show(&thread->guest->arch);
    }
    guest_fp_forget(&thread->guest->arch);
}

void guest_switch_in(struct thread *thread)
{
    struct guest *guest = thread->guest;
    struct cpu *cpu = cpu_self();

    if (thread->in_guest) {
        thread->in_guest = false; /* not true while it runs: a direct call stops it without us */
        cpu->arch.frame = &guest->arch.frame;
        space_view(guest->space, true);
        if (cpu->fp_on) {
            guest_fp_entered(&guest->arch);
        }
    } else {
        space_view(guest->space, false); /* another guest in the same space may have run */
        guest_fp_hide(&guest->arch, cpu->fp_on);
    }
}
