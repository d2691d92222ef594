/*
 * Blocks of the device in memory. What a transaction changes (log.h) is pinned here until it is
 * committed; everything else is as on the device.
 *
 * A pointer to a block is good until the next call that may read one; of a block that the running
 * transaction changes, until that ends.
 */
#ifndef XV6FS_CACHE_H
#define XV6FS_CACHE_H

#include <sinter/abi.h>
#include <stdbool.h>
#include <stdint.h>

#include "format.h"

enum {
    CACHE_LINES = 512,
    CACHE_BUCKETS = 512,
    CACHE_RUN = XV6FS_LOG_BLOCKS /* blocks that are moved at once */
};

struct xv6fs_device {
    void *context;
    uint64_t size; /* bytes */
    /* All of the bytes, or an error. Never called beyond the size. */
    status_t (*read)(void *context, uint64_t offset, void *buffer, uint32_t length);
    status_t (*write)(void *context, uint64_t offset, const void *buffer, uint32_t length);
    status_t (*flush)(void *context); /* what was written before is on stable storage */
};

struct cache_line {
    uint32_t block;
    uint16_t next; /* 1 + the next line of its bucket; 0: none */
    bool holds;    /* a block */
    bool used;     /* since the hand came by */
    bool pinned;
};

struct xv6fs_cache {
    const struct xv6fs_device *device;
    uint32_t blocks; /* of the file system */
    uint32_t hand;   /* where a line to take is looked for first */
    uint16_t buckets[CACHE_BUCKETS];
    struct cache_line lines[CACHE_LINES];
    _Alignas(uint64_t) uint8_t bytes[CACHE_LINES][XV6FS_BLOCK];
    /* For several blocks that follow each other on the device. */
    _Alignas(uint64_t) uint8_t run[CACHE_RUN][XV6FS_BLOCK];
};

void cache_open(struct xv6fs_cache *cache, const struct xv6fs_device *device, uint32_t blocks);

/* IO_ERROR also for a block that the file system does not have. */
SINTER_MUST_CHECK status_t cache_read(struct xv6fs_cache *cache, uint32_t block,
                                      const uint8_t **bytes);

/* The line of a block, which may be pinned then; `fresh`: it is not read, but zeros. */
SINTER_MUST_CHECK status_t cache_take(struct xv6fs_cache *cache, uint32_t block, bool fresh,
                                      uint32_t *line);

bool cache_has(const struct xv6fs_cache *cache, uint32_t block);

/* Reads blocks that follow each other, at most CACHE_RUN; those it has stay as they are. */
SINTER_MUST_CHECK status_t cache_fetch(struct xv6fs_cache *cache, uint32_t block, uint32_t count);

/* Drops one line; all. */
void cache_drop(struct xv6fs_cache *cache, uint32_t line);
void cache_drop_all(struct xv6fs_cache *cache);

#endif
