/*
 * Partition tables: GPT (UEFI Specification 2.10, chapter 5) and MBR with extended partitions.
 * Pure: reads the disk through a function and believes nothing that it finds there.
 *
 *   partitions.c   publishes what is found, passes calls on
 *   table          this: which kind of table, and what the disk may be cut into
 *   gpt, mbr       the two kinds
 *
 * Partitions are numbered as Linux does: GPT by place in the table, from 1; MBR 1 to 4, those
 * inside the extended one from 5. Every extent reported lies inside the disk and is not empty.
 */
#ifndef PARTITION_TABLE_H
#define PARTITION_TABLE_H

#include <sinter/abi.h>
#include <stdbool.h>
#include <stdint.h>

enum {
    TABLE_PARTITIONS = 32,     /* most that one disk is cut into */
    TABLE_LARGEST_NUMBER = 255 /* of one of them */
};

struct table_disk {
    void *context;
    uint64_t size; /* bytes */
    /* All of the bytes, or an error; never called beyond the size. */
    status_t (*read)(void *context, uint64_t offset, void *buffer, uint32_t length);
};

enum table_kind { TABLE_NONE, TABLE_MBR, TABLE_GPT };

struct table_extent {
    uint64_t start;  /* bytes */
    uint64_t length; /* bytes */
    uint32_t number;
};

struct table {
    enum table_kind kind;
    uint64_t identity; /* of the disk: half of its GUID, or the MBR's disk signature */
    uint32_t count;
    struct table_extent extents[TABLE_PARTITIONS];
    uint32_t skipped;   /* entries that lie outside the disk or are too many */
    bool backup;        /* the first copy of the GPT is damaged, the second was read */
    const char *damage; /* what is wrong with the table, in words; null: nothing */
};

/* An error is one of reading; a disk without a table is OK, kind TABLE_NONE. */
SINTER_MUST_CHECK status_t table_read(const struct table_disk *disk, struct table *table);

/* Whether two readings are of one disk, cut into the same partitions. */
bool table_is_same(const struct table *one, const struct table *other);

/* For gpt.c and mbr.c. Blocks of `block` bytes; what does not fit is counted as skipped. */
void table_add(const struct table_disk *disk, struct table *table, uint32_t number, uint32_t block,
               uint64_t first, uint64_t count);

static inline uint32_t table_u32(const uint8_t *at)
{
    return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static inline uint64_t table_u64(const uint8_t *at)
{
    return table_u32(at) | (uint64_t)table_u32(at + 4) << 32;
}

#endif
