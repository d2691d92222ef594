/*
 * A bounded number of sectors of a block device. Metadata is changed here and written by
 * fat_cache_write(), at the latest before the operation is answered: write-through, since what was
 * answered has to outlive this server, but once for each sector of a stage and not for each change.
 *
 * A pointer to a sector is good until the next call. Sectors of the FAT are written to its other
 * copies too (fat->mirrors).
 *
 * Of each sector that it has read or written it keeps a digest of what the device holds there, also
 * when the sector itself is dropped: a device that comes back is compared with them.
 */
#ifndef FAT_CACHE_H
#define FAT_CACHE_H

#include <sinter/abi.h>
#include <stdbool.h>
#include <stdint.h>

struct fat_device {
    void *context;
    uint64_t size; /* bytes */
    /* All of the bytes, or an error. Never called beyond the size. */
    status_t (*read)(void *context, uint64_t offset, void *buffer, uint32_t length);
    status_t (*write)(void *context, uint64_t offset, const void *buffer, uint32_t length);
    status_t (*flush)(void *context); /* what was written before is on stable storage */
};

enum {
    FAT_SECTOR_LEAST = 512,
    FAT_SECTOR_MOST = 4096,
    FAT_CACHE_BYTES = 128 << 10,
    FAT_CACHE_LINES = FAT_CACHE_BYTES / FAT_SECTOR_LEAST,
    FAT_CACHE_WAYS = 4,
    FAT_WATCHED = 3
};

struct fat_line {
    uint64_t sector;
    uint64_t digest; /* of what the device holds there; 0: not known */
    uint32_t used;   /* when, counted in uses of the cache; 0: it holds nothing */
    bool dirty;
};

struct fat_cache {
    const struct fat_device *device;
    uint32_t sector_bytes;
    uint32_t sets;
    uint32_t clock;
    uint32_t dirty;        /* lines */
    bool failed;           /* the device did, so that what was being changed may be there in part */
    uint64_t mirror_start; /* sectors that are written several times: the FAT */
    uint32_t mirror_length;
    uint32_t mirrors;                     /* further copies */
    struct fat_line watched[FAT_WATCHED]; /* sectors whose digest stays when their line goes */
    uint32_t watched_count;
    struct fat_line lines[FAT_CACHE_LINES];
    uint8_t bytes[FAT_CACHE_BYTES];
    uint8_t again[FAT_SECTOR_MOST]; /* what is compared */
};

void fat_cache_init(struct fat_cache *cache, const struct fat_device *device,
                    uint32_t sector_bytes);

SINTER_MUST_CHECK status_t fat_cache_read(struct fat_cache *cache, uint64_t sector,
                                          uint8_t **bytes);

/* The same for changing; `fresh`: its old contents do not matter, and it is zero. */
SINTER_MUST_CHECK status_t fat_cache_change(struct fat_cache *cache, uint64_t sector, bool fresh,
                                            uint8_t **bytes);

/* Writes what was changed. */
SINTER_MUST_CHECK status_t fat_cache_write(struct fat_cache *cache);

/* From now on the digest of this sector is kept; FAT_WATCHED of them, at most. */
void fat_cache_watch(struct fat_cache *cache, uint64_t sector);

/* Whether this device holds what is known of the cache's own; not if it cannot be read. */
bool fat_cache_is_on(struct fat_cache *cache, const struct fat_device *device);

/* Drops all, changed or not, but the digests. */
void fat_cache_drop(struct fat_cache *cache);

/* These sectors are moved past the cache: what it holds of them is dropped. */
void fat_cache_forget(struct fat_cache *cache, uint64_t sector, uint64_t count);

#endif
