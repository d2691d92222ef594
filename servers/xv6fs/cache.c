/* The lines of cache.h: found by a hash of the block, taken by a hand that spares what was used. */
#include "cache.h"

void cache_open(struct xv6fs_cache *cache, const struct xv6fs_device *device, uint32_t blocks)
{
    cache->device = device;
    cache->blocks = blocks;
    cache->hand = 0;
    cache_drop_all(cache);
}

void cache_drop_all(struct xv6fs_cache *cache)
{
    xv6fs_zero(cache->buckets, sizeof(cache->buckets));
    xv6fs_zero(cache->lines, sizeof(cache->lines));
}

/* Neighbours lie in different buckets. */
static uint16_t *bucket_of(struct xv6fs_cache *cache, uint32_t block)
{
    return &cache->buckets[block % CACHE_BUCKETS];
}

/* 1 + the line; 0: it is not here. */
static uint32_t find(const struct xv6fs_cache *cache, uint32_t block)
{
    uint32_t at = cache->buckets[block % CACHE_BUCKETS];
    while (at != 0 && cache->lines[at - 1].block != block) {
        at = cache->lines[at - 1].next;
    }
    return at;
}

bool cache_has(const struct xv6fs_cache *cache, uint32_t block)
{
    return find(cache, block) != 0;
}

void cache_drop(struct xv6fs_cache *cache, uint32_t line)
{
    struct cache_line *dropped = &cache->lines[line];
    uint16_t *link = bucket_of(cache, dropped->block);
    while (*link != 0 && *link != line + 1) {
        link = &cache->lines[*link - 1].next;
    }
    *link = dropped->next;
    *dropped = (struct cache_line){0};
}

/* Ends, since far fewer lines are pinned than there are. */
static uint32_t take_line(struct xv6fs_cache *cache, uint32_t block)
{
    struct cache_line *line = &cache->lines[cache->hand];
    while (line->pinned || line->used) {
        line->used = line->used && line->pinned;
        cache->hand = (cache->hand + 1) % CACHE_LINES;
        line = &cache->lines[cache->hand];
    }
    uint32_t number = cache->hand;
    cache->hand = (cache->hand + 1) % CACHE_LINES;
    if (line->holds) {
        cache_drop(cache, number);
    }
    uint16_t *bucket = bucket_of(cache, block);
    *line = (struct cache_line){.block = block, .next = *bucket, .holds = true, .used = true};
    *bucket = (uint16_t)(number + 1);
    return number;
}

static status_t read_device(struct xv6fs_cache *cache, uint32_t block, void *bytes, uint32_t count)
{
    return cache->device->read(cache->device->context, (uint64_t)block * XV6FS_BLOCK, bytes,
                               count * XV6FS_BLOCK);
}

status_t cache_take(struct xv6fs_cache *cache, uint32_t block, bool fresh, uint32_t *line)
{
    uint32_t found = find(cache, block);
    status_t status = STATUS_OK;
    if (found != 0) {
        *line = found - 1;
        cache->lines[*line].used = true;
    } else {
        if (block >= cache->blocks) {
            return STATUS_IO_ERROR;
        }
        *line = take_line(cache, block);
        if (!fresh) {
            status = read_device(cache, block, cache->bytes[*line], 1);
        }
    }
    if (status != STATUS_OK) {
        cache_drop(cache, *line);
    } else if (fresh) {
        xv6fs_zero(cache->bytes[*line], XV6FS_BLOCK);
    }
    return status;
}

status_t cache_read(struct xv6fs_cache *cache, uint32_t block, const uint8_t **bytes)
{
    uint32_t line;
    status_t status = cache_take(cache, block, false, &line);
    if (status == STATUS_OK) {
        *bytes = cache->bytes[line];
    }
    return status;
}

status_t cache_fetch(struct xv6fs_cache *cache, uint32_t block, uint32_t count)
{
    if (count > CACHE_RUN || block >= cache->blocks || count > cache->blocks - block) {
        return STATUS_IO_ERROR;
    }
    status_t status = read_device(cache, block, cache->run, count);
    for (uint32_t i = 0; i < count && status == STATUS_OK; i++) {
        if (find(cache, block + i) == 0) {
            xv6fs_copy(cache->bytes[take_line(cache, block + i)], cache->run[i], XV6FS_BLOCK);
        }
    }
    return status;
}
