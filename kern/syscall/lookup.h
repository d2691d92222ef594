/*
 * What every system call begins and ends with; private to kern/syscall.
 */
#ifndef SYSCALL_LOOKUP_H
#define SYSCALL_LOOKUP_H

#include <kern/cpu.h>
#include <kern/syscall.h>
#include <kern/thread.h>
#include <kern_calls.h>

static inline struct thread *current_thread(void)
{
    return cpu_self()->current;
}

/* The object of a handle of the calling task, with a reference. */
static inline status_t look_up(handle_t handle, uint32_t type, uint32_t rights,
                               struct object **object)
{
    status_t status = STATUS_OK;

    *object = handle_lookup(&current_thread()->task->handles, handle, type, rights, &status);
    return status;
}

/* Puts a new object into the caller's table with all rights, and drops the maker's reference. */
static inline status_t give_new(struct object *object, handle_t *handle)
{
    struct task *task = current_thread()->task;
    status_t status =
        handle_install(&task->handles, task->object.account, object, RIGHT_ALL, handle);

    object_release(object);
    return status;
}

#endif
