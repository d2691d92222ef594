/*
 * A file system in one range of memory: files, directories, and nothing else. Pure; tmpfs.c serves
 * it, tests run it on the host.
 *
 * The range outlives the server, so everything in it is in order after each assignment: a block is
 * filled before something points to it, and a size grows when its bytes are there. Which blocks and
 * nodes are free is not written down but found again by volume_open(), so what a crash left
 * half-made is free.
 *
 * Files have at most VOLUME_FILE_MOST bytes; bytes never written read as zeros.
 */
#ifndef TMPFS_VOLUME_H
#define TMPFS_VOLUME_H

#include <sinter/abi.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    VOLUME_BLOCK = 4096,
    VOLUME_NODES = 2048, /* files and directories */
    VOLUME_DIRECT = 8,
    VOLUME_POINTERS = VOLUME_BLOCK / 4, /* in a block of pointers */
    VOLUME_NAME = 255,                  /* bytes */
    VOLUME_ROOT = 0,
    VOLUME_SPARE = 2048,
    VOLUME_RUN = 16,        /* blocks that are committed together */
    VOLUME_BLOCKS = 262144, /* most that a range may have: 1 GiB */
};
#define VOLUME_FILE_MOST                                                                           \
    ((VOLUME_DIRECT + VOLUME_POINTERS + (uint64_t)VOLUME_POINTERS * VOLUME_POINTERS) * VOLUME_BLOCK)

enum volume_kind { VOLUME_FREE, VOLUME_FILE, VOLUME_DIRECTORY };

/* In the range. Blocks are numbers; 0 is none. */
struct volume_node {
    uint32_t kind;
    uint32_t generation; /* of this place in the table */
    uint32_t parent;     /* of a directory */
    uint32_t linked;     /* boolean: it has a name */
    uint32_t openings;
    uint32_t direct[VOLUME_DIRECT];
    uint32_t indirect; /* a block of pointers to blocks */
    uint32_t twice;    /* a block of pointers to such blocks */
    uint32_t unused;
    uint64_t size;     /* bytes; of a directory: its places for entries */
    uint64_t modified; /* ns since 1970 */
};

struct volume;

/* Makes sure that bytes at an offset of the range, never written before, can be; false: they
 * cannot, since memory has run out. */
typedef bool volume_commit(struct volume *volume, uint64_t offset, uint64_t length);

struct volume {
    uint8_t *base;
    volume_commit *commit;
    uint32_t blocks; /* of the range */
    uint32_t first;  /* that is no part of the tables */
    uint32_t free;
    uint32_t next; /* behind it the search for a free one begins: the lowest has memory already */
    struct volume_node *nodes;
    uint64_t used[VOLUME_BLOCKS / 64];                   /* bit per block */
    uint64_t committed[VOLUME_BLOCKS / VOLUME_RUN / 64]; /* bit per run of blocks */
};

/* Opens what is in a range, zeros at first. False: it is too small, holds something else, or cannot
 * be committed. */
bool volume_open(struct volume *volume, void *base, uint64_t size, volume_commit *commit);

/* VOLUME_SPARE bytes of the range that are nobody's, zeros at first. */
void *volume_spare(const struct volume *volume);
/* Free blocks that need no more memory. */
uint32_t volume_free_committed(const struct volume *volume);

/* All paths: `length` bytes below directory `at`, no leading slash, no empty, `.` or `..` part.
 * NOT_FOUND, NOT_DIRECTORY; an empty path is `at` itself. */
status_t volume_find(const struct volume *volume, uint32_t at, const char *path, size_t length,
                     uint32_t *node);
/* EXISTS, FULL; BAD_ARGUMENT: a name of more than VOLUME_NAME bytes, `.`, `..`, or with a slash or
 * a zero byte; what volume_find says. */
status_t volume_create(struct volume *volume, uint32_t at, const char *path, size_t length,
                       enum volume_kind kind, uint64_t now, uint32_t *node);
/* IS_DIRECTORY, NOT_DIRECTORY: it is not of that kind; NOT_EMPTY; BUSY: the root. */
status_t volume_remove(struct volume *volume, uint32_t at, const char *path, size_t length,
                       enum volume_kind kind, uint64_t now);
/* BAD_ARGUMENT: a directory below itself; else as volume_remove and volume_create. */
status_t volume_rename(struct volume *volume, uint32_t at, const char *from, size_t from_length,
                       const char *to, size_t to_length, uint64_t now);
/* The entry at a place: a name, not ended, or null: the place is free. */
const char *volume_entry(const struct volume *volume, uint32_t directory, uint64_t place,
                         size_t *length, uint32_t *node);

/* Openings keep a file that has lost its name. */
void volume_opened(struct volume *volume, uint32_t node);
void volume_closed(struct volume *volume, uint32_t node);

/* The bytes at an offset: how many lie in one piece there (at most `length`), and where; null:
 * zeros. Reading: below the file's size. */
const uint8_t *volume_read(const struct volume *volume, uint32_t node, uint64_t offset,
                           uint64_t *length);
/* The same for writing, with blocks of its own; null: FULL. Bytes behind the end count once
 * volume_written() says so; a write that fails is followed by volume_trim(). */
uint8_t *volume_write(struct volume *volume, uint32_t node, uint64_t offset, uint64_t *length);
void volume_written(struct volume *volume, uint32_t node, uint64_t end, uint64_t now);
/* Gives back the blocks behind the end; the rest of the last one becomes zeros. */
void volume_trim(struct volume *volume, uint32_t node);
/* TOO_LARGE: beyond VOLUME_FILE_MOST. */
status_t volume_resize(struct volume *volume, uint32_t node, uint64_t size, uint64_t now);

#endif
