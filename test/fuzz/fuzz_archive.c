/*
 * libFuzzer: any bytes as the boot set. Every entry lies inside them and after the one before, and
 * is found by its name.
 */
#include <stdlib.h>
#include <string.h>

#include "archive.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
    if (!condition) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct archive archive = {data, size};
    struct archive_entry entry;
    uint64_t cursor = 0, end = 0;

    while (archive_next(&archive, &cursor, &entry)) {
        struct archive_entry found;
        size_t at = (size_t)(entry.name - (const char *)data);
        require(at >= end && at + strlen(entry.name) < entry.offset);
        require(entry.offset + entry.size <= size && cursor >= entry.offset + entry.size);
        end = entry.offset + entry.size;
        require(archive_find(&archive, entry.name, &found));
        require(found.offset <= entry.offset && strcmp(found.name, entry.name) == 0);
        (void)archive_is_directory(&entry);
    }
    return 0;
}
