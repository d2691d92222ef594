/* The start handles of a driver, as device.h says. */
#include "device.h"

static status_t map(handle_t memory, uint32_t flags, uintptr_t *start, uint64_t *size)
{
    uint64_t mapped = 0;
    status_t status = memory_info(memory, size, NULL, NULL);
    if (status == STATUS_OK) {
        status = space_map(0, memory, 0, 0, *size, flags, &mapped);
    }
    *start = (uintptr_t)mapped;
    return status;
}

/* The node is a convenience: a driver that finds none goes by its defaults. */
static void map_node(struct device *device, const struct server *server)
{
    const struct start_handle *found = start_handle_find(server->info, "node");
    uintptr_t start = 0;
    uint64_t size = 0;
    if (found == NULL || map(found->handle, MAP_READ, &start, &size) != STATUS_OK) {
        return;
    }
    device->node.records = (const uint8_t *)start;
    device->node.length = found->extra[0] < size ? found->extra[0] : size;
}

status_t device_open(struct device *device, const struct server *server)
{
    const struct start_handle *found = start_handle_find(server->info, "registers0");
    uint64_t size = 0;
    *device = (struct device){.irq = server_handle(server, "irq0")};
    map_node(device, server);
    if (found == NULL) {
        return STATUS_NOT_FOUND;
    }
    device->memory = found->handle;
    status_t status = map(found->handle, MAP_READ | MAP_WRITE, &device->registers, &size);
    if (status != STATUS_OK) {
        return status;
    }
    if (found->extra[0] > size || found->extra[1] > size - found->extra[0]) {
        return STATUS_BAD_ARGUMENT;
    }
    device->registers += (uintptr_t)found->extra[0];
    device->length = found->extra[1];
    return STATUS_OK;
}

status_t device_listen(struct device *device, const struct server *server, uint64_t bits)
{
    return device->irq != 0 ? irq_bind(device->irq, server->control, bits) : STATUS_NO_DEVICE;
}

void device_acknowledge(struct device *device)
{
    status_ignore(irq_acknowledge(device->irq));
}
