/*
 * Inodes, and the blocks they have. What changes one is part of the running transaction, and needs
 * at most INODE_STEP blocks of the log.
 */
#ifndef XV6FS_INODE_H
#define XV6FS_INODE_H

#include "xv6fs.h"

enum { INODE_STEP = 5 }; /* the inode, the indirect block, the block itself, two of the bit map */

/* What is known of one that is used. */
struct inode {
    uint32_t number;
    uint32_t type; /* XV6FS_DIRECTORY, XV6FS_FILE, XV6FS_DEVICE */
    uint32_t size;
    uint32_t links;
    uint32_t device; /* major << 16 | minor */
};

/* BAD_FORMAT: there is no such inode, it is free, or what it says of itself cannot be. */
SINTER_MUST_CHECK status_t inode_look(struct xv6fs *fs, uint32_t number, struct inode *inode);

/* The same with IO_ERROR, for who is asked for it. */
SINTER_MUST_CHECK status_t inode_load(struct xv6fs *fs, uint32_t number, struct inode *inode);

/* Makes one with one link. FULL: there is none, or no room. */
SINTER_MUST_CHECK status_t inode_make(struct xv6fs *fs, uint32_t type, uint32_t device,
                                      struct inode *inode);

SINTER_MUST_CHECK status_t inode_set_size(struct xv6fs *fs, uint32_t number, uint32_t size);

/* Adds links, or with a negative number takes some, down to none. FULL: too many. */
SINTER_MUST_CHECK status_t inode_add_links(struct xv6fs *fs, uint32_t number, int32_t links);

/* A block of a file by its place in it; 0: zeros, as beyond its last. IO_ERROR: its address is none
 * of data. */
SINTER_MUST_CHECK status_t inode_block(struct xv6fs *fs, uint32_t number, uint32_t index,
                                       uint32_t *block);

/* The same, taken if there is none. FULL. */
SINTER_MUST_CHECK status_t inode_need_block(struct xv6fs *fs, uint32_t number, uint32_t index,
                                            uint32_t *block);

/* Gives back the blocks from `keep` on, as far as there is room for in the log; *done: all of
 * them. */
SINTER_MUST_CHECK status_t inode_give_back(struct xv6fs *fs, uint32_t number, uint32_t keep,
                                           bool *done);

/* Frees one that has no name and is not open, in the running transaction or in as many more as it
 * takes: the last call of an operation, which it ends with log_end(). */
SINTER_MUST_CHECK status_t inode_end_without(struct xv6fs *fs, uint32_t number, status_t status);

#endif
