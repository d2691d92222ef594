/* Which kind of partition table a disk has: see table.h. */
#include "table.h"

#include "gpt.h"
#include "mbr.h"

void table_add(const struct table_disk *disk, struct table *table, uint32_t number, uint32_t block,
               uint64_t first, uint64_t count)
{
    uint64_t blocks = disk->size / block;
    bool fits = count != 0 && first < blocks && count <= blocks - first;
    if (!fits || table->count == TABLE_PARTITIONS || number > TABLE_LARGEST_NUMBER) {
        table->skipped++;
        return;
    }
    table->extents[table->count++] =
        (struct table_extent){.start = first * block, .length = count * block, .number = number};
}

bool table_is_same(const struct table *one, const struct table *other)
{
    bool same =
        one->kind == other->kind && one->identity == other->identity && one->count == other->count;
    for (uint32_t i = 0; same && i < one->count; i++) {
        const struct table_extent *a = &one->extents[i];
        const struct table_extent *b = &other->extents[i];
        same = a->start == b->start && a->length == b->length && a->number == b->number;
    }
    return same;
}

/* A GPT counts if the MBR in front of it says so: others leave old ones behind. */
status_t table_read(const struct table_disk *disk, struct table *table)
{
    uint8_t sector[MBR_SECTOR];
    *table = (struct table){.kind = TABLE_NONE};
    if (disk->size < MBR_SECTOR) {
        return STATUS_OK;
    }
    status_t status = disk->read(disk->context, 0, sector, sizeof(sector));
    if (status != STATUS_OK || !mbr_is_table(sector)) {
        return status;
    }
    if (mbr_is_protective(sector)) {
        table->kind = TABLE_GPT;
        return gpt_read(disk, table);
    }
    table->kind = TABLE_MBR;
    return mbr_read(disk, sector, table);
}
