/*
 * Who uses a port: for supervisors, which name the users of a service before they end it.
 */
#include "lookup.h"

#include <kern/port.h>
#include <kern/task.h>

/* Slots keep their objects alive while the table is locked, and endpoints their port. */
static bool leads_to(const struct object *object, const void *port)
{
    const struct endpoint *endpoint = container_of(object, struct endpoint, object);

    return object->type == OBJECT_ENDPOINT && endpoint->port == port &&
           !atomic_load(&endpoint->revoked);
}

status_t sys_task_count_endpoints(struct task *task, struct port *port, uint64_t from,
                                  uint64_t *count, uint64_t *next)
{
    uint32_t slot = (uint32_t)from;

    if (from >= HANDLE_SLOTS_PER_PAGE * HANDLE_PAGES) {
        return STATUS_BAD_ARGUMENT;
    }
    if (!task->dying) {
        *count = handle_table_count(&task->handles, &slot, leads_to, port);
        *next = slot;
    }
    return STATUS_OK;
}
