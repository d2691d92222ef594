/*
 * Calls for whoever holds the debug right of a task or thread.
 */
#include "lookup.h"

#include <kern/guest.h>
#include <kern/life.h>

status_t sys_task_stop(struct task *task, struct event *event, uint64_t bits)
{
    return bits == 0 ? STATUS_BAD_ARGUMENT : task_stop(task, event, bits);
}

status_t sys_task_resume(struct task *task)
{
    return task_resume(task);
}

/* Its creator has no handle yet, and closing one that was opened before would end it. */
static bool is_unborn(const struct thread *thread)
{
    return atomic_load(&thread->object.handles) == 0 && thread->state == THREAD_NEW;
}

/* With a reference; null: there is none. Threads are listed in the order of their numbers. */
static struct thread *thread_after(struct task *task, uint64_t after)
{
    struct thread *found = NULL;

    lock_acquire(&task->lock);
    for (struct list *at = task->threads.next; at != &task->threads; at = at->next) {
        struct thread *thread = container_of(at, struct thread, task_link);

        if (thread->number > after && !is_unborn(thread)) {
            object_reference(&thread->object);
            found = thread;
            break;
        }
    }
    lock_release(&task->lock);
    return found;
}

status_t sys_task_thread(struct task *task, uint64_t after, handle_t *result, uint64_t *number)
{
    struct thread *thread = thread_after(task, after);
    uint64_t found;
    status_t status;

    if (thread == NULL) {
        return STATUS_NOT_FOUND;
    }
    found = thread->number;
    status = give_new(thread, STATUS_OK, result);
    *number = status == STATUS_OK ? found : 0;
    return status;
}

status_t sys_thread_registers(struct thread *thread)
{
    struct frame shown;

    if (thread->on_cpu != NULL && !atomic_load(&thread->halted)) {
        return STATUS_BAD_STATE;
    }
    shown = thread->frame;
    frame_set_pc(&shown, guest_host_pc(thread));
    (void)frame_export(&shown, current_thread()->page->data);
    return STATUS_OK;
}

status_t sys_thread_set_registers(struct thread *thread)
{
    return thread_set_registers(thread, current_thread()->page->data);
}
