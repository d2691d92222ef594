/*
 * What clients have open: a bounded table in the state store, so that their endpoints go on working
 * with the next instance. Whatever broke the instance before may have written there, so nothing in
 * it is believed unchecked.
 *
 * The badge of an endpoint that this server minted has 1 + the place in the table in its upper half
 * and the opening's serial number in its lower; those that init mints for the root directory have
 * 0 in the upper.
 */
#ifndef XV6FS_OPENINGS_H
#define XV6FS_OPENINGS_H

#include "inode.h"

enum { OPENINGS = 512 };

struct opening {
    uint32_t serial; /* 0: free */
    uint16_t inode;
    uint16_t type;  /* that it has */
    uint32_t flags; /* FILE_ of open */
};

struct openings_saved {
    uint8_t superblock[SUPERBLOCK_BYTES]; /* of the file system that it is about */
    uint32_t serial;                      /* last given out */
    struct opening table[OPENINGS];
};

struct openings {
    struct openings_saved *saved;
    uint16_t free_count;
    uint16_t free[OPENINGS]; /* places, the next to take last */
};

/* After xv6fs_mount(): takes what the instance before left, as far as it is there still, counts it
 * in fs->references, and drops the rest. */
void openings_begin(struct openings *openings, struct openings_saved *saved, struct xv6fs *fs);

/* The next instance is to take none of them: the file system is not what they were opened in. */
void openings_leave_none(struct openings *openings);

/* A free place, with the badge for its endpoint; null: the table is full. Nothing is taken yet. */
struct opening *openings_choose(struct openings *openings, uint64_t *badge);

/* Takes it. The inode's references are the caller's to count. */
void openings_take(struct openings *openings, struct opening *opening, uint64_t badge,
                   const struct inode *inode, uint32_t flags);

/* The opening of a badge; null: there is none (any more). */
struct opening *openings_find(const struct openings *openings, uint64_t badge);

/* Gives its place back; the inode that it was of, or 0. */
uint32_t openings_close(struct openings *openings, uint64_t badge);

#endif
