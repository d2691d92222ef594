/*
 * Calls on handles and accounts.
 */
#include "lookup.h"

#include <kern/account.h>
#include <kern/port.h>
#include <kern/sched.h>
#include <kern/time.h>

#define PERIOD_LEAST UINT64_C(1000000) /* ns */
#define PERIOD_MOST  UINT64_C(10000000000)

status_t sys_handle_close(handle_t handle)
{
    struct thread *self = current_thread();

    if (handle == self->receive_port_handle || handle == self->receive_reply_handle) {
        receive_forget(self);
    }
    return handle_remove(&self->task->handles, handle);
}

status_t sys_handle_duplicate(handle_t handle, uint32_t rights, handle_t *copy)
{
    struct task *task = current_thread()->task;
    uint32_t had = 0;
    status_t status = STATUS_OK;
    struct object *object = handle_take(&task->handles, handle, &had, &status);

    if (object == NULL) {
        return status;
    }
    rights &= had;
    status = had & RIGHT_DUPLICATE ? handle_install_all(&task->handles, task->object.account,
                                                        &object, &rights, 1, copy)
                                   : STATUS_NO_RIGHT;
    if (status != STATUS_OK) {
        object_handle_removed(object);
    }
    return status;
}

status_t sys_handle_info(handle_t handle, uint32_t *type, uint32_t *rights, uint64_t *identity)
{
    struct object *object;
    status_t status = look_up_any(handle, rights, &object);

    if (object != NULL) {
        *type = object->type;
        *identity = object->identity;
        object_release(object);
    }
    return status;
}

status_t sys_account_create(struct account *parent, handle_t *result)
{
    return parent->depth == LIMIT_ACCOUNT_DEPTH
               ? STATUS_BAD_ARGUMENT
               : give_new(account_create(parent), STATUS_NO_KERNEL_MEMORY, result);
}

status_t sys_account_limit(struct account *account, uint32_t resource, uint64_t limit,
                           uint64_t period)
{
    switch (resource) {
    case ACCOUNT_PAGES:
        atomic_store(&account->pages_limit, limit);
        return STATUS_OK;
    case ACCOUNT_KERNEL:
        atomic_store(&account->kernel_limit, limit);
        return STATUS_OK;
    case ACCOUNT_CPU:
        if (limit != ~UINT64_C(0) && (period < PERIOD_LEAST || period > PERIOD_MOST)) {
            return STATUS_BAD_ARGUMENT;
        }
        account_limit_cpu(account, limit == ~UINT64_C(0) ? limit : time_ticks(limit),
                          time_ticks(period));
        sched_choose_everywhere();
        return STATUS_OK;
    default:
        return STATUS_BAD_ARGUMENT;
    }
}

status_t sys_account_info(struct account *account, uint64_t *pages, uint64_t *pages_limit,
                          uint64_t *kernel_bytes, uint64_t *kernel_limit, uint64_t *cpu_time)
{
    *pages = atomic_load(&account->pages);
    *pages_limit = atomic_load(&account->pages_limit);
    *kernel_bytes = atomic_load(&account->kernel);
    *kernel_limit = atomic_load(&account->kernel_limit);
    *cpu_time = time_nanoseconds(atomic_load(&account->cpu));
    return STATUS_OK;
}
