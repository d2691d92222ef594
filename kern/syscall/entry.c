/*
 * What entry code calls: system calls, faults, interrupts; and leaving.
 */
#include "lookup.h"

#include <arch/clock.h>
#include <arch/entry.h>
#include <kern/deadline.h>
#include <kern/guest.h>
#include <kern/life.h>
#include <kern/port.h>
#include <kern/reap.h>
#include <kern/sched.h>
#include <kern/space.h>
#include <kern/trace.h>

#define METHOD_FAULT UINT64_C(0x4641554c) /* "FAUL" */
#define METHOD_PAGE  UINT64_C(0x50414745) /* "PAGE" */

enum { REAP_TURNS = 50 }; /* a slice, while something is left to take apart */

static bool something_dead(void)
{
    return atomic_load_explicit(&reap_pending, memory_order_relaxed) != 0;
}

/* Before user code runs again: a thread has to be chosen, and some of the dead taken apart. */
static void leave(void)
{
    struct cpu *cpu = cpu_self();

    if (something_dead()) {
        (void)reap_run();
    }
    while (cpu->reschedule) {
        sched_choose();
    }
    if (something_dead()) {
        deadline_fire_by(clock_counter() + sched_slice / REAP_TURNS);
    }
}

void kernel_call_generally(struct frame *frame, struct object *looked_up)
{
    if (looked_up != NULL) {
        object_release(looked_up);
    }
    syscall_dispatch(frame);
    if (cpu_self()->reschedule || something_dead()) {
        leave();
    }
}

void kernel_clean_up(struct object *unused)
{
    if (unused != NULL) {
        object_destroy(unused);
    }
    cpu_self()->reschedule = true;
    leave();
}

/* The endpoint that hears of the thread's faults, with a reference; null: none. */
static struct endpoint *fault_endpoint(struct thread *thread)
{
    struct task *task = thread->task;
    struct endpoint *endpoint;

    lock_acquire(&task->lock);
    endpoint = task->fault_endpoint;
    if (endpoint != NULL) {
        object_reference(&endpoint->object);
    }
    lock_release(&task->lock);
    return endpoint;
}

/* Not inlined: where a debugger stops for faults that nobody mends
 * (tools/debugger/follow_service.py). */
__attribute__((noinline)) static void raise_fault(struct thread *thread, uint32_t kind,
                                                  uint64_t address, status_t status)
{
    struct endpoint *endpoint;

    if (guest_take_fault(thread, kind, address, status)) {
        return;
    }
    endpoint = fault_endpoint(thread);
    trace(TRACE_FAULT, thread, kind, address, frame_pc(&thread->frame), (uint32_t)status);
    if (endpoint == NULL) {
        task_kill(thread->task, EXIT_FAULT, kind);
        thread_kill(thread);
        return;
    }
    thread->call_kind = CALL_FAULT;
    thread->call_tag = METHOD_FAULT;
    thread->call_words[0] = kind;
    thread->call_words[1] = address;
    thread->call_words[2] = frame_pc(&thread->frame);
    thread->call_words[3] = thread->number;
    thread->call_words[4] = (uint32_t)status;
    thread->call_words[5] = 0;
    call_from_kernel(thread, endpoint);
}

static void ask_pager(struct thread *thread, const struct absent_page *absent, uint32_t access)
{
    struct object *pager = absent->memory->pager;

    thread->call_kind = CALL_PAGE;
    thread->call_tag = METHOD_PAGE;
    thread->call_words[0] = absent->memory->key;
    thread->call_words[1] = absent->offset & ~PAGE_MASK;
    thread->call_words[2] = access;
    thread->call_words[3] = 0;
    thread->call_words[4] = 0;
    thread->call_words[5] = 0;
    object_reference(pager);
    object_release(&absent->memory->object);
    call_from_kernel(thread, container_of(pager, struct endpoint, object));
}

static uint32_t access_of(uint32_t kind)
{
    switch (kind) {
    case FAULT_READ:
        return MAP_READ;
    case FAULT_WRITE:
        return MAP_WRITE;
    case FAULT_EXECUTE:
        return MAP_EXECUTE;
    default:
        return 0;
    }
}

/* Whose page is missing: a guest has nothing above its space, where its host has its own; and a
 * host gets what is its guest's only to copy it. */
static struct space *faulting_space(const struct thread *thread, bool in_guest, uint64_t address)
{
    if (address < thread->space->top) {
        bool own = thread->guest == NULL || in_guest;

        return own || guest_is_copied(thread) ? thread->space : NULL;
    }
    return address < USER_TOP && !in_guest ? thread->task->space : NULL;
}

void kernel_fault(struct frame *frame, uint32_t kind, uint64_t address)
{
    struct thread *thread = current_thread();
    uint32_t access = access_of(kind);
    struct space *space = faulting_space(thread, frame != &thread->frame, address);
    struct absent_page absent = {0};
    status_t status = STATUS_BAD_ADDRESS;

    if (access != 0 && space != NULL) {
        status = space_touch(space, address, access, NULL, &absent);
    }
    if (status == STATUS_LENDER_ABSENT) {
        if (thread->guest != NULL) {
            guest_note_fault(thread->guest, kind, address);
        }
        ask_pager(thread, &absent, access);
    } else if (status != STATUS_OK) {
        raise_fault(thread, kind, address, status);
    }
    leave();
}

void kernel_fp_used(struct frame *frame)
{
    struct thread *thread = current_thread();
    bool host = thread->task->space->kind == SPACE_HOST && frame == &thread->frame;

    if (!host && thread_use_fp(thread)) {
        fp_switch_in(frame, thread->fp);
        cpu_self()->fp_on = true;
        if (thread->guest != NULL) {
            guest_fp_entered(&thread->guest->arch);
        }
    } else {
        raise_fault(thread, FAULT_ILLEGAL, frame_pc(frame),
                    host ? STATUS_UNSUPPORTED : STATUS_NO_KERNEL_MEMORY);
    }
    leave();
}

void kernel_interrupted(void)
{
    leave();
}
