/* Reading of gpt.h. A copy counts only if both of its checksums are right. */
#include "gpt.h"

enum {
    HEADER_BYTES = 92, /* least, of a header */
    BLOCK_LEAST = 512,
    BLOCK_MOST = 4096,
    ENTRY_LEAST = 128,
    ENTRIES_BYTES_MOST = 1 << 20, /* the usual table has 16 KiB */
    HEADER_BLOCK = 1
};

/* Table 5.5 */
enum header_field {
    HEADER_SIGNATURE = 0,
    HEADER_REVISION = 8,
    HEADER_SIZE = 12,
    HEADER_CRC = 16,
    HEADER_MY_BLOCK = 24,
    HEADER_FIRST_USABLE = 40,
    HEADER_LAST_USABLE = 48,
    HEADER_DISK_GUID = 56,
    HEADER_ENTRIES_BLOCK = 72,
    HEADER_ENTRY_COUNT = 80,
    HEADER_ENTRY_BYTES = 84,
    HEADER_ENTRIES_CRC = 88
};

/* Table 5.6 */
enum entry_field { ENTRY_TYPE = 0, ENTRY_TYPE_BYTES = 16, ENTRY_FIRST = 32, ENTRY_LAST = 40 };

#define SIGNATURE     0x5452415020494645ull /* "EFI PART" */
#define REVISION_MASK 0xffff0000u
#define REVISION_1    0x00010000u

struct header {
    uint32_t block; /* bytes of one */
    uint64_t first_usable;
    uint64_t last_usable;
    uint64_t entries; /* byte offset */
    uint32_t entry_count;
    uint32_t entry_bytes;
    uint32_t entries_crc;
};

/* ---- CRC-32 as in ISO 3309 ------------------------------------------------------------------ */

#define CRC_POLYNOMIAL 0xedb88320u /* reflected */

static uint32_t crc_add(uint32_t crc, const uint8_t *bytes, uint32_t length)
{
    for (uint32_t i = 0; i < length; i++) {
        crc ^= bytes[i];
        for (unsigned bit = 0; bit < 8; bit++) {
            crc = crc >> 1 ^ (CRC_POLYNOMIAL & -(crc & 1));
        }
    }
    return crc;
}

/* The header's checksum is made with its own field zero. */
static uint32_t header_crc(const uint8_t *bytes, uint32_t size)
{
    static const uint8_t zeros[4];
    uint32_t crc = crc_add(UINT32_MAX, bytes, HEADER_CRC);
    crc = crc_add(crc, zeros, sizeof(zeros));
    return ~crc_add(crc, bytes + HEADER_CRC + sizeof(zeros),
                    size - HEADER_CRC - (uint32_t)sizeof(zeros));
}

/* ---- one copy ------------------------------------------------------------------------------- */

static bool is_sound(const struct table_disk *disk, const uint8_t *bytes, uint64_t at,
                     struct header *header)
{
    uint32_t size = table_u32(bytes + HEADER_SIZE);
    if (table_u64(bytes + HEADER_SIGNATURE) != SIGNATURE ||
        (table_u32(bytes + HEADER_REVISION) & REVISION_MASK) != REVISION_1 || size < HEADER_BYTES ||
        size > header->block || table_u64(bytes + HEADER_MY_BLOCK) != at ||
        header_crc(bytes, size) != table_u32(bytes + HEADER_CRC)) {
        return false;
    }
    uint64_t blocks = disk->size / header->block;
    uint64_t entries = table_u64(bytes + HEADER_ENTRIES_BLOCK);
    header->first_usable = table_u64(bytes + HEADER_FIRST_USABLE);
    header->last_usable = table_u64(bytes + HEADER_LAST_USABLE);
    header->entry_count = table_u32(bytes + HEADER_ENTRY_COUNT);
    header->entry_bytes = table_u32(bytes + HEADER_ENTRY_BYTES);
    header->entries_crc = table_u32(bytes + HEADER_ENTRIES_CRC);
    header->entries = entries * header->block;
    uint64_t length = (uint64_t)header->entry_count * header->entry_bytes;
    return header->entry_bytes >= ENTRY_LEAST && header->entry_bytes <= BLOCK_MOST &&
           (header->entry_bytes & (header->entry_bytes - 1)) == 0 &&
           header->entry_count <= ENTRIES_BYTES_MOST / ENTRY_LEAST &&
           length <= ENTRIES_BYTES_MOST && entries < blocks &&
           length <= disk->size - header->entries && header->first_usable <= header->last_usable &&
           header->last_usable < blocks;
}

static bool is_used(const uint8_t *entry)
{
    for (unsigned i = 0; i < ENTRY_TYPE_BYTES; i++) {
        if (entry[ENTRY_TYPE + i] != 0) {
            return true;
        }
    }
    return false;
}

static void take_entry(const struct table_disk *disk, struct table *table,
                       const struct header *header, const uint8_t *entry, uint32_t number)
{
    uint64_t first = table_u64(entry + ENTRY_FIRST);
    uint64_t last = table_u64(entry + ENTRY_LAST);
    if (!is_used(entry)) {
        return;
    }
    if (first < header->first_usable || last > header->last_usable || first > last) {
        table->skipped++;
        return;
    }
    table_add(disk, table, number, header->block, first, last - first + 1);
}

/* Entries are taken on the way, before it shows whether the copy is sound. */
static status_t read_entries(const struct table_disk *disk, struct table *table,
                             const struct header *header, bool *sound)
{
    uint8_t bytes[BLOCK_MOST];
    uint32_t crc = UINT32_MAX;
    uint32_t total = header->entry_count * header->entry_bytes;
    uint32_t number = 1;
    for (uint32_t done = 0; done < total;) {
        uint32_t piece = total - done < sizeof(bytes) ? total - done : (uint32_t)sizeof(bytes);
        status_t status = disk->read(disk->context, header->entries + done, bytes, piece);
        if (status != STATUS_OK) {
            return status;
        }
        crc = crc_add(crc, bytes, piece);
        for (uint32_t at = 0; at < piece; at += header->entry_bytes) {
            take_entry(disk, table, header, bytes + at, number++);
        }
        done += piece;
    }
    *sound = ~crc == header->entries_crc;
    return STATUS_OK;
}

static status_t read_copy(const struct table_disk *disk, struct table *table, uint32_t block,
                          uint64_t at, bool *sound)
{
    uint8_t bytes[BLOCK_MOST];
    struct header header = {.block = block};
    *sound = false;
    status_t status = disk->read(disk->context, at * block, bytes, block);
    if (status != STATUS_OK || !is_sound(disk, bytes, at, &header)) {
        return status;
    }
    table->identity = table_u64(bytes + HEADER_DISK_GUID);
    return read_entries(disk, table, &header, sound);
}

/* What a block is nothing tells: the header shows at which size its number is right. A copy that
 * cannot be read is as good as a damaged one, as long as there is the other. */
status_t gpt_read(const struct table_disk *disk, struct table *table)
{
    status_t status = STATUS_OK;
    for (unsigned backup = 0; backup < 2; backup++) {
        for (uint32_t block = BLOCK_LEAST; block <= BLOCK_MOST; block *= 2) {
            bool sound = false;
            uint64_t blocks = disk->size / block;
            if (blocks <= HEADER_BLOCK) {
                continue;
            }
            status_t result =
                read_copy(disk, table, block, backup == 1 ? blocks - 1 : HEADER_BLOCK, &sound);
            if (sound) {
                table->backup = backup == 1;
                return STATUS_OK;
            }
            table->count = 0;
            table->skipped = 0;
            status = result != STATUS_OK ? result : status;
        }
    }
    table->damage = "both copies of its GPT are damaged";
    return status;
}
