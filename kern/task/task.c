/*
 * Tasks; see kern/task.h.
 */
#include <kern/life.h>

#include <kern/account.h>
#include <kern/event.h>
#include <kern/kmem.h>
#include <kern/log.h>
#include <kern/panic.h>
#include <kern/port.h>
#include <kern/space.h>
#include <kern/trace.h>
#include <arch/firmware.h>
#include <string.h>

enum { HANDLES_A_STEP = 32, THREADS_A_STEP = 8 };

struct watch {
    struct list link;
    struct event *event; /* holds a reference */
    uint64_t bits;
    struct account *account;
};

/* An object of the list that is still there, referenced; null: the list is done. */
static struct thread *next_to_kill(struct task *task)
{
    struct thread *found = NULL;

    lock_acquire(&task->lock);
    for (struct list *at = task->threads.next; at != &task->threads; at = at->next) {
        struct thread *thread = container_of(at, struct thread, task_link);

        if (!atomic_load_explicit(&thread->dying, memory_order_relaxed)) {
            object_reference(&thread->object);
            found = thread;
            break;
        }
    }
    lock_release(&task->lock);
    return found;
}

/* True when no thread is left that has not been told. */
static bool kill_threads(struct task *task)
{
    for (unsigned i = 0; i < THREADS_A_STEP; i++) {
        struct thread *thread = next_to_kill(task);

        if (thread == NULL) {
            return true;
        }
        thread_kill(thread);
        object_release(&thread->object);
    }
    return false;
}

static void revoke_minted(struct task *task)
{
    for (;;) {
        struct endpoint *endpoint = NULL;
        struct list *link;

        lock_acquire(&task->lock);
        link = list_take(&task->minted);
        if (link != NULL) {
            endpoint = container_of(link, struct endpoint, minted_link);
            if (!object_try_reference(&endpoint->object)) {
                endpoint = NULL; /* it is going already */
            }
        }
        lock_release(&task->lock);
        if (endpoint != NULL) {
            endpoint_revoke(endpoint);
            object_release(&endpoint->object);
        } else if (link == NULL) {
            return;
        }
    }
}

static void report_essential(const struct task *task)
{
    if (task->essential) {
        log_console(true); /* whoever has taken it */
        log_line("task %s ended (reason %u, code %d): nothing can go on without it, rebooting",
                 task->name, task->reason, (int)task->code);
        firmware_reset(RESET_REBOOT);
        panic("the firmware cannot reset the machine");
    }
}

/* The second half: no thread is left. */
static bool take_apart(struct reap *reap)
{
    struct task *task = container_of(reap, struct task, reap);
    struct list watches;

    if (!handle_table_clear(&task->handles, task->object.account, HANDLES_A_STEP)) {
        return false;
    }
    revoke_minted(task);
    if (task->fault_endpoint != NULL) {
        object_handle_removed(&task->fault_endpoint->object);
        task->fault_endpoint = NULL;
    }
    report_essential(task);
    list_init(&watches);
    lock_acquire(&task->lock);
    task->state = TASK_DEAD;
    list_take_all(&task->watches, &watches);
    lock_release(&task->lock);
    watches_fire(&watches);
    object_release(&task->object);
    return true;
}

/* Starts the second half once every thread has been told and none is left. */
static void take_apart_when_empty(struct task *task)
{
    bool now;

    lock_acquire(&task->lock);
    now = task->threads_told && task->thread_count == 0 && !task->taken_apart;
    task->taken_apart |= now;
    lock_release(&task->lock);
    if (now) {
        reap_add(&task->reap, take_apart);
    }
}

static bool tell_threads(struct reap *reap)
{
    struct task *task = container_of(reap, struct task, reap);

    if (!kill_threads(task)) {
        return false;
    }
    task->threads_told = true;
    take_apart_when_empty(task);
    return true;
}

struct task *task_create(struct account *account, struct space *space, const char *name,
                         uint32_t length, status_t *status)
{
    struct task *task = object_create(OBJECT_TASK, sizeof(*task), account);
    uint64_t words[LIMIT_NAME / sizeof(uint64_t)]; /* of the name, for the trace */

    if (task == NULL) {
        *status = STATUS_NO_KERNEL_MEMORY;
        return NULL;
    }
    task->space = space;
    task->reap.step = tell_threads;
    task->stop_reap.step = task_stop_step;
    object_reference(&space->object);
    list_init(&task->threads);
    list_init(&task->watches);
    list_init(&task->minted);
    list_init(&task->stop_watches);
    for (uint32_t i = 0; i < length; i++) {
        task->name[i] = name[i] > ' ' && name[i] < 127 ? name[i] : '?'; /* it goes to terminals */
    }
    memcpy(words, task->name, sizeof(words));
    trace(TRACE_TASK, NULL, task->object.identity, words[0], words[1], 0);
    *status = STATUS_OK;
    return task;
}

void task_thread_gone(struct task *task, struct thread *thread)
{
    bool last;

    lock_acquire(&task->lock);
    list_remove(&thread->task_link);
    task->thread_count--;
    last = task->thread_count == 0;
    lock_release(&task->lock);
    atomic_fetch_add(&task->cpu, atomic_load(&thread->cpu_time));
    if (atomic_load(&task->stop)) {
        task_stop_progress(task);
    }
    if (last && !task->dying) {
        task_kill(task, EXIT_NORMAL, 0);
    } else if (last) {
        take_apart_when_empty(task);
    }
    object_release(&thread->object); /* of the list */
}

status_t watch_add(struct list *watches, struct event *event, uint64_t bits)
{
    struct account *account = event->object.account;
    struct watch *watch = kmem_allocate(account, sizeof(*watch));

    if (watch == NULL) {
        return STATUS_NO_KERNEL_MEMORY;
    }
    watch->event = event;
    watch->bits = bits;
    watch->account = account;
    object_reference(&account->object);
    object_reference(&event->object);
    list_append(watches, &watch->link);
    return STATUS_OK;
}

void watches_fire(struct list *watches)
{
    struct list *link;

    while ((link = list_take(watches)) != NULL) {
        struct watch *watch = container_of(link, struct watch, link);
        struct account *account = watch->account;

        event_signal(watch->event, watch->bits);
        object_release(&watch->event->object);
        kmem_free(account, watch, sizeof(*watch));
        object_release(&account->object);
    }
}

/* Nobody can start a thread in it any more, and none runs: it ends. */
void task_unreachable(struct object *object)
{
    struct task *task = container_of(object, struct task, object);

    if (task->thread_count == 0) {
        task_kill(task, EXIT_KILLED, 0);
    }
}

void task_destroy(struct object *object)
{
    struct task *task = container_of(object, struct task, object);

    watches_fire(&task->watches);
    watches_fire(&task->stop_watches);
    object_release(&task->space->object);
    object_free(object);
}
