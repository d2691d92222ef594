/* The write-ahead log of log.h. */
#include "log.h"

static status_t write_blocks(struct xv6fs *fs, uint32_t block, const void *bytes, uint32_t count)
{
    return fs->device.write(fs->device.context, (uint64_t)block * XV6FS_BLOCK, bytes,
                            count * XV6FS_BLOCK);
}

static status_t flush(struct xv6fs *fs)
{
    return fs->device.flush(fs->device.context);
}

/* ---- changing ------------------------------------------------------------------------------- */

void log_begin(struct xv6fs *fs)
{
    fs->log.count = 0;
}

uint32_t log_room(const struct xv6fs *fs)
{
    return fs->log.capacity - fs->log.count;
}

status_t log_change(struct xv6fs *fs, uint32_t block, bool fresh, uint8_t **bytes)
{
    struct xv6fs_log *log = &fs->log;
    uint32_t line;
    status_t status = cache_take(&fs->cache, block, fresh, &line);
    if (status != STATUS_OK) {
        return status;
    }
    *bytes = fs->cache.bytes[line];
    if (fs->cache.lines[line].pinned) {
        return STATUS_OK;
    }
    if (log->count == log->capacity) {
        if (fresh) { /* its contents are gone */
            cache_drop(&fs->cache, line);
        }
        return STATUS_FULL;
    }
    fs->cache.lines[line].pinned = true;
    log->blocks[log->count] = block;
    log->lines[log->count++] = line;
    return STATUS_OK;
}

/* What had changed is as on the device again. */
static void forget(struct xv6fs *fs)
{
    for (uint32_t i = 0; i < fs->log.count; i++) {
        cache_drop(&fs->cache, fs->log.lines[i]);
    }
    fs->log.count = 0;
    fs->free_blocks = XV6FS_UNKNOWN;
    fs->next_block = 0;
    fs->next_inode = 0;
}

/* ---- committing ----------------------------------------------------------------------------- */

static status_t write_header(struct xv6fs *fs, uint32_t count)
{
    _Alignas(uint64_t) uint8_t header[XV6FS_BLOCK] = {0};
    xv6fs_put32(header + LOG_COUNT, count);
    for (uint32_t i = 0; i < count; i++) {
        xv6fs_put32(header + LOG_BLOCKS + 4 * i, fs->log.blocks[i]);
    }
    return write_blocks(fs, fs->log.start, header, 1);
}

status_t log_sync(struct xv6fs *fs)
{
    if (!fs->log.unflushed) {
        return STATUS_OK;
    }
    status_t status = flush(fs);
    fs->log.unflushed = status != STATUS_OK;
    return status;
}

/* The empty header has to be there for good before the log is written anew. */
static status_t write_log(struct xv6fs *fs)
{
    const struct xv6fs_log *log = &fs->log;
    status_t status = log_sync(fs);
    for (uint32_t i = 0; i < log->count; i++) {
        xv6fs_copy(fs->cache.run[i], fs->cache.bytes[log->lines[i]], XV6FS_BLOCK);
    }
    if (status == STATUS_OK) {
        status = write_blocks(fs, log->start + 1, fs->cache.run, log->count);
    }
    return status == STATUS_OK ? flush(fs) : status;
}

/* From the run, where write_log() has put them. */
static status_t install(struct xv6fs *fs)
{
    const struct xv6fs_log *log = &fs->log;
    status_t status = STATUS_OK;
    for (uint32_t i = 0, length; i < log->count && status == STATUS_OK; i += length) {
        length = 1;
        while (i + length < log->count && log->blocks[i + length] == log->blocks[i] + length) {
            length++;
        }
        status = write_blocks(fs, log->blocks[i], fs->cache.run[i], length);
    }
    return status == STATUS_OK ? flush(fs) : status;
}

static status_t commit(struct xv6fs *fs)
{
    status_t status = write_header(fs, fs->log.count);
    if (status == STATUS_OK) {
        status = flush(fs);
    }
    if (status == STATUS_OK) {
        status = install(fs);
    }
    if (status == STATUS_OK) {
        status = write_header(fs, 0);
    }
    return status;
}

status_t log_end(struct xv6fs *fs, status_t status)
{
    struct xv6fs_log *log = &fs->log;
    if (status == STATUS_OK && log->count > 0) {
        status = write_log(fs);
    }
    if (status != STATUS_OK) {
        forget(fs);
        return status;
    }
    if (log->count == 0) {
        return STATUS_OK;
    }
    status = commit(fs);
    if (status != STATUS_OK) { /* what of it is on the device, the log tells */
        fs->broken = true;
        forget(fs);
        return status;
    }
    log->unflushed = true;
    for (uint32_t i = 0; i < log->count; i++) {
        fs->cache.lines[log->lines[i]].pinned = false;
    }
    log->count = 0;
    return STATUS_OK;
}

/* ---- recovery ------------------------------------------------------------------------------- */

static status_t read_header(struct xv6fs *fs)
{
    _Alignas(uint64_t) uint8_t header[XV6FS_BLOCK];
    struct xv6fs_log *log = &fs->log;
    status_t status = fs->device.read(fs->device.context, (uint64_t)log->start * XV6FS_BLOCK,
                                      header, sizeof(header));
    if (status != STATUS_OK) {
        return status;
    }
    uint32_t count = xv6fs_get32(header + LOG_COUNT);
    if (count > log->capacity) {
        return STATUS_BAD_FORMAT;
    }
    for (uint32_t i = 0; i < count; i++) {
        uint32_t block = xv6fs_get32(header + LOG_BLOCKS + 4 * i);
        if (block < fs->inode_start || block >= fs->size) {
            return STATUS_BAD_FORMAT;
        }
        log->blocks[i] = block;
    }
    log->count = count;
    return STATUS_OK;
}

status_t log_recover(struct xv6fs *fs)
{
    struct xv6fs_log *log = &fs->log;
    cache_drop_all(&fs->cache);
    log->unflushed = !fs->read_only; /* an empty header may be there by chance */
    status_t status = read_header(fs);
    if (status != STATUS_OK || log->count == 0) {
        return status;
    }
    if (fs->read_only) {
        status = STATUS_READ_ONLY;
    } else {
        status = fs->device.read(fs->device.context, (uint64_t)(log->start + 1) * XV6FS_BLOCK,
                                 fs->cache.run, log->count * XV6FS_BLOCK);
    }
    if (status == STATUS_OK) {
        status = install(fs);
    }
    if (status == STATUS_OK) {
        status = write_header(fs, 0);
    }
    log->count = 0;
    return status;
}
