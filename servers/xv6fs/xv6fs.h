/*
 * xv6's file system on a block device, read and written; without a system call. format.h has what
 * it looks like on the device.
 *
 *   server, openings    the server: calls, leases, endpoints, what outlives a crash
 *   tree                names: open, make, link, remove, rename, list
 *   content             bytes of files: read, write, resize
 *   directory           entries of 16 bytes, and where the last ones looked for were
 *   inode               inodes, and which blocks they have
 *   blocks              the bit map
 *   volume              superblock, mounting, files that lost their last name
 *   log                 transactions
 *   cache               blocks
 *
 * There is no copy of an inode, a directory or the bit map but the cache's blocks, so a transaction
 * that is given up leaves nothing to undo. What is answered is on stable storage.
 *
 * Everything read from the device is believed only as far as it cannot do harm: every number is
 * checked where it is used, every walk bounded. Not thread-safe.
 */
#ifndef XV6FS_H
#define XV6FS_H

#include <sinter/abi.h>
#include <stdbool.h>
#include <stdint.h>

#include "cache.h"

#define XV6FS_UNKNOWN UINT32_MAX /* number of free blocks */

enum { XV6FS_HINTS = 1024 };

struct xv6fs_log {
    uint32_t start; /* its header */
    uint32_t capacity;
    uint32_t count; /* blocks that the running transaction has changed */
    uint32_t blocks[XV6FS_LOG_BLOCKS];
    uint32_t lines[XV6FS_LOG_BLOCKS]; /* of the cache */
    bool unflushed;                   /* that the header is empty is not on stable storage yet */
};

/* Where a name was found: looked at again before it is believed. */
struct xv6fs_hint {
    uint16_t directory; /* inode; 0: none */
    uint8_t name[XV6FS_NAME];
    uint32_t offset;
};

struct xv6fs {
    struct xv6fs_device device;
    bool read_only;
    bool broken;   /* the device failed in a commit: log_recover() comes before all else */
    uint32_t size; /* these in blocks */
    uint32_t inode_start;
    uint32_t map_start;
    uint32_t data_start;
    uint32_t inodes;      /* numbered below this */
    uint32_t free_blocks; /* or XV6FS_UNKNOWN */
    uint32_t next_block;  /* none before it is free */
    uint32_t next_inode;
    uint8_t superblock[SUPERBLOCK_BYTES];
    struct xv6fs_log log;
    struct xv6fs_hint hints[XV6FS_HINTS];
    uint16_t references[XV6FS_INODES_MOST]; /* openings of an inode, which keep it */
    struct xv6fs_cache cache;
};

/* ---- volume --------------------------------------------------------------------------------- */

/*
 * Opens the file system of a device, and replays its log. BAD_FORMAT: there is none, or none that
 * can be used, *reason says in words why; IO_ERROR. `references` are left as they are.
 */
SINTER_MUST_CHECK status_t xv6fs_mount(struct xv6fs *fs, const struct xv6fs_device *device,
                                       bool read_only, const char **reason);

/* Frees what has no name and is not open: before the first operation. */
SINTER_MUST_CHECK status_t xv6fs_free_nameless(struct xv6fs *fs);

/* Whether a device that has come back has this file system on it. */
bool xv6fs_is_on(const struct xv6fs *fs, const struct xv6fs_device *device);

/* Every operation begins with this: IO_ERROR while the device keeps an earlier one from ending. */
SINTER_MUST_CHECK status_t xv6fs_put_in_order(struct xv6fs *fs);

SINTER_MUST_CHECK status_t xv6fs_sync(struct xv6fs *fs);

/* Bytes for contents in all, and free. */
SINTER_MUST_CHECK status_t xv6fs_space(struct xv6fs *fs, uint64_t *total, uint64_t *free);

#endif
