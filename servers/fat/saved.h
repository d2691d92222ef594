/*
 * What passes from one instance of the server to the next, in its state store: what is open, and
 * what it was in the middle of. Whatever broke the instance before may have written here, so
 * nothing in it is believed unchecked.
 *
 * An intent is noted before the first write of what it describes and cleared after the last; the
 * next instance undoes or finishes it (recover.c). It does not outlive the machine: what power
 * lost leaves behind is for fsck.
 */
#ifndef FAT_SAVED_H
#define FAT_SAVED_H

#include <stdint.h>

#include "name.h"

enum { FAT_NODES = 256, FAT_RUNS = 16 };

/* Clusters that follow each other. */
struct fat_run {
    uint32_t first;
    uint32_t count;
};

/* A place in a directory: which slots, and where the last of them, the short entry, is. */
struct fat_place {
    uint32_t directory; /* first cluster; 0: the root of FAT12 and FAT16 */
    uint32_t first_slot;
    uint32_t slot;
    uint32_t sector; /* 0: the root directory, which has no place */
    uint32_t offset; /* bytes in the sector */
};

/* An open file or directory. */
struct fat_node {
    uint32_t references; /* 0: the node is free */
    struct fat_place place;
    uint8_t short_name[FAT_SHORT_BYTES];
    uint8_t attributes;
    uint32_t first; /* cluster; 0: none, or the root of FAT12 and FAT16 */
    uint32_t size;
    uint32_t lost;       /* 1: its entry is not where it was when the server went on */
    uint32_t tail_count; /* clusters of its chain; 0: not counted yet */
    uint32_t tail;       /* the last of them */
    uint32_t near_index; /* a cluster of it that was used lately, and the how-manieth it is */
    uint32_t near;       /* 0: none */
};

enum fat_intent_kind {
    FAT_INTENT_NONE = 0,
    FAT_INTENT_ALLOCATE = 1, /* `runs` get an owner: the entry at `place`, or the chain of `link` */
    FAT_INTENT_FREE = 2,     /* `runs` have lost theirs, and so has the chain from `next` on */
    FAT_INTENT_RENAME = 3,   /* the slots of `from` go, if those of `place` have come; then the
                              * chain from `next` on, which `place` had, has lost its owner */
    FAT_INTENT_NAME = 4      /* the slots of `place` come */
};

struct fat_intent {
    uint32_t kind;
    uint32_t count;
    struct fat_run runs[FAT_RUNS];
    uint32_t link; /* the end of the chain that becomes longer; 0: none */
    uint32_t next;
    uint32_t size; /* that the file had */
    struct fat_place place;
    struct fat_place from;
};

struct fat_saved {
    uint32_t magic;
    uint32_t identity; /* of the volume */
    uint32_t clusters;
    uint32_t dirty_by_us; /* the volume was clean, and is marked because of what this server does */
    struct fat_intent intent;
    struct fat_node nodes[FAT_NODES];
};

#endif
