/* See program_file.h. */
#include "program_file.h"

#include <sinter/protocol/file.h>

enum { TRIES = 5 }; /* a server that is restarted meanwhile is asked again */

bool program_try_again(status_t status, unsigned *tries)
{
    return (status == STATUS_PEER_DIED || status == STATUS_NOT_READY) && ++*tries < TRIES;
}

status_t program_size(handle_t file, uint64_t *size)
{
    uint32_t kind;
    unsigned tries = 0;
    status_t status;
    do {
        status = file_stat(file, &kind, size, NULL);
    } while (program_try_again(status, &tries));
    return status;
}

/* At least a byte, unless the file ends. */
static status_t read_piece(handle_t file, uint64_t offset, const struct lease *lease,
                           uint64_t *count)
{
    unsigned tries = 0;
    status_t status;
    do {
        *count = 0;
        status = file_read_lease(file, offset, 0, lease, count);
    } while (program_try_again(status, &tries));
    if (status == STATUS_OK && *count > lease->length) { /* more than was asked for */
        status = STATUS_BAD_FORMAT;
    }
    return status;
}

/* As much as there is of it; `lease` says where the first byte goes. */
static status_t read_range(handle_t file, uint64_t offset, struct lease lease, uint64_t *done)
{
    status_t status = STATUS_OK;
    uint64_t count = 1;
    *done = 0;
    while (lease.length > 0 && count > 0 && status == STATUS_OK) {
        status = read_piece(file, offset + *done, &lease, &count);
        if (status == STATUS_OK) {
            *done += count;
            lease.address += count;
            lease.length -= count;
        }
    }
    return status;
}

status_t program_read_begin(handle_t file, void *buffer, uint64_t length, uint64_t *count)
{
    const struct lease lease = {
        .address = (uint64_t)(uintptr_t)buffer, .length = length, .flags = LEASE_WRITE};
    return read_range(file, 0, lease, count);
}

static status_t read_all(handle_t file, uint64_t offset, const struct lease *lease)
{
    uint64_t done;
    status_t status = read_range(file, offset, *lease, &done);
    return status == STATUS_OK && done < lease->length ? STATUS_BAD_FORMAT : status;
}

status_t program_read(handle_t file, uint64_t offset, void *buffer, uint64_t length)
{
    const struct lease lease = {
        .address = (uint64_t)(uintptr_t)buffer, .length = length, .flags = LEASE_WRITE};
    return read_all(file, offset, &lease);
}

status_t program_read_into(const struct image *image, uint64_t address, handle_t file,
                           uint64_t offset, uint64_t length)
{
    const struct lease lease = {
        .source = image->space, .address = address, .length = length, .flags = LEASE_WRITE};
    return read_all(file, offset, &lease);
}

/* With its guest on for a moment; a process that does not run yet has none of its own. */
status_t program_write(const struct process *process, const struct image *image, uint64_t address,
                       const void *bytes, uint64_t length)
{
    status_t status = guest_attach(image->guest);
    if (status == STATUS_OK) {
        status = guest_copy_out(address, bytes, length);
        status_ignore(guest_attach(image == &process->image ? 0 : process->image.guest));
    }
    return status == STATUS_BAD_ADDRESS ? STATUS_NO_PAGES : status;
}
