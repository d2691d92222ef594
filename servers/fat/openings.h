/*
 * What clients have open: a bounded table in the state store, so that their endpoints go on working
 * with the next instance.
 *
 * The badge of an endpoint that this server minted has 1 + the place in the table in its upper half
 * and the opening's serial number in its lower; those that init mints for the root directory have
 * 0 in the upper.
 */
#ifndef FAT_OPENINGS_H
#define FAT_OPENINGS_H

#include "fat.h"

enum { OPENINGS = 256 };

struct opening {
    uint32_t serial; /* 0: free */
    uint32_t node;   /* index, or OPENING_ROOT */
    uint32_t flags;  /* FILE_ of open */
};

#define OPENING_ROOT UINT32_MAX

struct openings {
    struct fat_saved fat;
    uint32_t serial; /* last given out */
    struct opening table[OPENINGS];
};

/* Before and after fat_mount(): makes the counts of nodes right, and drops what is gone. */
void openings_count(struct openings *openings);
void openings_settle(struct openings *openings);

/* A free place, with the badge for its endpoint; null: the table is full. Nothing is taken yet. */
struct opening *openings_choose(struct openings *openings, uint64_t *badge);

/* Takes it; node has been opened, or is null for the root. */
void openings_take(struct openings *openings, struct opening *opening, uint64_t badge,
                   const struct fat_node *node, uint32_t flags);

/* The opening of a badge; null: there is none (any more). */
struct opening *openings_find(struct openings *openings, uint64_t badge);

void openings_close(struct openings *openings, uint64_t badge);

#endif
