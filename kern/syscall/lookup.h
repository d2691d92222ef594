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

/* Any object, and what its handle allows. */
static inline status_t look_up_any(handle_t handle, uint32_t *rights, struct object **object)
{
    status_t status = STATUS_OK;

    *object = handle_lookup_any(&current_thread()->task->handles, handle, rights, &status);
    return status;
}

/* Puts a new object into the caller's table with all rights, and drops the maker's reference. Null:
 * none was made, for the reason in `status`. Like the decoders' objects it begins with its head. */
status_t give_new(void *made, status_t status, handle_t *handle);

#endif
