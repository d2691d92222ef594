/* Listing directories. */
#include <errno.h>
#include <sinter/protocol/file.h>

#include "program.h"

int directory_read(int number, struct directory_entry *entry)
{
    struct descriptor *descriptor = descriptor_get(number);
    uint64_t next = 0;
    size_t length = 0;
    unsigned tries = 0;
    status_t status;
    if (descriptor == NULL) {
        return -1;
    }
    do {
        status = file_list(descriptor->endpoint, descriptor->offset, &next, &entry->kind,
                           &entry->size, entry->name, sizeof(entry->name) - 1, &length);
    } while (descriptor_retry(descriptor, status, &tries));
    if (status == STATUS_NOT_FOUND) {
        return 0;
    }
    if (status != STATUS_OK) {
        return status_fail(status);
    }
    entry->name[length] = '\0';
    descriptor->offset = next;
    return 1;
}
