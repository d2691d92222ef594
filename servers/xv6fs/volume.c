/* The file system as a whole: superblock, mounting, what has no name. */
#include "inode.h"
#include "log.h"

#include "blocks.h"

/* ---- the superblock ------------------------------------------------------------------------- */

static uint32_t blocks_for(uint32_t count, uint32_t per_block)
{
    return count / per_block + (count % per_block != 0);
}

/* Whether `count` blocks from `start` on end before `limit`. */
static bool ends_before(uint32_t start, uint32_t count, uint32_t limit)
{
    return start <= limit && count <= limit - start;
}

/* Takes the numbers of the superblock; null if they are right, or what is wrong with them. */
static const char *take_superblock(struct xv6fs *fs, const uint8_t *superblock)
{
    uint32_t inodes = xv6fs_get32(superblock + SUPERBLOCK_INODES);
    uint32_t log_length = xv6fs_get32(superblock + SUPERBLOCK_LOG);
    fs->size = xv6fs_get32(superblock + SUPERBLOCK_SIZE);
    fs->log.start = xv6fs_get32(superblock + SUPERBLOCK_LOG_START);
    fs->inode_start = xv6fs_get32(superblock + SUPERBLOCK_INODE_START);
    fs->map_start = xv6fs_get32(superblock + SUPERBLOCK_MAP_START);
    uint32_t map_length = blocks_for(fs->size, XV6FS_MAP_BITS);
    if (xv6fs_get32(superblock + SUPERBLOCK_MAGIC) != XV6FS_MAGIC) {
        return "no xv6 file system";
    }
    if (fs->size > fs->device.size / XV6FS_BLOCK) {
        return "the file system is larger than the device";
    }
    if (fs->log.start <= XV6FS_SUPERBLOCK ||
        !ends_before(fs->log.start, log_length, fs->inode_start) ||
        !ends_before(fs->inode_start, blocks_for(inodes, XV6FS_INODES_PER_BLOCK), fs->map_start) ||
        !ends_before(fs->map_start, map_length, fs->size)) {
        return "log, inodes, bit map and data do not follow each other within the file system";
    }
    fs->data_start = fs->map_start + map_length;
    fs->inodes = inodes < XV6FS_INODES_MOST ? inodes : XV6FS_INODES_MOST;
    if (log_length <= (uint32_t)XV6FS_LOG_LEAST || inodes <= XV6FS_ROOT) {
        return "the log has too few blocks, or there is no inode";
    }
    fs->log.capacity = log_length - 1 < XV6FS_LOG_BLOCKS ? log_length - 1 : XV6FS_LOG_BLOCKS;
    xv6fs_copy(fs->superblock, superblock, SUPERBLOCK_BYTES);
    return NULL;
}

static status_t read_superblock(const struct xv6fs_device *device, uint8_t *superblock)
{
    if (device->size < (XV6FS_SUPERBLOCK + 1) * XV6FS_BLOCK) {
        xv6fs_zero(superblock, XV6FS_BLOCK);
        return STATUS_OK;
    }
    return device->read(device->context, XV6FS_SUPERBLOCK * XV6FS_BLOCK, superblock, XV6FS_BLOCK);
}

/* ---- mounting ------------------------------------------------------------------------------- */

static status_t recover(struct xv6fs *fs, const char **reason)
{
    struct inode root;
    status_t status = log_recover(fs);
    if (status == STATUS_BAD_FORMAT) {
        *reason = "the log names blocks that it cannot hold";
    } else if (status == STATUS_READ_ONLY) {
        *reason = "the log has to be replayed, but the device cannot be written";
    }
    if (status != STATUS_OK) {
        return status;
    }
    status = inode_look(fs, XV6FS_ROOT, &root);
    if (status == STATUS_OK && root.type != XV6FS_DIRECTORY) {
        status = STATUS_BAD_FORMAT;
    }
    if (status == STATUS_BAD_FORMAT) {
        *reason = "the root is no directory";
    }
    return status;
}

status_t xv6fs_mount(struct xv6fs *fs, const struct xv6fs_device *device, bool read_only,
                     const char **reason)
{
    _Alignas(uint64_t) uint8_t superblock[XV6FS_BLOCK];
    fs->device = *device;
    fs->read_only = read_only;
    fs->broken = false;
    fs->free_blocks = XV6FS_UNKNOWN;
    fs->next_block = 0;
    fs->next_inode = 0;
    xv6fs_zero(fs->hints, sizeof(fs->hints));
    *reason = "the device";
    status_t status = read_superblock(device, superblock);
    if (status != STATUS_OK) {
        return status;
    }
    const char *wrong = take_superblock(fs, superblock);
    if (wrong != NULL) {
        *reason = wrong;
        return STATUS_BAD_FORMAT;
    }
    cache_open(&fs->cache, &fs->device, fs->size);
    return recover(fs, reason);
}

bool xv6fs_is_on(const struct xv6fs *fs, const struct xv6fs_device *device)
{
    _Alignas(uint64_t) uint8_t superblock[XV6FS_BLOCK];
    return read_superblock(device, superblock) == STATUS_OK &&
           __builtin_memcmp(superblock, fs->superblock, SUPERBLOCK_BYTES) == 0;
}

/* ---- order ---------------------------------------------------------------------------------- */

static status_t free_if_nameless(struct xv6fs *fs, uint32_t number)
{
    struct inode inode;
    status_t status = inode_look(fs, number, &inode);
    if (status != STATUS_OK || inode.links > 0 || fs->references[number] > 0) {
        return status == STATUS_BAD_FORMAT ? STATUS_OK : status;
    }
    log_begin(fs);
    return inode_end_without(fs, number, STATUS_OK);
}

status_t xv6fs_free_nameless(struct xv6fs *fs)
{
    status_t status = STATUS_OK;
    if (fs->read_only) {
        return STATUS_OK;
    }
    for (uint32_t number = XV6FS_ROOT + 1; number < fs->inodes && status == STATUS_OK; number++) {
        uint32_t block = fs->inode_start + number / XV6FS_INODES_PER_BLOCK;
        if (!cache_has(&fs->cache, block)) {
            uint32_t left = fs->map_start - block;
            status_ignore(cache_fetch(&fs->cache, block, left < CACHE_RUN ? left : CACHE_RUN));
        }
        status = free_if_nameless(fs, number);
    }
    return status;
}

status_t xv6fs_put_in_order(struct xv6fs *fs)
{
    if (!fs->broken) {
        return STATUS_OK;
    }
    fs->broken = log_recover(fs) != STATUS_OK;
    return fs->broken ? STATUS_IO_ERROR : STATUS_OK;
}

status_t xv6fs_sync(struct xv6fs *fs)
{
    status_t status = xv6fs_put_in_order(fs);
    return status == STATUS_OK && !fs->read_only ? log_sync(fs) : status;
}

status_t xv6fs_space(struct xv6fs *fs, uint64_t *total, uint64_t *free)
{
    status_t status = xv6fs_put_in_order(fs);
    if (status == STATUS_OK && fs->free_blocks == XV6FS_UNKNOWN) {
        status = blocks_count(fs);
    }
    *total = (uint64_t)(fs->size - fs->data_start) * XV6FS_BLOCK;
    *free = (uint64_t)fs->free_blocks * XV6FS_BLOCK;
    return status;
}
