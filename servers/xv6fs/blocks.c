/* The bit map of blocks.h. The lowest free block is taken, as xv6 does. */
#include "blocks.h"

#include "log.h"

static uint32_t map_block(const struct xv6fs *fs, uint32_t block)
{
    return fs->map_start + block / XV6FS_MAP_BITS;
}

static bool is_used(const uint8_t *map, uint32_t block)
{
    uint32_t bit = block % XV6FS_MAP_BITS;
    return (map[bit / 8] & 1u << bit % 8) != 0;
}

/* Calls for one block of the map: the first free block at or after `block` that it tells of, or
 * where the next block of the map begins. */
static uint32_t first_free(const struct xv6fs *fs, const uint8_t *map, uint32_t block)
{
    do {
        if (block % 8 == 0 && map[block % XV6FS_MAP_BITS / 8] == 0xff) {
            block += 8;
        } else if (is_used(map, block)) {
            block++;
        } else {
            break;
        }
    } while (block % XV6FS_MAP_BITS != 0 && block < fs->size);
    return block;
}

static status_t find_free(struct xv6fs *fs, uint32_t *found)
{
    uint32_t block = fs->next_block > fs->data_start ? fs->next_block : fs->data_start;
    while (block < fs->size) {
        const uint8_t *map;
        uint32_t at = map_block(fs, block);
        status_t status = cache_read(&fs->cache, at, &map);
        if (status != STATUS_OK) {
            return status;
        }
        block = first_free(fs, map, block);
        if (block < fs->size && map_block(fs, block) == at) {
            *found = block;
            return STATUS_OK;
        }
    }
    return STATUS_FULL;
}

static status_t mark(struct xv6fs *fs, uint32_t block, bool used)
{
    uint8_t *map;
    uint32_t bit = block % XV6FS_MAP_BITS;
    status_t status = log_change(fs, map_block(fs, block), false, &map);
    if (status != STATUS_OK) {
        return status;
    }
    uint8_t flag = (uint8_t)(1u << bit % 8);
    if (fs->free_blocks != XV6FS_UNKNOWN && is_used(map, block) != used) {
        fs->free_blocks += used ? -1u : 1u;
    }
    map[bit / 8] = (uint8_t)(used ? map[bit / 8] | flag : map[bit / 8] & ~flag);
    return STATUS_OK;
}

status_t blocks_take(struct xv6fs *fs, uint32_t *block)
{
    uint8_t *bytes;
    status_t status = find_free(fs, block);
    if (status == STATUS_OK) {
        status = mark(fs, *block, true);
    }
    if (status != STATUS_OK) {
        return status;
    }
    fs->next_block = *block + 1;
    return log_change(fs, *block, true, &bytes);
}

status_t blocks_free(struct xv6fs *fs, uint32_t block)
{
    status_t status = mark(fs, block, false);
    if (status == STATUS_OK && block < fs->next_block) {
        fs->next_block = block;
    }
    return status;
}

status_t blocks_count(struct xv6fs *fs)
{
    uint32_t count = 0;
    for (uint32_t block = fs->data_start; block < fs->size; block++) {
        const uint8_t *map;
        status_t status = cache_read(&fs->cache, map_block(fs, block), &map);
        if (status != STATUS_OK) {
            return status;
        }
        do {
            count += !is_used(map, block);
        } while ((block + 1) % XV6FS_MAP_BITS != 0 && ++block < fs->size);
    }
    fs->free_blocks = count;
    return STATUS_OK;
}
