/*
 * Stopping tasks; see kern/life.h.
 */
#include <kern/guest.h>
#include <kern/life.h>
#include <kern/sched.h>

enum { THREADS_A_STEP = 8 };

static void unlock_and_stop_running(struct thread *thread)
{
    lock_release(&thread->lock);
    atomic_thread_fence(memory_order_seq_cst); /* pairs with sched_run() */
    if (sched_withdraw(thread)) {
        if (!thread_hold(thread)) {
            sched_ready(thread);
        }
        return;
    }
    sched_look(thread);
}

static void stop_thread(struct thread *thread)
{
    bool halted;

    lock_acquire(&thread->lock);
    atomic_store(&thread->stop, true);
    atomic_fetch_or(&thread->attention, ATTENTION_END);
    halted =
        thread->wait != WAIT_NONE || thread->state == THREAD_NEW || thread->state == THREAD_DEAD;
    atomic_store(&thread->halted, halted); /* a wait that a resume overtook may have left it set */
    if (halted) {
        lock_release(&thread->lock);
    } else {
        unlock_and_stop_running(thread);
    }
}

static void resume_thread(struct thread *thread)
{
    lock_acquire(&thread->lock);
    atomic_store(&thread->stop, false);
    atomic_store(&thread->halted, false);
    if (!atomic_load(&thread->dying)) {
        atomic_fetch_and(&thread->attention, ~ATTENTION_END);
    }
    lock_release(&thread->lock);
    thread_unhold(thread);
}

/* task->lock held. Null: all follow. */
static struct thread *find_untold(const struct task *task)
{
    for (struct list *at = task->threads.next; at != &task->threads; at = at->next) {
        struct thread *thread = container_of(at, struct thread, task_link);

        if (atomic_load(&thread->stop) != atomic_load(&task->stop)) {
            return thread;
        }
    }
    return NULL;
}

/* task->lock held. */
static bool all_halted(const struct task *task)
{
    for (struct list *at = task->threads.next; at != &task->threads; at = at->next) {
        if (!atomic_load(&container_of(at, struct thread, task_link)->halted)) {
            return false;
        }
    }
    return true;
}

/*
 * A thread, referenced, that does not follow yet. Null: all do, `watches` are to fire, and whatever
 * happens from here on asks for another turn: so the flag goes before all_halted() looks, and with
 * the lock under which find_untold() found none.
 */
static struct thread *next_to_tell(struct task *task, struct list *watches)
{
    struct thread *thread;

    lock_acquire(&task->lock);
    thread = find_untold(task);
    if (thread != NULL) {
        object_reference(&thread->object);
    } else {
        atomic_store(&task->stop_queued, false);
        if (!atomic_load(&task->stop) || all_halted(task)) {
            list_take_all(&task->stop_watches, watches);
        }
    }
    lock_release(&task->lock);
    return thread;
}

bool task_stop_step(struct reap *reap)
{
    struct task *task = container_of(reap, struct task, stop_reap);
    struct list watches;

    list_init(&watches);
    for (unsigned i = 0; i < THREADS_A_STEP; i++) {
        struct thread *thread = next_to_tell(task, &watches);

        if (thread == NULL) {
            watches_fire(&watches);
            object_release(&task->object);
            return true;
        }
        if (atomic_load(&task->stop)) {
            stop_thread(thread);
        } else {
            resume_thread(thread);
        }
        object_release(&thread->object);
    }
    return false;
}

/* task->lock held. */
static status_t check_change(const struct task *task, bool stop)
{
    if (task->dying) {
        return STATUS_DYING;
    }
    return atomic_load(&task->stop) == stop ? STATUS_BAD_STATE : STATUS_OK;
}

status_t task_stop(struct task *task, struct event *event, uint64_t bits)
{
    status_t status;

    lock_acquire(&task->lock);
    status = check_change(task, true);
    if (status == STATUS_OK) {
        status = watch_add(&task->stop_watches, event, bits);
    }
    if (status == STATUS_OK) {
        atomic_store(&task->stop, true);
    }
    lock_release(&task->lock);
    if (status == STATUS_OK) {
        task_stop_progress(task);
    }
    return status;
}

status_t task_resume(struct task *task)
{
    status_t status;

    lock_acquire(&task->lock);
    status = check_change(task, false);
    if (status == STATUS_OK) {
        atomic_store(&task->stop, false);
    }
    lock_release(&task->lock);
    if (status == STATUS_OK) {
        task_stop_progress(task);
    }
    return status;
}

/* thread->lock held: nothing will be answered into its registers. */
static bool is_writable(const struct thread *thread)
{
    bool in_fault = (thread->wait == WAIT_QUEUED || thread->wait == WAIT_ANSWER) &&
                    thread->call_kind != CALL_NORMAL;

    return atomic_load(&thread->stop) && (thread->wait == WAIT_STOPPED || in_fault) &&
           !guest_is_in(thread);
}

status_t thread_set_registers(struct thread *thread, const void *registers)
{
    status_t status = STATUS_BAD_STATE;

    lock_acquire(&thread->lock);
    if (is_writable(thread)) {
        status = frame_import(&thread->frame, registers) ? STATUS_OK : STATUS_BAD_ADDRESS;
    }
    lock_release(&thread->lock);
    return status;
}
