/*
 * From a call's number to its function and back; see kern/syscall.h.
 */
#include "lookup.h"

#include <kern/account.h>
#include <kern/event.h>
#include <kern/guest.h>
#include <kern/irq.h>
#include <kern/pin.h>
#include <kern/port.h>
#include <kern/space.h>
#include <kern/timer.h>

/* Decoders take a pointer to the object for one to the whole. */
_Static_assert(offsetof(struct account, object) == 0 && offsetof(struct endpoint, object) == 0 &&
                   offsetof(struct event, object) == 0 && offsetof(struct guest, object) == 0 &&
                   offsetof(struct irq, object) == 0 && offsetof(struct port, object) == 0 &&
                   offsetof(struct timer, object) == 0 && offsetof(struct memory, object) == 0 &&
                   offsetof(struct pin, object) == 0 && offsetof(struct reply, object) == 0 &&
                   offsetof(struct space, object) == 0 && offsetof(struct task, object) == 0 &&
                   offsetof(struct thread, object) == 0,
               "objects begin with struct object");

status_t give_new(void *made, status_t status, handle_t *handle)
{
    struct task *task = current_thread()->task;
    struct object *object = made;

    if (object == NULL) {
        return status;
    }
    status = handle_install(&task->handles, task->object.account, object, RIGHT_ALL, handle);
    object_release(object);
    return status;
}

static struct object *own_object(uint32_t type)
{
    struct task *task = current_thread()->task;
    struct object *object = type == OBJECT_SPACE ? &task->space->object : &task->object;

    object_reference(object);
    return object;
}

/* The objects that the call's handles name, with a reference each; *count of them even if it
 * fails. */
static inline status_t take_objects(const struct frame *frame, const struct syscall *call,
                                    struct object **objects, unsigned *count)
{
    status_t status = STATUS_OK;

    while (*count < SYSCALL_TAKES && call->takes[*count].type != OBJECT_NONE) {
        const struct syscall_take *take = &call->takes[*count];
        handle_t handle = frame_argument(frame, take->argument);

        if (handle == 0 && take->own) {
            objects[*count] = own_object(take->type);
        } else {
            status = look_up(handle, take->type, take->rights, &objects[*count]);
        }
        if (status != STATUS_OK) {
            break;
        }
        (*count)++;
    }
    return status;
}

/* Not inlined: the frequent calls need no stack frame of the dispatcher's. */
__attribute__((noinline)) static void run(struct frame *frame, const struct syscall *call)
{
    struct object *objects[SYSCALL_TAKES];
    uint64_t results[SYSCALL_RESULTS] = {0};
    unsigned count = 0;
    status_t status = take_objects(frame, call, objects, &count);

    if (status == STATUS_OK) {
        status = call->decode(frame, objects, results);
    }
    while (count > 0) {
        object_release(objects[--count]);
    }
    if (status != STATUS_BLOCKED) {
        syscall_write_results(frame, status, results, SYSCALL_RESULTS);
    }
}

status_t syscall_bad(struct frame *frame)
{
    syscall_write_results(frame, STATUS_BAD_CALL, NULL, 0);
    return STATUS_BAD_CALL;
}

void syscall_dispatch(struct frame *frame)
{
    uint64_t number = frame_call_number(frame);
    const struct syscall *call = &syscalls[number < SYSTEM_CALL_COUNT ? number : 0];

    if (call->whole != NULL) {
        (void)call->whole(frame);
    } else {
        run(frame, call);
    }
}
