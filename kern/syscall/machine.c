/*
 * The machine object, and the calls on it.
 */
#include "lookup.h"

#include "../boot/log.h"

#include <arch/firmware.h>
#include <arch/irqchip.h>
#include <arch/clock.h>
#include <kern/irq.h>
#include <kern/kmem.h>
#include <kern/machine.h>
#include <kern/memory.h>
#include <kern/pages.h>
#include <kern/random.h>
#include <kern/timer.h>

enum { LOG_LINE = 256, ENTROPY_BYTES = 256 };

static struct object machine = {.type = OBJECT_MACHINE, .references = 1, .identity = 0};

struct object *machine_object(void)
{
    return &machine;
}

status_t sys_system_info(uint64_t *cpus_found, uint64_t *total, uint64_t *unused,
                         uint64_t *kernel_bytes, uint64_t *uptime)
{
    *cpus_found = cpu_count;
    *total = pages_total();
    *unused = pages_free();
    *kernel_bytes = kmem_bytes();
    *uptime = time_from_counter(clock_counter());
    return STATUS_OK;
}

status_t sys_system_reset(handle_t handle, uint32_t kind)
{
    struct object *object;
    status_t status = look_up(handle, OBJECT_MACHINE, RIGHT_MACHINE_RESET, &object);

    if (status != STATUS_OK) {
        return status;
    }
    object_release(object);
    if (kind > RESET_REBOOT) {
        return STATUS_BAD_ARGUMENT;
    }
    firmware_reset(kind);
    return STATUS_UNSUPPORTED;
}

status_t sys_log_write(uint64_t length)
{
    struct thread *self = current_thread();

    if (length > LOG_LINE) {
        return STATUS_BAD_ARGUMENT;
    }
    log_append(self->task->name, (const char *)self->page->data, (uint32_t)length);
    return STATUS_OK;
}

status_t sys_log_read(handle_t handle, uint64_t position, uint64_t *next, uint64_t *length)
{
    struct object *object;
    status_t status = look_up(handle, OBJECT_MACHINE, RIGHT_MACHINE_LOG, &object);

    if (status != STATUS_OK) {
        return status;
    }
    object_release(object);
    *length = log_copy(&position, (char *)current_thread()->page->data, LIMIT_MESSAGE_DATA);
    *next = position;
    return STATUS_OK;
}

status_t sys_log_take_console(handle_t handle)
{
    struct object *object;
    status_t status = look_up(handle, OBJECT_MACHINE, RIGHT_MACHINE_LOG, &object);

    if (status == STATUS_OK) {
        object_release(object);
        log_console(false);
    }
    return status;
}

status_t sys_entropy_read(uint64_t length)
{
    if (length == 0 || length > ENTROPY_BYTES) {
        return STATUS_BAD_ARGUMENT;
    }
    random_read(current_thread()->page->data, length);
    return STATUS_OK;
}

static bool overlaps_ram(uint64_t physical, uint64_t size)
{
    for (uint64_t at = physical; at < physical + size; at += PAGE_SIZE) {
        if (page_is_ram(at)) {
            return true;
        }
    }
    return false;
}

status_t sys_memory_create_device(handle_t handle, uint64_t physical, uint64_t size,
                                  uint32_t attributes, handle_t *result)
{
    const uint64_t most = UINT64_C(1) << 30; /* keeps the check against RAM bounded */
    struct object *object;
    struct memory *memory;
    status_t status = look_up(handle, OBJECT_MACHINE, RIGHT_MACHINE_PHYSICAL, &object);

    if (status != STATUS_OK) {
        return status;
    }
    object_release(object);
    if (((physical | size) & PAGE_MASK) != 0 || size == 0 || size > most ||
        physical > ~UINT64_C(0) - size || attributes > DEVICE_WRITE_COMBINE ||
        physical + size > UINT64_C(1) << 48 || irqchip_owns(physical, size) ||
        overlaps_ram(physical, size)) {
        return STATUS_BAD_ARGUMENT;
    }
    memory = memory_create_range(current_thread()->task->object.account, MEMORY_KIND_DEVICE,
                                 physical, size >> PAGE_SHIFT, &status);
    if (memory == NULL) {
        return status;
    }
    memory->attributes = attributes;
    return give_new(&memory->object, result);
}

status_t sys_irq_create(handle_t handle, uint32_t line, uint32_t flags, handle_t *result)
{
    struct object *object;
    struct irq *irq;
    status_t status = look_up(handle, OBJECT_MACHINE, RIGHT_MACHINE_IRQ, &object);

    if (status != STATUS_OK) {
        return status;
    }
    object_release(object);
    irq = irq_create(current_thread()->task->object.account, line, flags, &status);
    return irq == NULL ? status : give_new(&irq->object, result);
}
