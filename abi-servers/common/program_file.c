/* See program_file.h. */
#include "program_file.h"

#include <sinter/protocol/file.h>

status_t program_read(handle_t file, uint64_t offset, void *buffer, uint64_t length)
{
    uint64_t done = 0;
    status_t status = STATUS_OK;
    while (done < length && status == STATUS_OK) {
        uint64_t count = 0;
        status = file_read(file, offset + done, 0, (uint8_t *)buffer + done, length - done, &count);
        if (status == STATUS_OK && (count == 0 || count > length - done)) {
            status = STATUS_BAD_FORMAT;
        }
        done += count;
    }
    return status;
}

status_t program_read_into(const struct image *image, uint64_t address, handle_t file,
                           uint64_t offset, uint64_t length)
{
    uint64_t done = 0;
    status_t status = STATUS_OK;
    while (done < length && status == STATUS_OK) {
        struct lease lease = {.source = image->space,
                              .address = address + done,
                              .length = length - done,
                              .flags = LEASE_WRITE};
        uint64_t count = 0;
        status = file_read_lease(file, offset + done, 0, &lease, &count);
        if (status == STATUS_OK && (count == 0 || count > length - done)) {
            status = STATUS_BAD_FORMAT;
        }
        done += count;
    }
    return status;
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
