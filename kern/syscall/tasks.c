/*
 * Calls on tasks and threads.
 */
#include "lookup.h"

#include <arch/clock.h>
#include <kern/cpu.h>
#include <kern/life.h>
#include <kern/port.h>
#include <kern/sched.h>
#include <kern/space.h>
#include <kern/time.h>

#include <string.h>

status_t sys_task_create(struct account *account, struct space *space, uint64_t name_length,
                         handle_t *result)
{
    char name[LIMIT_NAME];
    struct task *task;
    status_t status;

    if (name_length > LIMIT_NAME || space->kind == SPACE_GUEST) {
        return STATUS_BAD_ARGUMENT;
    }
    memcpy(name, current_thread()->page->data, name_length);
    task = task_create(account, space, name, (uint32_t)name_length, &status);
    return give_new(task, status, result);
}

status_t sys_task_install(struct task *task, handle_t handle, uint32_t rights, uint64_t *installed)
{
    uint32_t had = 0;
    status_t status = STATUS_OK;
    struct object *object = handle_take(&current_thread()->task->handles, handle, &had, &status);

    if (object == NULL) {
        return status;
    }
    rights &= had;
    if ((had & RIGHT_TRANSFER) == 0) {
        status = STATUS_NO_RIGHT;
    } else if (task->dying) {
        status = STATUS_DYING;
    } else {
        status = handle_install_all(&task->handles, task->object.account, &object, &rights, 1,
                                    installed);
    }
    if (status != STATUS_OK) {
        object_handle_removed(object);
    }
    return status;
}

/* The task holds the endpoint as a handle does, so that its port hears when it goes. */
status_t sys_task_set_fault_endpoint(struct task *task, struct endpoint *endpoint)
{
    struct endpoint *old;

    if (!object_try_handle_added(&endpoint->object)) {
        return STATUS_GONE;
    }
    lock_acquire(&task->lock);
    old = task->fault_endpoint;
    if (task->dying) {
        old = endpoint;
    } else {
        task->fault_endpoint = endpoint;
    }
    lock_release(&task->lock);
    if (old != NULL) {
        object_handle_removed(&old->object);
    }
    return STATUS_OK;
}

status_t sys_task_set_essential(struct task *task)
{
    task->essential = true;
    return STATUS_OK;
}

status_t sys_task_kill(struct task *task, int64_t code)
{
    task_kill(task, EXIT_KILLED, code);
    return STATUS_OK;
}

/* The thread ends at once; the rest of the task in steps. */
void sys_task_exit(int64_t code)
{
    struct thread *self = current_thread();

    task_kill(self->task, EXIT_NORMAL, code);
    thread_kill(self);
}

/* Ticks that a thread has run, also while it runs: read again until no switch came between. */
static uint64_t thread_ticks(const struct thread *thread)
{
    const struct cpu *cpu;
    uint64_t since, sum;

    do {
        cpu = thread->on_cpu;
        since = cpu != NULL ? *(const volatile uint64_t *)&cpu->switched_at : 0;
        atomic_thread_fence(memory_order_seq_cst);
        sum = atomic_load(&thread->cpu_time);
    } while (cpu != thread->on_cpu ||
             (cpu != NULL && since != *(const volatile uint64_t *)&cpu->switched_at));
    return cpu != NULL ? sum + (clock_counter() - since) : sum;
}

static uint64_t task_cpu_time(struct task *task)
{
    uint64_t ticks = atomic_load(&task->cpu);

    lock_acquire(&task->lock);
    for (struct list *at = task->threads.next; at != &task->threads; at = at->next) {
        ticks += thread_ticks(container_of(at, struct thread, task_link));
    }
    lock_release(&task->lock);
    return time_nanoseconds(ticks);
}

status_t sys_task_info(struct task *task, uint32_t *state, uint32_t *reason, int64_t *code,
                       uint64_t *threads, uint64_t *handles, uint64_t *cpu_time)
{
    *state = task->state;
    *reason = task->reason;
    *code = task->code;
    *threads = task->thread_count;
    *handles = task->handles.used;
    *cpu_time = task_cpu_time(task);
    return STATUS_OK;
}

static bool may_have_priority(uint32_t priority)
{
    return priority < LIMIT_PRIORITIES && priority <= thread_priority(current_thread());
}

status_t sys_thread_create(struct task *task, uint32_t priority, handle_t *result,
                           uint64_t *message_page)
{
    struct task *self = current_thread()->task;
    struct thread *thread;
    status_t status;

    if (!may_have_priority(priority)) {
        return STATUS_BAD_ARGUMENT;
    }
    thread = thread_create(task, priority, &status);
    if (thread == NULL) {
        return status;
    }
    *message_page = thread->page_address;
    status =
        handle_install(&self->handles, self->object.account, &thread->object, RIGHT_ALL, result);
    if (status != STATUS_OK) {
        thread_kill(thread);
    }
    object_release(&thread->object);
    return status;
}

/* True if the caller may start it: nobody else did, and it is not to die. */
static bool claim_start(struct thread *thread)
{
    bool claimed;

    lock_acquire(&thread->lock);
    claimed = thread->state == THREAD_NEW && !atomic_load(&thread->dying);
    if (claimed) {
        thread->state = THREAD_READY;
    }
    lock_release(&thread->lock);
    return claimed;
}

status_t sys_thread_start(struct thread *thread, uint64_t pc, uint64_t sp, uint64_t argument,
                          uint64_t tls)
{
    if (pc >= USER_TOP || sp > USER_TOP || (sp & 15) != 0 || (pc & (CODE_ALIGNMENT - 1)) != 0) {
        return STATUS_BAD_ADDRESS;
    }
    if (!claim_start(thread)) {
        return STATUS_BAD_STATE;
    }
    frame_start(&thread->frame, pc, sp, argument, tls);
    sched_ready(thread);
    return STATUS_OK;
}

void sys_thread_exit(void)
{
    thread_kill(current_thread());
}

status_t sys_thread_interrupt(struct thread *thread)
{
    thread_interrupt(thread);
    return STATUS_OK;
}

status_t sys_thread_set_priority(struct thread *thread, uint32_t priority)
{
    if (!may_have_priority(priority)) {
        return STATUS_BAD_ARGUMENT;
    }
    sched_set_priority(thread, priority);
    return STATUS_OK;
}

status_t sys_thread_yield(void)
{
    sched_yield();
    return STATUS_OK;
}

status_t sys_thread_info(struct thread *thread, uint32_t *state, uint32_t *priority,
                         uint64_t *cpu_time, uint64_t *number)
{
    *state = thread->state;
    *priority = thread_priority(thread);
    *cpu_time = time_nanoseconds(thread_ticks(thread));
    *number = thread->number;
    return STATUS_OK;
}
