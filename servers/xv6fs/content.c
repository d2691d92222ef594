/* Bytes of files, as content.h says. */
#include "content.h"

#include "log.h"

static uint32_t smaller(uint64_t a, uint64_t b)
{
    return (uint32_t)(a < b ? a : b);
}

/* How many of `length` bytes at an offset lie in the same block. */
static uint32_t piece_at(uint64_t offset, uint64_t length)
{
    return smaller(XV6FS_BLOCK - offset % XV6FS_BLOCK, length);
}

/* ---- reading -------------------------------------------------------------------------------- */

/* Reads a block together with those that follow it on the device as in the file, up to `last`. What
 * goes wrong will be seen again. */
static void read_ahead(struct xv6fs *fs, uint32_t number, uint32_t index, uint32_t last,
                       uint32_t block)
{
    uint32_t count = 1;
    while (count < CACHE_RUN && index + count <= last) {
        uint32_t next;
        status_t status = inode_block(fs, number, index + count, &next);
        if (status != STATUS_OK || next != block + count || cache_has(&fs->cache, next)) {
            break;
        }
        count++;
    }
    if (count > 1) {
        status_ignore(cache_fetch(&fs->cache, block, count));
    }
}

static status_t block_bytes(struct xv6fs *fs, uint32_t number, uint32_t index, uint32_t last,
                            const uint8_t **bytes)
{
    static const uint8_t zeros[XV6FS_BLOCK];
    uint32_t block;
    status_t status = inode_block(fs, number, index, &block);
    if (status != STATUS_OK || block == 0) {
        *bytes = zeros;
        return status;
    }
    if (!cache_has(&fs->cache, block)) {
        read_ahead(fs, number, index, last, block);
    }
    return cache_read(&fs->cache, block, bytes);
}

status_t xv6fs_read(struct xv6fs *fs, const struct inode *inode, uint64_t offset, uint64_t length,
                    const struct xv6fs_client *client, uint64_t *count)
{
    status_t status = xv6fs_put_in_order(fs);
    *count = 0;
    if (status != STATUS_OK || offset >= inode->size || length == 0) {
        return status;
    }
    length = smaller(length, inode->size - offset);
    uint32_t last = (uint32_t)((offset + length - 1) / XV6FS_BLOCK);
    while (*count < length) {
        const uint8_t *bytes;
        uint64_t at = offset + *count;
        uint32_t piece = piece_at(at, length - *count);
        status = block_bytes(fs, inode->number, (uint32_t)(at / XV6FS_BLOCK), last, &bytes);
        if (status == STATUS_OK) { /* which is not changed */
            void *from = (void *)(uintptr_t)(bytes + at % XV6FS_BLOCK);
            status = client->copy(client->context, false, *count, from, piece);
        }
        if (status != STATUS_OK) {
            return *count > 0 ? STATUS_OK : status;
        }
        *count += piece;
    }
    return STATUS_OK;
}

/* ---- writing -------------------------------------------------------------------------------- */

/* What is to be written: a client's bytes from `at` on, or zeros. */
struct source {
    const struct xv6fs_client *client; /* null: zeros */
    uint64_t at;
};

static status_t fill(const struct source *source, uint64_t done, uint8_t *bytes, uint32_t length)
{
    if (source->client == NULL) {
        xv6fs_zero(bytes, length);
        return STATUS_OK;
    }
    return source->client->copy(source->client->context, true, source->at + done, bytes, length);
}

static status_t write_piece(struct xv6fs *fs, uint32_t number, uint64_t offset,
                            const struct source *source, uint64_t done, uint32_t piece)
{
    uint32_t block;
    uint8_t *bytes;
    status_t status = inode_need_block(fs, number, (uint32_t)(offset / XV6FS_BLOCK), &block);
    if (status == STATUS_OK) {
        status = log_change(fs, block, piece == XV6FS_BLOCK, &bytes);
    }
    return status == STATUS_OK ? fill(source, done, bytes + offset % XV6FS_BLOCK, piece) : status;
}

/* As much as one transaction can hold. Where the device is full the blocks before count. */
static status_t write_some(struct xv6fs *fs, struct inode *inode, uint64_t offset, uint64_t length,
                           const struct source *source, uint64_t *count)
{
    uint64_t done = 0;
    uint32_t size = inode->size;
    status_t status = STATUS_OK;
    log_begin(fs);
    while (done < length && log_room(fs) >= INODE_STEP && status == STATUS_OK) {
        uint32_t piece = piece_at(offset + done, length - done);
        status = write_piece(fs, inode->number, offset + done, source, done, piece);
        done += status == STATUS_OK ? piece : 0;
    }
    if (status == STATUS_FULL && done > 0) {
        status = STATUS_OK;
    }
    if (status == STATUS_OK && offset + done > size) {
        size = (uint32_t)(offset + done);
        status = inode_set_size(fs, inode->number, size);
    }
    status = log_end(fs, status);
    if (status == STATUS_OK) {
        inode->size = size;
        *count = done;
    }
    return status;
}

static status_t shrink(struct xv6fs *fs, struct inode *inode, uint32_t size)
{
    uint32_t keep = (size + XV6FS_BLOCK - 1) / XV6FS_BLOCK;
    bool done = false;
    status_t status = STATUS_OK;
    while (status == STATUS_OK && !done) {
        log_begin(fs);
        status = inode_set_size(fs, inode->number, size);
        if (status == STATUS_OK) {
            status = inode_give_back(fs, inode->number, keep, &done);
        }
        status = log_end(fs, status);
    }
    if (status == STATUS_OK) {
        inode->size = size;
    }
    return status;
}

static status_t extend(struct xv6fs *fs, struct inode *inode, uint32_t size)
{
    const struct source zeros = {NULL, 0};
    uint32_t before = inode->size;
    status_t status = STATUS_OK;
    while (status == STATUS_OK && inode->size < size) {
        uint64_t count = 0;
        status = write_some(fs, inode, inode->size, size - inode->size, &zeros, &count);
    }
    if (status == STATUS_FULL && inode->size > before) {
        status_t undone = shrink(fs, inode, before);
        status = undone == STATUS_OK ? STATUS_FULL : undone;
    }
    return status;
}

static status_t begin_change(struct xv6fs *fs)
{
    return fs->read_only ? STATUS_READ_ONLY : xv6fs_put_in_order(fs);
}

status_t xv6fs_write(struct xv6fs *fs, struct inode *inode, uint64_t offset, uint64_t length,
                     const struct xv6fs_client *client, uint64_t *count)
{
    status_t status = begin_change(fs);
    *count = 0;
    if (status != STATUS_OK || length == 0) {
        return status;
    }
    if (offset >= XV6FS_FILE_BYTES) {
        return STATUS_FULL;
    }
    length = smaller(length, XV6FS_FILE_BYTES - offset);
    if (offset > inode->size) {
        status = extend(fs, inode, (uint32_t)offset);
    }
    while (status == STATUS_OK && *count < length) {
        const struct source source = {client, *count};
        uint64_t moved = 0;
        status = write_some(fs, inode, offset + *count, length - *count, &source, &moved);
        *count += moved;
    }
    return *count > 0 ? STATUS_OK : status;
}

status_t xv6fs_resize(struct xv6fs *fs, struct inode *inode, uint64_t size)
{
    status_t status = begin_change(fs);
    if (status != STATUS_OK || size == inode->size) {
        return status;
    }
    if (size > XV6FS_FILE_BYTES) {
        return STATUS_FULL;
    }
    return size < inode->size ? shrink(fs, inode, (uint32_t)size)
                              : extend(fs, inode, (uint32_t)size);
}
