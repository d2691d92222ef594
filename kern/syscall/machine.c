/*
 * The machine object, and the calls on it.
 */
#include "lookup.h"

#include <arch/firmware.h>
#include <arch/irqchip.h>
#include <arch/clock.h>
#include <kern/irq.h>
#include <kern/kmem.h>
#include <kern/log.h>
#include <kern/machine.h>
#include <kern/memory.h>
#include <kern/pages.h>
#include <kern/panic.h>
#include <kern/pin.h>
#include <kern/random.h>
#include <kern/space.h>
#include <kern/time.h>

enum { LOG_LINE = 256, ENTROPY_BYTES = 256 };

/* What a task may write to the log: half of what the log keeps at once, and this much a second in
 * the long run. */
enum { LOG_BURST = KEPT_LOG_SIZE / 2, LOG_BYTES_A_SECOND = 1024, LOG_LINE_COST = 32 };

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

status_t sys_system_reset(uint32_t kind)
{
    if (kind > RESET_REBOOT) {
        return STATUS_BAD_ARGUMENT;
    }
    firmware_reset(kind);
    return STATUS_UNSUPPORTED;
}

status_t sys_clock_set_wall(uint64_t wall)
{
    uint64_t now = time_from_counter(clock_counter());

    if (wall < now) {
        return STATUS_BAD_ARGUMENT;
    }
    *(volatile uint64_t *)&space_time_page()->wall = wall - now;
    return STATUS_OK;
}

static uint64_t log_ticks(uint64_t bytes)
{
    return time_ticks(bytes * (UINT64_C(1000000000) / LOG_BYTES_A_SECOND));
}

/* Whether the task may write a line now; *dropped: how many it could not write before. A line is
 * paid for in time, and the task may be ahead of the clock by what LOG_BURST costs. */
static bool may_log(struct task *task, uint64_t length, uint64_t *dropped)
{
    uint64_t now = clock_counter();
    uint64_t paid;
    bool may;

    lock_acquire(&task->lock);
    paid = (task->log_paid > now ? task->log_paid : now) +
           log_ticks(length + LOG_LINE_COST * (task->log_dropped != 0 ? 2 : 1));
    may = paid - now <= log_ticks(LOG_BURST);
    *dropped = may ? task->log_dropped : 0;
    task->log_dropped = may ? 0 : task->log_dropped + 1;
    task->log_paid = may ? paid : task->log_paid;
    lock_release(&task->lock);
    return may;
}

status_t sys_log_write(uint64_t length)
{
    struct thread *self = current_thread();
    uint64_t dropped;

    if (length > LOG_LINE) {
        return STATUS_BAD_ARGUMENT;
    }
    if (may_log(self->task, length, &dropped)) {
        if (dropped != 0) {
            log_line("%s: %lu lines dropped, it writes too much", self->task->name, dropped);
        }
        log_append(self->task->name, (const char *)self->page->data, (uint32_t)length);
    }
    return STATUS_OK;
}

status_t sys_log_read(uint64_t position, uint64_t *next, uint64_t *length)
{
    *length = log_copy(&position, (char *)current_thread()->page->data, LIMIT_MESSAGE_DATA);
    *next = position;
    return STATUS_OK;
}

status_t sys_log_take_console(void)
{
    log_console(false);
    return STATUS_OK;
}

status_t sys_entropy_read(uint64_t length)
{
    if (length == 0 || length > ENTROPY_BYTES) {
        return STATUS_BAD_ARGUMENT;
    }
    random_read(current_thread()->page->data, length);
    return STATUS_OK;
}

status_t sys_entropy_add(uint64_t length)
{
    if (length == 0 || length > ENTROPY_BYTES) {
        return STATUS_BAD_ARGUMENT;
    }
    random_add(current_thread()->page->data, length);
    return STATUS_OK;
}

/* As give_new() for what others find before it has a handle: if it gets none it is unreachable. */
static status_t give_found(void *made, status_t status, handle_t *handle)
{
    struct object *object = made;

    if (object != NULL) {
        object_handle_added(object);
        status = give_new(object, status, handle);
        object_handle_removed(object);
    }
    return status;
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

status_t sys_memory_create_device(uint64_t physical, uint64_t size, uint32_t attributes,
                                  handle_t *result)
{
    const uint64_t most = UINT64_C(1) << 30; /* keeps the check against RAM bounded */
    struct memory *memory;
    status_t status;

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
    pin_adopt_quarantine(memory);
    return give_found(memory, STATUS_OK, result);
}

status_t sys_irq_create(uint32_t line, uint32_t flags, handle_t *result)
{
    status_t status;
    struct irq *irq = irq_create(current_thread()->task->object.account, line, flags, &status);

    return give_found(irq, status, result);
}
