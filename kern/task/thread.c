/*
 * Threads; see kern/thread.h.
 */
#include <kern/life.h>

#include <kern/event.h>
#include <kern/guest.h>
#include <kern/kmem.h>
#include <kern/pages.h>
#include <kern/port.h>
#include <kern/sched.h>
#include <kern/space.h>

enum { INTERRUPT_TRIES = 8 };

static void drop_message_page(struct thread *thread)
{
    if (thread->page_memory != NULL) {
        (void)space_unmap(thread->task->space, thread->page_address, PAGE_SIZE, true);
        object_release(&thread->page_memory->object);
        thread->page_memory = NULL;
        thread->page = NULL;
    }
}

static status_t join_task(struct thread *thread, struct task *task)
{
    status_t status = STATUS_DYING;

    lock_acquire(&task->lock);
    if (!task->dying) {
        thread->number = ++task->next_thread;
        task->thread_count++;
        list_append(&task->threads, &thread->task_link);
        atomic_store(&thread->stop, atomic_load(&task->stop));
        atomic_store(&thread->attention, atomic_load(&task->stop) ? ATTENTION_END : 0);
        atomic_store(&thread->halted, atomic_load(&task->stop));
        object_reference(&thread->object); /* of the list: life itself */
        status = STATUS_OK;
    }
    lock_release(&task->lock);
    return status;
}

/* Ends what the thread waits for; false: it waits there no more. Hard: a received call too. */
static bool end_wait_of(struct thread *thread, enum thread_wait wait, struct object *object,
                        bool hard)
{
    switch (wait) {
    case WAIT_QUEUED:
        return call_withdraw(container_of(object, struct port, object), thread, STATUS_INTERRUPTED);
    case WAIT_ANSWER:
        if (!hard) {
            return call_cancel(container_of(object, struct reply, object), thread);
        }
        call_abandon(container_of(object, struct reply, object), thread);
        return true;
    case WAIT_RECEIVE:
        return receive_cancel(container_of(object, struct port, object), thread,
                              STATUS_INTERRUPTED);
    case WAIT_EVENT:
        return event_cancel_wait(container_of(object, struct event, object), thread,
                                 STATUS_INTERRUPTED);
    case WAIT_UNPIN: /* hard, as the next */
        thread_unpinned(thread, true);
        break;
    case WAIT_STOPPED:
        thread_unhold(thread);
        break;
    case WAIT_NONE:
        break;
    }
    return true;
}

/* What it waits for, with a reference; `next`: if that can not be interrupted, the next wait is. */
static enum thread_wait look_at_wait(struct thread *thread, bool hard, bool next,
                                     struct object **object)
{
    enum thread_wait wait;

    lock_acquire(&thread->lock);
    wait = thread->wait;
    *object = thread->wait_object;
    if (!hard && !thread_waits_by_itself(thread, wait)) {
        wait = WAIT_NONE;
        *object = NULL;
        if (next) {
            atomic_fetch_or(&thread->attention, ATTENTION_INTERRUPTED);
        }
    }
    if (*object != NULL) {
        object_reference(*object);
    }
    lock_release(&thread->lock);
    return wait;
}

/* A queued call may be received meanwhile, and then is to be cancelled instead of withdrawn. */
static void interrupt(struct thread *thread, bool hard, bool next)
{
    bool ended = false;

    for (int i = 0; i < INTERRUPT_TRIES && !ended; i++) {
        struct object *object;
        enum thread_wait wait = look_at_wait(thread, hard, next, &object);

        ended = end_wait_of(thread, wait, object, hard);
        if (object != NULL) {
            object_release(object);
        }
    }
    if (!ended && next) { /* one wait after the other has ended by itself */
        atomic_fetch_or(&thread->attention, ATTENTION_INTERRUPTED);
    }
}

void thread_interrupt(struct thread *thread)
{
    interrupt(thread, false, false);
}

void thread_interrupt_next(struct thread *thread)
{
    interrupt(thread, false, true);
}

/* A new thread is nobody's; a running one ends when its CPU notices. */
void thread_kill(struct thread *thread)
{
    if (thread_doom(thread)) {
        thread_finish(thread);
        return;
    }
    interrupt(thread, true, false);
    sched_unpark(thread);
    sched_set_priority(thread, LIMIT_PRIORITIES - 1); /* it must not wait for its turn */
    sched_look(thread);
}

static bool thread_reap(struct reap *reap)
{
    struct thread *thread = container_of(reap, struct thread, reap);

    account_charge_cpu(thread->object.account,
                       atomic_load_explicit(&thread->cpu_time, memory_order_relaxed) -
                           thread->charged);
    drop_message_page(thread);
    receive_forget(thread);
    if (thread->bound_event != NULL) {
        event_unbind(thread->bound_event, thread);
        object_release(&thread->bound_event->object);
        thread->bound_event = NULL;
    }
    leases_drop(thread);
    guest_forget(thread);
    watches_fire(&thread->watches);
    task_thread_gone(thread->task, thread);
    return true;
}

struct thread *thread_create(struct task *task, uint32_t priority, status_t *status)
{
    struct thread *thread = object_create(OBJECT_THREAD, sizeof(*thread), task->object.account);

    if (thread == NULL) {
        *status = STATUS_NO_KERNEL_MEMORY;
        return NULL;
    }
    thread->task = task;
    thread->space = task->space;
    object_reference(&task->object);
    atomic_init(&thread->priority, priority);
    thread->state = THREAD_NEW;
    thread->reap.step = thread_reap;
    thread->slice_left = sched_slice;
    thread->charge_at = sched_grain;
    thread->receive_removals = ~UINT64_C(0);
    list_init(&thread->task_link);
    list_init(&thread->run_link);
    list_init(&thread->wait_link);
    list_init(&thread->cancel_link);
    list_init(&thread->watches);
    thread->page_memory =
        space_map_wired(task->space, task->object.account, &thread->page_address, status);
    if (thread->page_memory != NULL) {
        thread->page = direct_map(thread->page_memory->physical);
        *status = join_task(thread, task);
    }
    if (*status != STATUS_OK) {
        drop_message_page(thread);
        object_release(&thread->object);
        return NULL;
    }
    return thread;
}

bool thread_use_fp(struct thread *thread)
{
    if (thread->fp == NULL && thread->guest != NULL) {
        thread->guest->fp = guest_new_fp(thread->guest);
        thread->fp = thread->guest->fp;
    } else if (thread->fp == NULL) {
        thread->fp = kmem_allocate(thread->object.account, sizeof(*thread->fp));
    }
    return thread->fp != NULL;
}

/* A thread that was never started and that nobody can start any more goes. */
void thread_unreachable(struct object *object)
{
    struct thread *thread = container_of(object, struct thread, object);

    if (thread->state == THREAD_NEW) {
        thread_kill(thread);
    }
}

void thread_destroy(struct object *object)
{
    struct thread *thread = container_of(object, struct thread, object);

    if (thread->fp != NULL) {
        kmem_free(object->account, thread->fp, sizeof(*thread->fp));
    }
    if (thread->leases != NULL) {
        kmem_free(object->account, thread->leases, LIMIT_MESSAGE_LEASES * sizeof(*thread->leases));
    }
    object_release(&thread->task->object);
    object_free(object);
}
