/*
 * A block device by its path, for servers that stand on one. A call that a dying driver held is
 * made again, since it names its blocks: what was answered is in the device, and an instance that
 * has just come up serves. A request that kills its driver is repeated a bounded number of times.
 */
#ifndef DRIVERS_COMMON_BLOCK_FILE_H
#define DRIVERS_COMMON_BLOCK_FILE_H

#include "server.h"

struct block_file {
    handle_t file; /* 0: not open */
    uint64_t size; /* bytes */
    bool read_only;
};

/* Opens `path`, which may begin with a slash, for reading, and for writing if it allows that.
 * What walk_open() answers; BAD_FORMAT: it is no block device. */
SINTER_MUST_CHECK status_t block_file_open(struct block_file *block, const struct server *server,
                                           const char *path);
void block_file_close(struct block_file *block);

/* All of it, or an error. */
SINTER_MUST_CHECK status_t block_file_read(const struct block_file *block, uint64_t offset,
                                           void *buffer, uint64_t length);
SINTER_MUST_CHECK status_t block_file_write(const struct block_file *block, uint64_t offset,
                                            const void *buffer, uint64_t length);
SINTER_MUST_CHECK status_t block_file_sync(const struct block_file *block);

/*
 * Lends on `length` bytes from `at` on of the call's lease to the device: LEASE_WRITE for a read,
 * LEASE_READ for a write. May move less, which *count tells. RETRY_TOUCH: the answer for the
 * caller is prepared; return it. INTERRUPTED: the caller has cancelled.
 */
SINTER_MUST_CHECK status_t block_file_lend(const struct block_file *block, struct call *call,
                                           uint32_t direction, uint64_t offset, uint64_t at,
                                           uint64_t length, uint64_t *count);

/* Whether a call of the device that ended so is to be made again; *tries begins at 0. */
bool block_file_again(status_t status, unsigned *tries);

#endif
