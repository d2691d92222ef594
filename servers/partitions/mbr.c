/* Reading of mbr.h. Extended partitions form a chain, which may be a ring on a hostile disk. */
#include "mbr.h"

enum {
    DISK_SIGNATURE_OFFSET = 440,
    ENTRIES_OFFSET = 446,
    ENTRY_BYTES = 16,
    ENTRIES = 4,
    SIGNATURE_OFFSET = 510,
    FIRST_LOGICAL = 5,
    CHAIN_MOST = 64 /* logical partitions that are looked for */
};

enum entry_field { ENTRY_STATUS = 0, ENTRY_TYPE = 4, ENTRY_FIRST = 8, ENTRY_COUNT = 12 };

enum entry_type {
    TYPE_EMPTY = 0x00,
    TYPE_EXTENDED_CHS = 0x05,
    TYPE_EXTENDED_LBA = 0x0f,
    TYPE_EXTENDED_LINUX = 0x85,
    TYPE_GPT_PROTECTIVE = 0xee
};

enum { STATUS_INACTIVE = 0x00, STATUS_ACTIVE = 0x80 };

/* Of a FAT boot sector: see servers/fat/boot_sector.h. */
enum boot_sector_field {
    BOOT_JUMP = 0,
    BOOT_SECTOR_BYTES = 11,
    BOOT_CLUSTER_SECTORS = 13,
    BOOT_FAT_COUNT = 16,
    BOOT_MEDIA = 21
};
enum { JUMP_SHORT = 0xeb, JUMP_NEAR = 0xe9, MEDIA_LEAST = 0xf0 };

static const uint8_t *entry_of(const uint8_t *sector, unsigned index)
{
    return sector + ENTRIES_OFFSET + index * ENTRY_BYTES;
}

static bool is_extended(const uint8_t *entry)
{
    uint8_t type = entry[ENTRY_TYPE];
    return type == TYPE_EXTENDED_CHS || type == TYPE_EXTENDED_LBA || type == TYPE_EXTENDED_LINUX;
}

static bool has_signature(const uint8_t *sector)
{
    return sector[SIGNATURE_OFFSET] == 0x55 && sector[SIGNATURE_OFFSET + 1] == 0xaa;
}

/* A disk with FAT on it from its first sector on ends that sector with the same signature. */
static bool is_fat(const uint8_t *sector)
{
    uint32_t bytes = sector[BOOT_SECTOR_BYTES] | (uint32_t)sector[BOOT_SECTOR_BYTES + 1] << 8;
    uint8_t cluster = sector[BOOT_CLUSTER_SECTORS];
    return (sector[BOOT_JUMP] == JUMP_SHORT || sector[BOOT_JUMP] == JUMP_NEAR) && bytes >= 512 &&
           bytes <= 4096 && (bytes & (bytes - 1)) == 0 && cluster != 0 &&
           (cluster & (cluster - 1)) == 0 && sector[BOOT_FAT_COUNT] >= 1 &&
           sector[BOOT_FAT_COUNT] <= 2 && sector[BOOT_MEDIA] >= MEDIA_LEAST;
}

bool mbr_is_table(const uint8_t sector[MBR_SECTOR])
{
    if (!has_signature(sector) || is_fat(sector)) {
        return false;
    }
    for (unsigned i = 0; i < ENTRIES; i++) {
        uint8_t status = entry_of(sector, i)[ENTRY_STATUS];
        if (status != STATUS_INACTIVE && status != STATUS_ACTIVE) {
            return false;
        }
    }
    return true;
}

bool mbr_is_protective(const uint8_t sector[MBR_SECTOR])
{
    for (unsigned i = 0; i < ENTRIES; i++) {
        if (entry_of(sector, i)[ENTRY_TYPE] == TYPE_GPT_PROTECTIVE) {
            return true;
        }
    }
    return false;
}

static bool seen_before(const uint32_t *seen, uint32_t count, uint32_t at)
{
    for (uint32_t i = 0; i < count; i++) {
        if (seen[i] == at) {
            return true;
        }
    }
    return false;
}

/* One link: its first entry is a partition, relative to the link; its second, relative to the
 * extended partition, is the next link. Answers that, or 0. */
static uint32_t take_link(const struct table_disk *disk, struct table *table, const uint8_t *sector,
                          uint32_t base, uint32_t at, uint32_t *number)
{
    const uint8_t *entry = entry_of(sector, 0);
    const uint8_t *next = entry_of(sector, 1);
    if (entry[ENTRY_TYPE] != TYPE_EMPTY && !is_extended(entry)) {
        table_add(disk, table, (*number)++, MBR_SECTOR,
                  (uint64_t)at + table_u32(entry + ENTRY_FIRST), table_u32(entry + ENTRY_COUNT));
    }
    uint64_t follows = (uint64_t)base + table_u32(next + ENTRY_FIRST);
    return is_extended(next) && follows <= UINT32_MAX ? (uint32_t)follows : 0;
}

static status_t read_chain(const struct table_disk *disk, struct table *table, uint32_t base,
                           uint32_t *number)
{
    uint8_t sector[MBR_SECTOR];
    uint32_t seen[CHAIN_MOST];
    uint32_t at = base;
    for (uint32_t count = 0; at != 0; count++) {
        uint64_t offset = (uint64_t)at * MBR_SECTOR;
        if (count == CHAIN_MOST || seen_before(seen, count, at) ||
            offset > disk->size - MBR_SECTOR) {
            table->damage = "the chain of its extended partition is broken";
            return STATUS_OK;
        }
        seen[count] = at;
        status_t status = disk->read(disk->context, offset, sector, sizeof(sector));
        if (status != STATUS_OK) {
            return status;
        }
        if (!has_signature(sector)) {
            table->damage = "the chain of its extended partition is broken";
            return STATUS_OK;
        }
        at = take_link(disk, table, sector, base, at, number);
    }
    return STATUS_OK;
}

status_t mbr_read(const struct table_disk *disk, const uint8_t sector[MBR_SECTOR],
                  struct table *table)
{
    uint32_t number = FIRST_LOGICAL;
    status_t status = STATUS_OK;
    table->identity = table_u32(sector + DISK_SIGNATURE_OFFSET);
    for (unsigned i = 0; i < ENTRIES; i++) {
        const uint8_t *entry = entry_of(sector, i);
        if (entry[ENTRY_TYPE] != TYPE_EMPTY && !is_extended(entry)) {
            table_add(disk, table, i + 1, MBR_SECTOR, table_u32(entry + ENTRY_FIRST),
                      table_u32(entry + ENTRY_COUNT));
        }
    }
    for (unsigned i = 0; i < ENTRIES && status == STATUS_OK; i++) {
        const uint8_t *entry = entry_of(sector, i);
        if (is_extended(entry)) {
            status = read_chain(disk, table, table_u32(entry + ENTRY_FIRST), &number);
        }
    }
    return status;
}
