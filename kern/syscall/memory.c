/*
 * Calls on memory objects, pins and leases.
 */
#include "lookup.h"

#include <kern/lease.h>
#include <kern/memory.h>
#include <kern/pages.h>
#include <kern/pin.h>
#include <kern/port.h>

#define MEMORY_BYTES (UINT64_C(1) << 38)
#define SUPPLY_BYTES (UINT64_C(1) << 20)

static bool good_size(uint64_t size)
{
    return size != 0 && size <= MEMORY_BYTES;
}

static uint64_t to_pages(uint64_t size)
{
    return (size + PAGE_MASK) >> PAGE_SHIFT;
}

status_t sys_memory_create(struct account *account, uint64_t size, uint32_t flags, handle_t *result)
{
    struct memory *memory;
    status_t status;

    if (!good_size(size) || (flags & ~(uint32_t)MEMORY_CONTIGUOUS) != 0) {
        return STATUS_BAD_ARGUMENT;
    }
    memory = flags & MEMORY_CONTIGUOUS ? memory_create_contiguous(account, to_pages(size), &status)
                                       : memory_create(account, to_pages(size), &status);
    return give_new(memory, status, result);
}

status_t sys_memory_create_paged(struct account *account, uint64_t size, struct endpoint *pager,
                                 uint64_t key, handle_t *result)
{
    struct memory *memory;
    status_t status;

    if (!good_size(size)) {
        return STATUS_BAD_ARGUMENT;
    }
    memory = memory_create(account, to_pages(size), &status);
    if (memory == NULL) {
        return status;
    }
    if (!object_try_handle_added(&pager->object)) { /* CLOSED comes when the memory goes */
        object_release(&memory->object);
        return STATUS_GONE;
    }
    memory->kind = MEMORY_KIND_PAGED;
    memory->pager = &pager->object;
    memory->key = key;
    return give_new(memory, STATUS_OK, result);
}

/* Pages that the pager has not filled could not be told from those it fills after the snapshot. */
static bool memory_all_present(struct memory *memory)
{
    return memory->kind == MEMORY_KIND_PAGED && memory->resident == memory->pages;
}

status_t sys_memory_snapshot(struct memory *memory, struct account *account, handle_t *result)
{
    struct memory *copy;
    status_t status;

    if (memory->kind != MEMORY_KIND_ZERO && !memory_all_present(memory)) {
        return STATUS_BAD_STATE;
    }
    copy = memory_snapshot(memory, account, &status);
    return give_new(copy, status, result);
}

/* One page. What is absent from zero-fill memory is zero, from paged memory left out. */
static status_t supply_page(struct memory *memory, uint64_t index, struct memory *source,
                            uint64_t source_index)
{
    uint64_t frame;
    bool lost;
    status_t status;

    lock_acquire(&source->lock);
    lost = source->lost;
    frame = lost ? 0 : memory_share_frame(source, source_index);
    lock_release(&source->lock);
    if (lost) {
        return STATUS_NO_PAGES;
    }
    if (frame == 0 && source->kind == MEMORY_KIND_PAGED) {
        return STATUS_OK;
    }
    if (frame == 0) {
        frame = page_zero;
        page_own(frame);
    }
    lock_acquire(&memory->lock);
    status = memory_supply_frame(memory, index, frame);
    lock_release(&memory->lock);
    if (status != STATUS_OK) {
        page_disown(frame);
    }
    return status;
}

static bool range_inside(const struct memory *memory, uint64_t offset, uint64_t length)
{
    uint64_t size = memory->pages * PAGE_SIZE;

    return offset <= size && length <= size - offset;
}

status_t sys_memory_supply(struct memory *memory, uint64_t offset, struct memory *source,
                           uint64_t source_offset, uint64_t length)
{
    status_t status = STATUS_OK;

    if (((offset | source_offset | length) & PAGE_MASK) != 0 || length > SUPPLY_BYTES ||
        !range_inside(memory, offset, length) || !range_inside(source, source_offset, length)) {
        return STATUS_BAD_ARGUMENT;
    }
    if (memory->kind != MEMORY_KIND_PAGED || memory == source ||
        (source->kind != MEMORY_KIND_ZERO && source->kind != MEMORY_KIND_PAGED)) {
        return STATUS_BAD_STATE;
    }
    for (uint64_t at = 0; at < length && status == STATUS_OK; at += PAGE_SIZE) {
        status = supply_page(memory, (offset + at) >> PAGE_SHIFT, source,
                             (source_offset + at) >> PAGE_SHIFT);
    }
    return status;
}

static status_t check_zero_range(const struct memory *memory, uint64_t offset, uint64_t length)
{
    if (((offset | length) & PAGE_MASK) != 0 || length > SUPPLY_BYTES ||
        !range_inside(memory, offset, length)) {
        return STATUS_BAD_ARGUMENT;
    }
    return memory->kind == MEMORY_KIND_ZERO ? STATUS_OK : STATUS_BAD_STATE;
}

status_t sys_memory_discard(struct memory *memory, uint64_t offset, uint64_t length)
{
    status_t status = check_zero_range(memory, offset, length);

    for (uint64_t at = 0; at < length && status == STATUS_OK; at += PAGE_SIZE) {
        lock_acquire(&memory->lock);
        status = memory_discard_frame(memory, (offset + at) >> PAGE_SHIFT);
        lock_release(&memory->lock);
    }
    return status;
}

status_t sys_memory_commit(struct memory *memory, uint64_t offset, uint64_t length)
{
    status_t status = check_zero_range(memory, offset, length);

    for (uint64_t at = 0; at < length && status == STATUS_OK; at += PAGE_SIZE) {
        uint64_t frame;
        bool writable;

        lock_acquire(&memory->lock);
        status = memory_frame(memory, (offset + at) >> PAGE_SHIFT, true, &frame, &writable);
        lock_release(&memory->lock);
    }
    return status;
}

status_t sys_memory_info(struct memory *memory, uint64_t *size, uint32_t *kind, uint64_t *resident)
{
    *size = memory->pages * PAGE_SIZE;
    *kind = memory->kind;
    *resident = memory->resident;
    return STATUS_OK;
}

status_t sys_pin_create(struct memory *device, struct memory *memory, uint64_t offset,
                        uint64_t length, handle_t *result)
{
    struct pin *pin;
    status_t status;

    if (device->kind != MEMORY_KIND_DEVICE || memory->kind == MEMORY_KIND_DEVICE) {
        return STATUS_BAD_STATE;
    }
    if (length == 0 || ((offset | length) & PAGE_MASK) != 0 || length > PIN_BYTES ||
        !range_inside(memory, offset, length)) {
        return STATUS_BAD_ARGUMENT;
    }
    pin = pin_create(current_thread()->task, device, memory, offset, length, &status);
    return give_new(pin, status, result);
}

status_t sys_pin_address(struct pin *pin, uint64_t offset, uint64_t *address, uint64_t *contiguous)
{
    uint64_t in_pin = pin->offset + offset;
    uint64_t index = in_pin >> PAGE_SHIFT;
    uint64_t end = index + 1;

    if (offset >= pin->length) {
        return STATUS_BAD_ARGUMENT;
    }
    *address = pin->frames[index] + (in_pin & PAGE_MASK);
    while (end < pin->count && pin->frames[end] == pin->frames[end - 1] + PAGE_SIZE) {
        end++;
    }
    *contiguous = end * PAGE_SIZE - in_pin;
    if (*contiguous > pin->length - offset) {
        *contiguous = pin->length - offset;
    }
    return STATUS_OK;
}

status_t sys_pin_release(struct memory *device)
{
    if (device->kind != MEMORY_KIND_DEVICE) {
        return STATUS_BAD_STATE;
    }
    pin_release_quarantine(device);
    return STATUS_OK;
}

status_t sys_lease_copy(struct reply *reply, uint32_t index, uint64_t offset, uint64_t address,
                        uint64_t length, uint32_t direction, uint64_t *copied)
{
    if (direction != LEASE_READ && direction != LEASE_WRITE) {
        return STATUS_BAD_LEASE;
    }
    if (length > USER_TOP || address > USER_TOP - length) {
        return STATUS_BAD_ADDRESS;
    }
    return lease_copy(reply, index, offset, current_thread()->task->space, address, length,
                      direction, copied);
}

status_t sys_lease_pin(struct memory *device, struct reply *reply, uint32_t index, uint64_t offset,
                       uint64_t length, handle_t *result)
{
    struct pin *pin;
    status_t status;

    if (device->kind != MEMORY_KIND_DEVICE) {
        return STATUS_BAD_STATE;
    }
    if (length == 0 || length > PIN_BYTES) {
        return STATUS_BAD_LEASE;
    }
    pin = pin_lease(current_thread()->task, device, reply, index, offset, length, &status);
    return give_new(pin, status, result);
}
