/* Bytes of files. */
#ifndef XV6FS_CONTENT_H
#define XV6FS_CONTENT_H

#include "inode.h"

/* Whoever reads or writes, and its buffer: copies bytes to it from here, or with `write` from it.
 * It may fail; then nothing of it counts. */
struct xv6fs_client {
    void *context;
    status_t (*copy)(void *context, bool write, uint64_t at, void *bytes, uint32_t length);
};

/* *count may be less than length; 0 is the end. An error if nothing was moved. */
SINTER_MUST_CHECK status_t xv6fs_read(struct xv6fs *fs, const struct inode *inode, uint64_t offset,
                                      uint64_t length, const struct xv6fs_client *client,
                                      uint64_t *count);

/* The same, in as many transactions as it takes; a gap before `offset` becomes zeros. FULL: the
 * device, or the file has all the blocks it can have; READ_ONLY. */
SINTER_MUST_CHECK status_t xv6fs_write(struct xv6fs *fs, struct inode *inode, uint64_t offset,
                                       uint64_t length, const struct xv6fs_client *client,
                                       uint64_t *count);

/* Cuts it, or makes it longer by zeros; if there is no room it stays as it was. */
SINTER_MUST_CHECK status_t xv6fs_resize(struct xv6fs *fs, struct inode *inode, uint64_t size);

#endif
