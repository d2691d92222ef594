/*
 * Files that init serves itself: see own_files.h.
 */
#include "own_files.h"

#include <sinter/protocol/file.h>

#include "kept.h"
#include "memory.h"

enum { ENTROPY_BYTES = 256, RANDOM_BYTES = 4096 }; /* of one entropy_read(); of one read here */

static const struct {
    const char *name;
    uint32_t kind;
} own_files[OWN_FILES] = {
    [OWN_NULL] = {"null", FILE_KIND_CHARACTER},
    [OWN_LOG] = {"log", FILE_KIND_REGULAR},
    [OWN_RANDOM] = {"random", FILE_KIND_CHARACTER},
    [OWN_LOG_PREVIOUS] = {"log-previous", FILE_KIND_REGULAR},
};

const char *own_file_name(uint32_t slot)
{
    return slot < OWN_FILES ? own_files[slot].name : NULL;
}

uint32_t own_file_kind(uint32_t slot)
{
    return own_files[slot].kind;
}

uint32_t own_file_find(const char *name)
{
    uint32_t slot = 0;
    while (slot < OWN_FILES && !text_same(own_files[slot].name, name)) {
        slot++;
    }
    return slot;
}

uint32_t own_file_of(const struct call *call)
{
    uint32_t slot = badge_slot(call->in.badge);
    return badge_kind(call->in.badge) == BADGE_OWN && slot < OWN_FILES ? slot : OWN_FILES;
}

/* Offset 0 is the oldest byte that the kernel has kept. */
static status_t read_log(struct call *call, uint64_t offset, uint64_t *count)
{
    char bytes[LIMIT_MESSAGE_DATA];
    uint64_t next = 0;
    uint64_t length = 0;
    uint64_t room = call_lease_length(call, 0);
    status_t status = log_read(init.machine, 0, &next, &length);
    if (status == STATUS_OK && offset != 0) {
        status = log_read(init.machine, next - length + offset, &next, &length);
    }
    if (status != STATUS_OK || length == 0) {
        return status;
    }
    length = length < sizeof(bytes) ? length : sizeof(bytes);
    length = length < room ? length : room;
    memcpy(bytes, message_page()->data, length);
    *count = length;
    return call_write(call, 0, 0, bytes, length);
}

/* The log of the boot before; empty if there is none. */
static status_t read_log_previous(struct call *call, uint64_t offset, uint64_t *count)
{
    char bytes[LIMIT_MESSAGE_DATA];
    uint64_t room = call_lease_length(call, 0);
    room = room < sizeof(bytes) ? room : sizeof(bytes);
    *count = kept_log_copy(&kept.log, offset, bytes, room);
    return call_write(call, 0, 0, bytes, *count);
}

/* A reader that wants more asks again, so init is never busy with it for long. */
static status_t read_random(struct call *call, uint64_t *count)
{
    uint8_t bytes[ENTROPY_BYTES];
    uint64_t length = call_lease_length(call, 0);
    status_t status = STATUS_OK;
    length = length < RANDOM_BYTES ? length : RANDOM_BYTES;
    for (uint64_t done = 0; done < length && status == STATUS_OK; done += *count) {
        *count = length - done < sizeof(bytes) ? length - done : sizeof(bytes);
        status = entropy_read(*count);
        if (status == STATUS_OK) {
            memcpy(bytes, message_page()->data, *count);
            status = call_write(call, 0, done, bytes, *count);
        }
    }
    *count = length;
    return status;
}

status_t own_file_read(struct call *call, uint32_t slot, uint64_t offset, uint64_t *count)
{
    switch (slot) {
    case OWN_LOG:
        return read_log(call, offset, count);
    case OWN_LOG_PREVIOUS:
        return read_log_previous(call, offset, count);
    case OWN_RANDOM:
        return read_random(call, count);
    default:
        return STATUS_OK;
    }
}

status_t own_file_write(const struct call *call, uint32_t slot, uint64_t *count)
{
    *count = call_lease_length(call, 0);
    return slot == OWN_NULL ? STATUS_OK : STATUS_READ_ONLY;
}
