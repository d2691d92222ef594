/*
 * Calls on address spaces.
 */
#include "lookup.h"

#include <kern/pages.h>
#include <kern/space.h>
#include <string.h>

enum { PROTECTION = MAP_READ | MAP_WRITE | MAP_EXECUTE };

static status_t create(struct account *account, enum space_kind kind, handle_t *result,
                       uint64_t *libsys)
{
    status_t status;
    struct space *space = space_create(account, kind, &status);

    if (space == NULL) {
        return status;
    }
    *libsys = space->libsys;
    return give_new(space, STATUS_OK, result);
}

status_t sys_space_create(struct account *account, handle_t *result, uint64_t *libsys)
{
    return create(account, SPACE_PLAIN, result, libsys);
}

status_t sys_space_create_host(struct account *account, handle_t *result, uint64_t *libsys)
{
    return create(account, SPACE_HOST, result, libsys);
}

status_t sys_space_create_guest(struct space *host, struct account *account, handle_t *result)
{
    status_t status;
    struct space *space = space_create_guest(host, account, &status);

    return give_new(space, status, result);
}

static bool good_protection(uint32_t flags)
{
    const uint32_t both = MAP_WRITE | MAP_EXECUTE;

    return (flags & PROTECTION) != 0 && (flags & both) != both;
}

static bool good_range(uint64_t address, uint64_t length)
{
    return ((address | length) & PAGE_MASK) == 0 && length != 0 && length <= USER_TOP &&
           address <= USER_TOP - length;
}

/* What a memory handle lets its holder map. */
static uint32_t allowed_by(uint32_t rights)
{
    return (rights & RIGHT_MEMORY_READ ? (uint32_t)MAP_READ : 0) |
           (rights & RIGHT_MEMORY_WRITE ? (uint32_t)MAP_WRITE : 0) |
           (rights & RIGHT_MEMORY_EXECUTE ? (uint32_t)MAP_EXECUTE : 0);
}

static status_t map_object(struct space *space, struct object *object, uint32_t rights,
                           uint64_t address, uint64_t offset, uint64_t length, uint32_t flags,
                           uint64_t *mapped)
{
    struct memory *memory = container_of(object, struct memory, object);
    uint64_t size;

    if (object->type != OBJECT_MEMORY) {
        return STATUS_WRONG_TYPE;
    }
    size = memory->pages * PAGE_SIZE;
    if (!good_protection(flags) || (flags & ~(uint32_t)(PROTECTION | MAP_FIXED)) != 0 ||
        ((address | offset | length) & PAGE_MASK) != 0 || length == 0 || offset > size ||
        length > size - offset) {
        return STATUS_BAD_ARGUMENT;
    }
    if (memory->kind == MEMORY_KIND_DEVICE && (flags & MAP_EXECUTE) != 0) {
        return STATUS_NO_RIGHT;
    }
    if ((flags & PROTECTION & ~allowed_by(rights)) != 0) {
        return STATUS_NO_RIGHT;
    }
    return space_map(space, memory, address, offset, length, flags, allowed_by(rights), mapped);
}

status_t sys_space_map(struct space *space, handle_t memory, uint64_t address, uint64_t offset,
                       uint64_t length, uint32_t flags, uint64_t *mapped)
{
    uint32_t rights = 0;
    struct object *object;
    status_t status = look_up_any(memory, &rights, &object);

    if (object != NULL) {
        status = map_object(space, object, rights, address, offset, length, flags, mapped);
        object_release(object);
    }
    return status;
}

status_t sys_space_unmap(struct space *space, uint64_t address, uint64_t length)
{
    return good_range(address, length) ? space_unmap(space, address, length, false)
                                       : STATUS_BAD_ARGUMENT;
}

status_t sys_space_protect(struct space *space, uint64_t address, uint64_t length, uint32_t flags)
{
    return good_range(address, length) && good_protection(flags) &&
                   (flags & ~(uint32_t)PROTECTION) == 0
               ? space_protect(space, address, length, flags)
               : STATUS_BAD_ARGUMENT;
}

status_t sys_space_sync_code(struct space *space, uint64_t address, uint64_t length)
{
    return length <= USER_TOP && address <= USER_TOP - length
               ? space_sync_code(space, address, length)
               : STATUS_BAD_ADDRESS;
}

/* Reads no further than what is there; pages that a pager has to fill count as absent. */
static status_t peek(struct space *space, uint64_t address, uint8_t *to, uint64_t length)
{
    while (length > 0) {
        uint64_t in_page = address & PAGE_MASK;
        uint64_t part = PAGE_SIZE - in_page < length ? PAGE_SIZE - in_page : length;
        uint64_t frame = 0;
        status_t status = space_touch(space, address, MAP_READ, &frame, NULL);

        if (status != STATUS_OK || !page_is_ram(frame)) {
            return STATUS_BAD_ADDRESS;
        }
        memcpy(to, (const char *)direct_map(frame) + in_page, part);
        page_unpin(frame);
        address += part;
        to += part;
        length -= part;
    }
    return STATUS_OK;
}

status_t sys_space_peek(struct space *space, uint64_t address, uint64_t length)
{
    if (length == 0 || length > LIMIT_MESSAGE_DATA) {
        return STATUS_BAD_ARGUMENT;
    }
    return address <= USER_TOP - length ? peek(space, address, current_thread()->page->data, length)
                                        : STATUS_BAD_ADDRESS;
}
