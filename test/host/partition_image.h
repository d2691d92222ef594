/* Disks in memory for tests of partition tables, with checksums made independently. */
#ifndef PARTITION_IMAGE_H
#define PARTITION_IMAGE_H

#include <stdint.h>
#include <string.h>

static inline uint32_t image_crc(const uint8_t *bytes, uint64_t length)
{
    uint32_t table[256];
    uint32_t crc = 0xffffffffu;
    for (uint32_t i = 0; i < 256; i++) {
        uint32_t value = i;
        for (int bit = 0; bit < 8; bit++) {
            value = (value & 1) != 0 ? value >> 1 ^ 0xedb88320u : value >> 1;
        }
        table[i] = value;
    }
    for (uint64_t i = 0; i < length; i++) {
        crc = table[(crc ^ bytes[i]) & 0xff] ^ crc >> 8;
    }
    return ~crc;
}

static inline void image_put(uint8_t *at, uint64_t value, int bytes)
{
    for (int i = 0; i < bytes; i++) {
        at[i] = (uint8_t)(value >> 8 * i);
    }
}

static inline uint64_t image_get(const uint8_t *at, int bytes)
{
    uint64_t value = 0;
    for (int i = bytes; i > 0; i--) {
        value = value << 8 | at[i - 1];
    }
    return value;
}

/* Makes both checksums of the header in a block right, if its entries lie inside the disk. */
static inline void image_seal(uint8_t *disk, uint64_t size, uint64_t header_at, uint32_t block)
{
    uint8_t *header = disk + header_at;
    uint64_t entries = image_get(header + 72, 8);
    uint64_t length = image_get(header + 80, 4) * image_get(header + 84, 4);
    uint32_t header_size = (uint32_t)image_get(header + 12, 4);
    if (entries < size / block && length <= size - entries * block) {
        image_put(header + 88, image_crc(disk + entries * block, length), 4);
    }
    if (header_size >= 20 && header_size <= block) {
        image_put(header + 16, 0, 4);
        image_put(header + 16, image_crc(header, header_size), 4);
    }
}

/* A header with 128 entries of 128 bytes at the block `entries`. */
static inline void image_header(uint8_t *disk, uint64_t size, uint32_t block, uint64_t my,
                                uint64_t other, uint64_t entries)
{
    uint8_t *header = disk + my * block;
    uint64_t blocks = size / block;
    uint64_t table = 16384 / block;
    memset(header, 0, block);
    memcpy(header, "EFI PART", 8);
    image_put(header + 8, 0x10000, 4);
    image_put(header + 12, 92, 4);
    image_put(header + 24, my, 8);
    image_put(header + 32, other, 8);
    image_put(header + 40, 2 + table, 8);
    image_put(header + 48, blocks - 2 - table, 8);
    image_put(header + 72, entries, 8);
    image_put(header + 80, 128, 4);
    image_put(header + 84, 128, 4);
    image_seal(disk, size, my * block, block);
}

static inline void image_mbr_entry(uint8_t *sector, int index, uint8_t type, uint32_t first,
                                   uint32_t count)
{
    uint8_t *entry = sector + 446 + 16 * index;
    entry[4] = type;
    image_put(entry + 8, first, 4);
    image_put(entry + 12, count, 4);
    sector[510] = 0x55;
    sector[511] = 0xaa;
}

/* One entry in both copies of the table; the headers are to be made (again) afterwards. */
static inline void image_gpt_entry(uint8_t *disk, uint64_t size, uint32_t block, int index,
                                   uint64_t first, uint64_t last)
{
    uint64_t table = 16384 / block;
    uint64_t places[2] = {2, size / block - 1 - table};
    for (int copy = 0; copy < 2; copy++) {
        uint8_t *entry = disk + places[copy] * block + 128 * index;
        memset(entry, 0xa5, 32); /* type and identity */
        image_put(entry + 32, first, 8);
        image_put(entry + 40, last, 8);
    }
}

static inline void image_gpt_headers(uint8_t *disk, uint64_t size, uint32_t block)
{
    uint64_t blocks = size / block;
    uint64_t table = 16384 / block;
    image_mbr_entry(disk, 0, 0xee, 1, 0xffffffffu);
    image_header(disk, size, block, 1, blocks - 1, 2);
    image_header(disk, size, block, blocks - 1, 1, blocks - 1 - table);
}

#endif
