/* The inodes of inode.h. */
#include "inode.h"

#include "blocks.h"
#include "log.h"

/* ---- one inode ------------------------------------------------------------------------------ */

static bool is_number(const struct xv6fs *fs, uint32_t number)
{
    return number >= XV6FS_ROOT && number < fs->inodes;
}

static uint32_t block_of(const struct xv6fs *fs, uint32_t number)
{
    return fs->inode_start + number / XV6FS_INODES_PER_BLOCK;
}

static size_t offset_of(uint32_t number)
{
    return number % XV6FS_INODES_PER_BLOCK * INODE_BYTES;
}

static status_t read_inode(struct xv6fs *fs, uint32_t number, const uint8_t **inode)
{
    const uint8_t *bytes;
    if (!is_number(fs, number)) {
        return STATUS_BAD_FORMAT;
    }
    status_t status = cache_read(&fs->cache, block_of(fs, number), &bytes);
    if (status == STATUS_OK) {
        *inode = bytes + offset_of(number);
    }
    return status;
}

static status_t change_inode(struct xv6fs *fs, uint32_t number, uint8_t **inode)
{
    uint8_t *bytes;
    status_t status = log_change(fs, block_of(fs, number), false, &bytes);
    if (status == STATUS_OK) {
        *inode = bytes + offset_of(number);
    }
    return status;
}

/* The format has signed numbers of links. */
static uint32_t links_of(const uint8_t *inode)
{
    uint16_t links = xv6fs_get16(inode + INODE_LINKS);
    return links <= XV6FS_LINKS_MOST ? links : 0;
}

status_t inode_look(struct xv6fs *fs, uint32_t number, struct inode *inode)
{
    const uint8_t *bytes;
    status_t status = read_inode(fs, number, &bytes);
    if (status != STATUS_OK) {
        return status;
    }
    *inode = (struct inode){.number = number,
                            .type = xv6fs_get16(bytes + INODE_TYPE),
                            .size = xv6fs_get32(bytes + INODE_SIZE),
                            .links = links_of(bytes),
                            .device = (uint32_t)xv6fs_get16(bytes + INODE_MAJOR) << 16 |
                                      xv6fs_get16(bytes + INODE_MINOR)};
    bool good =
        inode->type != XV6FS_FREE && inode->type <= XV6FS_DEVICE && inode->size <= XV6FS_FILE_BYTES;
    return good ? STATUS_OK : STATUS_BAD_FORMAT;
}

status_t inode_load(struct xv6fs *fs, uint32_t number, struct inode *inode)
{
    status_t status = inode_look(fs, number, inode);
    return status == STATUS_BAD_FORMAT ? STATUS_IO_ERROR : status;
}

status_t inode_set_size(struct xv6fs *fs, uint32_t number, uint32_t size)
{
    uint8_t *bytes;
    status_t status = change_inode(fs, number, &bytes);
    if (status == STATUS_OK) {
        xv6fs_put32(bytes + INODE_SIZE, size);
    }
    return status;
}

status_t inode_add_links(struct xv6fs *fs, uint32_t number, int32_t links)
{
    uint8_t *bytes;
    status_t status = change_inode(fs, number, &bytes);
    if (status != STATUS_OK) {
        return status;
    }
    int32_t sum = (int32_t)links_of(bytes) + links;
    if (sum > XV6FS_LINKS_MOST) {
        return STATUS_FULL;
    }
    xv6fs_put16(bytes + INODE_LINKS, (uint16_t)(sum < 0 ? 0 : sum));
    return STATUS_OK;
}

/* One that is free, and that nobody has open, whatever the device says of it. */
static status_t find_free(struct xv6fs *fs, uint32_t *number)
{
    uint32_t first = fs->next_inode > XV6FS_ROOT ? fs->next_inode : XV6FS_ROOT;
    for (*number = first; *number < fs->inodes; ++*number) {
        const uint8_t *bytes;
        status_t status = read_inode(fs, *number, &bytes);
        bool free = status == STATUS_OK && xv6fs_get16(bytes + INODE_TYPE) == XV6FS_FREE &&
                    fs->references[*number] == 0;
        if (free || status != STATUS_OK) {
            return status;
        }
    }
    return STATUS_FULL;
}

status_t inode_make(struct xv6fs *fs, uint32_t type, uint32_t device, struct inode *inode)
{
    uint8_t *bytes;
    uint32_t number;
    status_t status = find_free(fs, &number);
    if (status == STATUS_OK) {
        status = change_inode(fs, number, &bytes);
    }
    if (status != STATUS_OK) {
        return status;
    }
    fs->next_inode = number + 1;
    xv6fs_zero(bytes, INODE_BYTES);
    xv6fs_put16(bytes + INODE_TYPE, (uint16_t)type);
    xv6fs_put16(bytes + INODE_MAJOR, (uint16_t)(device >> 16));
    xv6fs_put16(bytes + INODE_MINOR, (uint16_t)device);
    xv6fs_put16(bytes + INODE_LINKS, 1);
    *inode = (struct inode){.number = number, .type = type, .links = 1, .device = device};
    return STATUS_OK;
}

/* ---- its blocks ----------------------------------------------------------------------------- */

/* Where the addresses of an inode are in it, and those that follow in its indirect block. */
static size_t direct_offset(uint32_t index)
{
    return INODE_ADDRESSES + 4 * index;
}

static size_t indirect_offset(uint32_t index)
{
    return 4 * (index - XV6FS_DIRECT);
}

static status_t check_address(const struct xv6fs *fs, uint32_t address, uint32_t *block)
{
    *block = address;
    return address == 0 || blocks_is_data(fs, address) ? STATUS_OK : STATUS_IO_ERROR;
}

static status_t get_address(struct xv6fs *fs, uint32_t number, uint32_t index, uint32_t *block)
{
    const uint8_t *bytes;
    status_t status = read_inode(fs, number, &bytes);
    return status == STATUS_OK ? check_address(fs, xv6fs_get32(bytes + direct_offset(index)), block)
                               : status;
}

status_t inode_block(struct xv6fs *fs, uint32_t number, uint32_t index, uint32_t *block)
{
    const uint8_t *bytes;
    *block = 0;
    if (index >= XV6FS_FILE_BLOCKS) {
        return STATUS_OK;
    }
    if (index < XV6FS_DIRECT) {
        return get_address(fs, number, index, block);
    }
    uint32_t indirect = 0;
    status_t status = get_address(fs, number, XV6FS_DIRECT, &indirect);
    if (status == STATUS_OK && indirect != 0) {
        status = cache_read(&fs->cache, indirect, &bytes);
        if (status == STATUS_OK) {
            status = check_address(fs, xv6fs_get32(bytes + indirect_offset(index)), block);
        }
    }
    return status;
}

/* The place of an address for changing; the block that holds it stays while the transaction
 * runs. */
static status_t need_at(struct xv6fs *fs, uint8_t *at, uint32_t *block)
{
    status_t status = check_address(fs, xv6fs_get32(at), block);
    if (status == STATUS_OK && *block == 0) {
        status = blocks_take(fs, block);
        if (status == STATUS_OK) {
            xv6fs_put32(at, *block);
        }
    }
    return status;
}

status_t inode_need_block(struct xv6fs *fs, uint32_t number, uint32_t index, uint32_t *block)
{
    uint8_t *bytes;
    status_t status = inode_block(fs, number, index, block);
    if (status != STATUS_OK || *block != 0) {
        return status;
    }
    status = change_inode(fs, number, &bytes);
    if (status != STATUS_OK || index < XV6FS_DIRECT) {
        return status == STATUS_OK ? need_at(fs, bytes + direct_offset(index), block) : status;
    }
    uint32_t indirect = 0;
    status = need_at(fs, bytes + direct_offset(XV6FS_DIRECT), &indirect);
    if (status == STATUS_OK) {
        status = log_change(fs, indirect, false, &bytes);
    }
    return status == STATUS_OK ? need_at(fs, bytes + indirect_offset(index), block) : status;
}

/* An address that is none of data is forgotten. */
static status_t drop_at(struct xv6fs *fs, uint8_t *at)
{
    uint32_t block = xv6fs_get32(at);
    xv6fs_put32(at, 0);
    return block != 0 && blocks_is_data(fs, block) ? blocks_free(fs, block) : STATUS_OK;
}

/* The addresses of a table from `keep` on, the last first; *left: how many are left. */
static status_t drop_addresses(struct xv6fs *fs, uint8_t *table, uint32_t keep, uint32_t *left)
{
    while (*left > keep) {
        uint8_t *at = table + 4 * (*left - 1);
        if (xv6fs_get32(at) != 0) {
            if (log_room(fs) == 0) {
                return STATUS_OK;
            }
            status_t status = drop_at(fs, at);
            if (status != STATUS_OK) {
                return status;
            }
        }
        --*left;
    }
    return STATUS_OK;
}

static status_t drop_indirect(struct xv6fs *fs, uint8_t *inode, uint32_t keep, bool *done)
{
    uint8_t *address = inode + direct_offset(XV6FS_DIRECT);
    uint32_t block = xv6fs_get32(address);
    uint32_t left = XV6FS_INDIRECT;
    uint8_t *table;
    *done = true;
    if (blocks_is_data(fs, block)) {
        status_t status = log_change(fs, block, false, &table);
        if (status == STATUS_OK) {
            status = drop_addresses(fs, table, keep, &left);
        }
        *done = left <= keep && log_room(fs) > 0;
        if (status != STATUS_OK || !*done) {
            return status;
        }
    }
    return keep == 0 ? drop_at(fs, address) : STATUS_OK;
}

status_t inode_give_back(struct xv6fs *fs, uint32_t number, uint32_t keep, bool *done)
{
    uint8_t *inode;
    uint32_t left = XV6FS_DIRECT;
    *done = false;
    if (log_room(fs) < INODE_STEP) {
        return STATUS_OK;
    }
    status_t status = change_inode(fs, number, &inode);
    if (status == STATUS_OK) {
        status = drop_indirect(fs, inode, keep > XV6FS_DIRECT ? keep - XV6FS_DIRECT : 0, done);
    }
    if (status == STATUS_OK && *done && keep < XV6FS_DIRECT) {
        status = drop_addresses(fs, inode + INODE_ADDRESSES, keep, &left);
        *done = left <= keep;
    }
    return status;
}

/* ---- the end of one ------------------------------------------------------------------------- */

static status_t free_some(struct xv6fs *fs, uint32_t number, bool *done)
{
    uint8_t *inode;
    status_t status = inode_give_back(fs, number, 0, done);
    if (status == STATUS_OK && *done) {
        status = change_inode(fs, number, &inode);
        if (status == STATUS_OK) {
            xv6fs_zero(inode, INODE_BYTES);
            fs->next_inode = number < fs->next_inode ? number : fs->next_inode;
        }
    }
    return status;
}

status_t inode_end_without(struct xv6fs *fs, uint32_t number, status_t status)
{
    bool done = false;
    if (status == STATUS_OK) {
        status = free_some(fs, number, &done);
    }
    status = log_end(fs, status);
    while (status == STATUS_OK && !done) {
        log_begin(fs);
        status = log_end(fs, free_some(fs, number, &done));
    }
    return status;
}
