/*
 * Waits, and how the end of a thread or task begins; see kern/thread.h and kern/task.h. The rest of
 * an end is for the reaper, in steps that kern/task has set.
 */
#include <kern/sched.h>
#include <kern/trace.h>

bool thread_waits_by_itself(const struct thread *thread, enum thread_wait wait)
{
    switch (wait) {
    case WAIT_QUEUED:
    case WAIT_ANSWER:
        return thread->call_kind == CALL_NORMAL; /* a fault is not something that it does */
    case WAIT_RECEIVE:
    case WAIT_EVENT:
        return true;
    default:
        return false;
    }
}

/* One that is to stop may wait: it is held when the wait is over. */
bool thread_begin_wait_closely(struct thread *thread, enum thread_wait wait, uint32_t state,
                               struct object *object)
{
    bool may;

    lock_acquire(&thread->lock);
    may = !atomic_load_explicit(&thread->dying, memory_order_relaxed) &&
          !(thread_waits_by_itself(thread, wait) && thread_take_interruption(thread));
    if (may) {
        thread_set_wait(thread, wait, state, object);
    }
    if (may && atomic_load(&thread->stop) && !atomic_exchange(&thread->halted, true)) {
        task_stop_progress(thread->task);
    }
    lock_release(&thread->lock);
    return may;
}

void thread_unpinned(struct thread *thread, bool hard)
{
    bool resume;

    lock_acquire(&thread->lock);
    if (!hard) {
        thread->pinned--;
    }
    resume = thread->wait == WAIT_UNPIN && (hard || thread->pinned == 0);
    if (resume) {
        thread->wait = WAIT_NONE;
    }
    lock_release(&thread->lock);
    if (resume) {
        sched_ready(thread);
    }
}

bool thread_hold(struct thread *thread)
{
    bool held;

    lock_acquire(&thread->lock);
    held = atomic_load(&thread->stop) && !atomic_load(&thread->dying);
    if (held) {
        thread->wait = WAIT_STOPPED;
        thread->state = THREAD_STOPPED;
        if (!atomic_exchange(&thread->halted, true)) {
            task_stop_progress(thread->task);
        }
    }
    lock_release(&thread->lock);
    return held;
}

void thread_unhold(struct thread *thread)
{
    bool was_held;

    lock_acquire(&thread->lock);
    was_held = thread->wait == WAIT_STOPPED;
    if (was_held) {
        thread->wait = WAIT_NONE;
    }
    lock_release(&thread->lock);
    if (was_held) {
        sched_ready(thread);
    }
}

bool thread_doom(struct thread *thread)
{
    bool was_new;

    lock_acquire(&thread->lock);
    was_new =
        thread->state == THREAD_NEW && !atomic_load_explicit(&thread->dying, memory_order_relaxed);
    atomic_store_explicit(&thread->dying, true, memory_order_seq_cst);
    atomic_fetch_or(&thread->attention, ATTENTION_END);
    lock_release(&thread->lock);
    return was_new;
}

void thread_finish(struct thread *thread)
{
    lock_acquire(&thread->lock);
    thread->state = THREAD_DEAD;
    lock_release(&thread->lock);
    trace(TRACE_DEATH, thread, 0, 0, 0, 0);
    reap_add(&thread->reap, thread->reap.step);
}

void task_stop_progress(struct task *task)
{
    if (!atomic_exchange(&task->stop_queued, true)) {
        object_reference(&task->object); /* of the reaper, until all are told */
        reap_add(&task->stop_reap, task->stop_reap.step);
    }
}

void task_kill(struct task *task, uint32_t reason, int64_t code)
{
    bool first;

    lock_acquire(&task->lock);
    first = !task->dying;
    if (first) {
        task->dying = true;
        task->reason = reason;
        task->code = code;
    }
    lock_release(&task->lock);
    if (first) {
        object_reference(&task->object); /* of the reaper */
        reap_add(&task->reap, task->reap.step);
    }
}
