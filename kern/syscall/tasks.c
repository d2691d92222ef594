/*
 * Calls on tasks and threads.
 */
#include "lookup.h"

#include <kern/port.h>
#include <kern/sched.h>
#include <kern/space.h>
#include <kern/timer.h>

#include <string.h>

static status_t task_of(handle_t handle, uint32_t rights, struct task **task)
{
    struct object *object;
    status_t status = look_up(handle, OBJECT_TASK, rights, &object);

    if (status == STATUS_OK) {
        *task = container_of(object, struct task, object);
    }
    return status;
}

/* Handle 0 is the calling task. */
static status_t task_or_own(handle_t handle, uint32_t rights, struct task **task)
{
    if (handle != 0) {
        return task_of(handle, rights, task);
    }
    *task = current_thread()->task;
    object_reference(&(*task)->object);
    return STATUS_OK;
}

static status_t thread_of(handle_t handle, uint32_t rights, struct thread **thread)
{
    struct object *object;
    status_t status = look_up(handle, OBJECT_THREAD, rights, &object);

    if (status == STATUS_OK) {
        *thread = container_of(object, struct thread, object);
    }
    return status;
}

static status_t create_task(struct object *account, handle_t space_handle, uint64_t name_length,
                            handle_t *result)
{
    char name[LIMIT_NAME];
    struct object *space;
    struct task *task;
    status_t status = look_up(space_handle, OBJECT_SPACE, RIGHT_SPACE_MAP, &space);

    if (status != STATUS_OK) {
        return status;
    }
    memcpy(name, current_thread()->page->data, name_length);
    task = task_create((struct account *)account, container_of(space, struct space, object), name,
                       (uint32_t)name_length, &status);
    object_release(space);
    return task == NULL ? status : give_new(&task->object, result);
}

status_t sys_task_create(handle_t handle, handle_t space, uint64_t name_length, handle_t *result)
{
    struct object *account;
    status_t status = look_up(handle, OBJECT_ACCOUNT, RIGHT_ACCOUNT_CHARGE, &account);

    if (status != STATUS_OK) {
        return status;
    }
    status = name_length > LIMIT_NAME ? STATUS_BAD_ARGUMENT
                                      : create_task(account, space, name_length, result);
    object_release(account);
    return status;
}

static status_t install(struct task *task, handle_t handle, uint32_t rights, uint64_t *installed)
{
    uint32_t had = 0;
    status_t status = STATUS_OK;
    struct object *object =
        handle_lookup_any(&current_thread()->task->handles, handle, &had, &status);

    if (object == NULL) {
        return status;
    }
    if ((had & RIGHT_TRANSFER) == 0) {
        status = STATUS_NO_RIGHT;
    } else if (task->dying) {
        status = STATUS_DYING;
    } else {
        status = handle_install(&task->handles, task->object.account, object, had & rights,
                                installed);
    }
    object_release(object);
    return status;
}

status_t sys_task_install(handle_t handle, handle_t given, uint32_t rights, uint64_t *installed)
{
    struct task *task;
    status_t status = task_of(handle, RIGHT_TASK_CONTROL, &task);

    if (status == STATUS_OK) {
        status = install(task, given, rights, installed);
        object_release(&task->object);
    }
    return status;
}

/* The task holds the endpoint as a handle does, so that its port hears when it goes. */
static void set_fault_endpoint(struct task *task, struct endpoint *endpoint)
{
    struct endpoint *old;

    object_handle_added(&endpoint->object);
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
}

status_t sys_task_set_fault_endpoint(handle_t handle, handle_t endpoint_handle)
{
    struct task *task;
    struct object *endpoint;
    status_t status = task_of(handle, RIGHT_TASK_CONTROL, &task);

    if (status != STATUS_OK) {
        return status;
    }
    status = look_up(endpoint_handle, OBJECT_ENDPOINT, RIGHT_ENDPOINT_CALL, &endpoint);
    if (status == STATUS_OK) {
        set_fault_endpoint(task, container_of(endpoint, struct endpoint, object));
        object_release(endpoint);
    }
    object_release(&task->object);
    return status;
}

status_t sys_task_set_essential(handle_t machine, handle_t handle)
{
    struct object *object;
    struct task *task;
    status_t status = look_up(machine, OBJECT_MACHINE, RIGHT_MACHINE_RESET, &object);

    if (status != STATUS_OK) {
        return status;
    }
    object_release(object);
    status = task_of(handle, RIGHT_TASK_CONTROL, &task);
    if (status == STATUS_OK) {
        task->essential = true;
        object_release(&task->object);
    }
    return status;
}

status_t sys_task_kill(handle_t handle, int64_t code)
{
    struct task *task;
    status_t status = task_of(handle, RIGHT_TASK_KILL, &task);

    if (status == STATUS_OK) {
        task_kill(task, EXIT_KILLED, code);
        object_release(&task->object);
    }
    return status;
}

/* The thread ends at once; the rest of the task in steps. */
void sys_task_exit(int64_t code)
{
    struct thread *self = current_thread();

    task_kill(self->task, EXIT_NORMAL, code);
    thread_kill(self);
}

static uint64_t task_cpu_time(struct task *task)
{
    uint64_t ticks = atomic_load(&task->cpu);

    lock_acquire(&task->lock);
    for (struct list *at = task->threads.next; at != &task->threads; at = at->next) {
        ticks += atomic_load(&container_of(at, struct thread, task_link)->cpu_time);
    }
    lock_release(&task->lock);
    return time_nanoseconds(ticks);
}

status_t sys_task_info(handle_t handle, uint32_t *state, uint32_t *reason, int64_t *code,
                       uint64_t *threads, uint64_t *handles, uint64_t *cpu_time)
{
    struct task *task;
    status_t status = task_of(handle, RIGHT_INSPECT, &task);

    if (status == STATUS_OK) {
        *state = task->state;
        *reason = task->reason;
        *code = task->code;
        *threads = task->thread_count;
        *handles = task->handles.used;
        *cpu_time = task_cpu_time(task);
        object_release(&task->object);
    }
    return status;
}

static bool may_have_priority(uint32_t priority)
{
    return priority < LIMIT_PRIORITIES && priority <= current_thread()->priority;
}

status_t sys_thread_create(handle_t handle, uint32_t priority, handle_t *result,
                           uint64_t *message_page)
{
    struct task *task;
    struct thread *thread = NULL;
    status_t status = task_or_own(handle, RIGHT_TASK_CONTROL, &task);

    if (status != STATUS_OK) {
        return status;
    }
    if (may_have_priority(priority)) {
        thread = thread_create(task, priority, &status);
    } else {
        status = STATUS_BAD_ARGUMENT;
    }
    object_release(&task->object);
    if (thread == NULL) {
        return status;
    }
    *message_page = thread->page_address;
    status = handle_install(&current_thread()->task->handles,
                            current_thread()->task->object.account, &thread->object, RIGHT_ALL,
                            result);
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

status_t sys_thread_start(handle_t handle, uint64_t pc, uint64_t sp, uint64_t argument,
                          uint64_t tls)
{
    struct thread *thread;
    status_t status = thread_of(handle, RIGHT_THREAD_CONTROL, &thread);

    if (status != STATUS_OK) {
        return status;
    }
    if (pc >= USER_TOP || sp > USER_TOP || (sp & 15) != 0 || (pc & (CODE_ALIGNMENT - 1)) != 0) {
        status = STATUS_BAD_ADDRESS;
    } else if (!claim_start(thread)) {
        status = STATUS_BAD_STATE;
    } else {
        frame_start(&thread->frame, pc, sp, argument, tls);
        sched_ready(thread);
    }
    object_release(&thread->object);
    return status;
}

void sys_thread_exit(void)
{
    thread_kill(current_thread());
}

status_t sys_thread_interrupt(handle_t handle)
{
    struct thread *thread;
    status_t status = thread_of(handle, RIGHT_THREAD_CONTROL, &thread);

    if (status == STATUS_OK) {
        thread_interrupt(thread);
        object_release(&thread->object);
    }
    return status;
}

status_t sys_thread_set_priority(handle_t handle, uint32_t priority)
{
    struct thread *thread;
    status_t status = thread_of(handle, RIGHT_THREAD_CONTROL, &thread);

    if (status != STATUS_OK) {
        return status;
    }
    if (may_have_priority(priority)) {
        sched_set_priority(thread, priority);
    } else {
        status = STATUS_BAD_ARGUMENT;
    }
    object_release(&thread->object);
    return status;
}

status_t sys_thread_yield(void)
{
    sched_yield();
    return STATUS_OK;
}

status_t sys_thread_info(handle_t handle, uint32_t *state, uint32_t *priority, uint64_t *cpu_time,
                         uint64_t *number)
{
    struct thread *thread;
    status_t status = thread_of(handle, 0, &thread);

    if (status == STATUS_OK) {
        *state = thread->state;
        *priority = thread->priority;
        *cpu_time = time_nanoseconds(atomic_load(&thread->cpu_time));
        *number = thread->number;
        object_release(&thread->object);
    }
    return status;
}

status_t sys_thread_registers(handle_t handle)
{
    struct thread *thread;
    status_t status = thread_of(handle, RIGHT_THREAD_DEBUG, &thread);

    if (status != STATUS_OK) {
        return status;
    }
    if (thread->on_cpu != NULL) {
        status = STATUS_BAD_STATE;
    } else {
        (void)frame_export(&thread->frame, current_thread()->page->data);
    }
    object_release(&thread->object);
    return status;
}
