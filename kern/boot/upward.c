/*
 * Where lower layers learn of higher ones: what each type does at its ends, and who runs at a
 * panic.
 */
#include <kern/account.h>
#include <kern/event.h>
#include <kern/guest.h>
#include <kern/irq.h>
#include <kern/life.h>
#include <kern/memory.h>
#include <kern/panic.h>
#include <kern/pin.h>
#include <kern/port.h>
#include <kern/space.h>
#include <kern/timer.h>
#include <kern/trace.h>

static void memory_unreachable(struct object *object)
{
    trace_memory_unreachable(object);
    pin_device_unreachable(object);
}

const struct object_type object_types[OBJECT_GUEST + 1] = {
    [OBJECT_TASK] = {"task", task_unreachable, task_destroy},
    [OBJECT_THREAD] = {"thread", thread_unreachable, thread_destroy},
    [OBJECT_SPACE] = {"space", NULL, space_destroy},
    [OBJECT_MEMORY] = {"memory", memory_unreachable, memory_destroy},
    [OBJECT_PORT] = {"port", port_unreachable, object_free},
    [OBJECT_ENDPOINT] = {"endpoint", endpoint_unreachable, endpoint_destroy},
    [OBJECT_REPLY] = {"reply", reply_unreachable, object_free},
    [OBJECT_EVENT] = {"event", NULL, object_free},
    [OBJECT_IRQ] = {"irq", irq_unreachable, object_free},
    [OBJECT_TIMER] = {"timer", timer_unreachable, timer_destroy},
    [OBJECT_ACCOUNT] = {"account", NULL, account_destroy},
    [OBJECT_PIN] = {"pin", pin_unreachable, pin_destroy},
    [OBJECT_MACHINE] = {"machine", NULL, NULL}, /* there is one, for ever */
    [OBJECT_GUEST] = {"guest", guest_unreachable, guest_destroy},
};

static const char *task_name(const struct thread *thread)
{
    return thread->task->name;
}

const char *(*const panic_task_name)(const struct thread *thread) = task_name;
