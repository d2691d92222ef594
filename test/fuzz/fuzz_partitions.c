/*
 * Fuzzes partition tables: whatever a disk holds, what is found lies inside it and is bounded. The
 * first byte chooses whether checksums of GPT headers are made right, so that what lies behind
 * them is reached.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../host/partition_image.h"
#include "table.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { SECTOR = 512, GROWN = 64 * 1024, SEAL_FIRST = 1, SEAL_LAST = 2, PROTECT = 4 };

static void require(int condition)
{
    if (!condition) {
        abort();
    }
}

static status_t read_disk(void *context, uint64_t offset, void *buffer, uint32_t length)
{
    const struct table_disk *disk = *(const struct table_disk *const *)context;
    require(offset <= disk->size && length <= disk->size - offset);
    memcpy(buffer, ((const uint8_t **)context)[1] + offset, length);
    return STATUS_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct table table;
    struct table_disk disk;
    if (size == 0) {
        return 0;
    }
    uint64_t bytes = size - 1 < GROWN ? GROWN : size - 1;
    uint8_t *copy = calloc(bytes, 1);
    require(copy != NULL);
    memcpy(copy, data + 1, size - 1);
    if ((data[0] & PROTECT) != 0) {
        image_mbr_entry(copy, 0, 0xee, 1, UINT32_MAX);
    }
    if ((data[0] & SEAL_FIRST) != 0) {
        memcpy(copy + SECTOR, "EFI PART\0\0\1", 12);
        image_seal(copy, bytes, SECTOR, SECTOR);
    }
    if ((data[0] & SEAL_LAST) != 0) {
        image_seal(copy, bytes, (bytes / SECTOR - 1) * SECTOR, SECTOR);
    }
    const void *context[2] = {&disk, copy};
    disk = (struct table_disk){context, bytes, read_disk};
    require(table_read(&disk, &table) == STATUS_OK);
    require(table.count <= TABLE_PARTITIONS);
    for (uint32_t i = 0; i < table.count; i++) {
        const struct table_extent *extent = &table.extents[i];
        require(extent->number >= 1 && extent->number <= TABLE_LARGEST_NUMBER);
        require(extent->length > 0 && extent->start < bytes);
        require(extent->length <= bytes - extent->start);
    }
    free(copy);
    return 0;
}
