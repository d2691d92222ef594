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

static status_t memory_of(handle_t handle, uint32_t rights, struct memory **memory)
{
    struct object *object;
    status_t status = look_up(handle, OBJECT_MEMORY, rights, &object);

    if (status == STATUS_OK) {
        *memory = container_of(object, struct memory, object);
    }
    return status;
}

static status_t charged_account(handle_t handle, struct object **account)
{
    return look_up(handle, OBJECT_ACCOUNT, RIGHT_ACCOUNT_CHARGE, account);
}

static struct account *as_account(struct object *object)
{
    return (struct account *)object; /* its object is its first member */
}

static bool good_size(uint64_t size)
{
    return size != 0 && size <= MEMORY_BYTES;
}

static uint64_t to_pages(uint64_t size)
{
    return (size + PAGE_MASK) >> PAGE_SHIFT;
}

status_t sys_memory_create(handle_t handle, uint64_t size, uint32_t flags, handle_t *result)
{
    struct object *account;
    struct memory *memory;
    status_t status = charged_account(handle, &account);

    if (status != STATUS_OK) {
        return status;
    }
    if (!good_size(size) || (flags & ~(uint32_t)MEMORY_CONTIGUOUS) != 0) {
        object_release(account);
        return STATUS_BAD_ARGUMENT;
    }
    memory = flags & MEMORY_CONTIGUOUS
                 ? memory_create_contiguous(as_account(account), to_pages(size), &status)
                 : memory_create(as_account(account), to_pages(size), &status);
    object_release(account);
    return memory == NULL ? status : give_new(&memory->object, result);
}

static status_t create_paged(struct object *account, uint64_t size, handle_t pager, uint64_t key,
                             handle_t *result)
{
    struct object *endpoint;
    struct memory *memory;
    status_t status = look_up(pager, OBJECT_ENDPOINT, RIGHT_ENDPOINT_CALL, &endpoint);

    if (status != STATUS_OK) {
        return status;
    }
    memory = good_size(size) ? memory_create(as_account(account), to_pages(size), &status) : NULL;
    if (memory == NULL) {
        object_release(endpoint);
        return good_size(size) ? status : STATUS_BAD_ARGUMENT;
    }
    memory->kind = MEMORY_KIND_PAGED;
    memory->pager = container_of(endpoint, struct endpoint, object);
    memory->key = key;
    object_handle_added(endpoint); /* its port hears of CLOSED when the memory goes */
    object_release(endpoint);
    return give_new(&memory->object, result);
}

status_t sys_memory_create_paged(handle_t handle, uint64_t size, handle_t pager, uint64_t key,
                                 handle_t *result)
{
    struct object *account;
    status_t status = charged_account(handle, &account);

    if (status == STATUS_OK) {
        status = create_paged(account, size, pager, key, result);
        object_release(account);
    }
    return status;
}

/* Pages that the pager has not filled could not be told from those it fills after the snapshot. */
static bool memory_all_present(struct memory *memory)
{
    return memory->kind == MEMORY_KIND_PAGED && memory->resident == memory->pages;
}

status_t sys_memory_snapshot(handle_t handle, handle_t account_handle, handle_t *result)
{
    struct memory *memory;
    struct memory *copy = NULL;
    struct object *account;
    status_t status = memory_of(handle, RIGHT_MEMORY_READ, &memory);

    if (status != STATUS_OK) {
        return status;
    }
    status = charged_account(account_handle, &account);
    if (status == STATUS_OK) {
        if (memory->kind == MEMORY_KIND_ZERO || memory_all_present(memory)) {
            copy = memory_snapshot(memory, as_account(account), &status);
        } else {
            status = STATUS_BAD_STATE;
        }
        object_release(account);
    }
    object_release(&memory->object);
    return copy == NULL ? status : give_new(&copy->object, result);
}

/* One page; absent source pages are left out. */
static status_t supply_page(struct memory *memory, uint64_t index, struct memory *source,
                            uint64_t source_index)
{
    uint64_t frame;
    status_t status = STATUS_OK;

    lock_acquire(&source->lock);
    frame = memory_share_frame(source, source_index);
    lock_release(&source->lock);
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

static status_t supply(struct memory *memory, uint64_t offset, struct memory *source,
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

status_t sys_memory_supply(handle_t handle, uint64_t offset, handle_t source_handle,
                           uint64_t source_offset, uint64_t length)
{
    struct memory *memory;
    struct memory *source;
    status_t status = memory_of(handle, RIGHT_MEMORY_SUPPLY, &memory);

    if (status != STATUS_OK) {
        return status;
    }
    status = memory_of(source_handle, RIGHT_MEMORY_READ, &source);
    if (status == STATUS_OK) {
        status = supply(memory, offset, source, source_offset, length);
        object_release(&source->object);
    }
    object_release(&memory->object);
    return status;
}

status_t sys_memory_info(handle_t handle, uint64_t *size, uint32_t *kind, uint64_t *resident)
{
    struct memory *memory;
    status_t status = memory_of(handle, 0, &memory);

    if (status == STATUS_OK) {
        *size = memory->pages * PAGE_SIZE;
        *kind = memory->kind;
        *resident = memory->resident;
        object_release(&memory->object);
    }
    return status;
}

static status_t device_of(handle_t handle, struct memory **device)
{
    status_t status = memory_of(handle, 0, device);

    if (status == STATUS_OK && (*device)->kind != MEMORY_KIND_DEVICE) {
        object_release(&(*device)->object);
        status = STATUS_BAD_STATE;
    }
    return status;
}

static struct pin *pin_memory(struct memory *device, handle_t handle, uint64_t offset,
                              uint64_t length, status_t *status)
{
    struct memory *memory;
    struct pin *pin = NULL;

    *status = memory_of(handle, RIGHT_MEMORY_READ | RIGHT_MEMORY_WRITE, &memory);
    if (*status != STATUS_OK) {
        return NULL;
    }
    if (length == 0 || ((offset | length) & PAGE_MASK) != 0 || length > PIN_BYTES ||
        !range_inside(memory, offset, length)) {
        *status = STATUS_BAD_ARGUMENT;
    } else if (memory->kind == MEMORY_KIND_DEVICE) {
        *status = STATUS_BAD_STATE;
    } else {
        pin = pin_create(current_thread()->task, device, memory, offset, length, status);
    }
    object_release(&memory->object);
    return pin;
}

status_t sys_pin_create(handle_t device_handle, handle_t memory, uint64_t offset, uint64_t length,
                        handle_t *result)
{
    struct memory *device;
    struct pin *pin;
    status_t status = device_of(device_handle, &device);

    if (status != STATUS_OK) {
        return status;
    }
    pin = pin_memory(device, memory, offset, length, &status);
    object_release(&device->object);
    return pin == NULL ? status : give_new(&pin->object, result);
}

status_t sys_pin_address(handle_t handle, uint64_t offset, uint64_t *address, uint64_t *contiguous)
{
    struct object *object;
    struct pin *pin;
    uint64_t in_pin, index, end;
    status_t status = look_up(handle, OBJECT_PIN, RIGHT_PIN_ADDRESS, &object);

    if (status != STATUS_OK) {
        return status;
    }
    pin = container_of(object, struct pin, object);
    in_pin = pin->offset + offset;
    if (offset >= pin->length) {
        object_release(object);
        return STATUS_BAD_ARGUMENT;
    }
    index = in_pin >> PAGE_SHIFT;
    *address = pin->frames[index] + (in_pin & PAGE_MASK);
    end = index + 1;
    while (end < pin->count && pin->frames[end] == pin->frames[end - 1] + PAGE_SIZE) {
        end++;
    }
    *contiguous = end * PAGE_SIZE - in_pin;
    if (*contiguous > pin->length - offset) {
        *contiguous = pin->length - offset;
    }
    object_release(object);
    return STATUS_OK;
}

status_t sys_pin_release(handle_t handle)
{
    struct memory *device;
    status_t status = device_of(handle, &device);

    if (status == STATUS_OK) {
        pin_release_quarantine(device);
        object_release(&device->object);
    }
    return status;
}

static status_t reply_of(handle_t handle, struct reply **reply)
{
    struct object *object;
    status_t status = look_up(handle, OBJECT_REPLY, RIGHT_REPLY_ANSWER, &object);

    if (status == STATUS_OK) {
        *reply = container_of(object, struct reply, object);
    }
    return status;
}

status_t sys_lease_copy(handle_t handle, uint32_t index, uint64_t offset, uint64_t address,
                        uint64_t length, uint32_t direction, uint64_t *copied)
{
    struct reply *reply;
    status_t status = reply_of(handle, &reply);

    if (status != STATUS_OK) {
        return status;
    }
    if (direction != LEASE_READ && direction != LEASE_WRITE) {
        status = STATUS_BAD_LEASE;
    } else if (length > USER_TOP || address > USER_TOP - length) {
        status = STATUS_BAD_ADDRESS;
    } else {
        status = lease_copy(reply, index, offset, current_thread()->task->space, address, length,
                            direction, copied);
    }
    object_release(&reply->object);
    return status;
}

status_t sys_lease_pin(handle_t device_handle, handle_t handle, uint32_t index, uint64_t offset,
                       uint64_t length, handle_t *result)
{
    struct memory *device;
    struct reply *reply;
    struct pin *pin = NULL;
    status_t status = device_of(device_handle, &device);

    if (status != STATUS_OK) {
        return status;
    }
    status = reply_of(handle, &reply);
    if (status == STATUS_OK) {
        if (length == 0 || length > PIN_BYTES) {
            status = STATUS_BAD_LEASE;
        } else {
            pin = pin_lease(current_thread()->task, device, reply, index, offset, length, &status);
        }
        object_release(&reply->object);
    }
    object_release(&device->object);
    return pin == NULL ? status : give_new(&pin->object, result);
}
