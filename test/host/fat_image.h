/*
 * A FAT file system in memory for tests, with a device that can be cut off at any write: what was
 * written since the last flush is known, so that a loss of power can be played in every order.
 */
#ifndef FAT_IMAGE_H
#define FAT_IMAGE_H

#include <setjmp.h>

#include "content.h"
#include "tree.h"

struct image_write {
    uint64_t offset;
    uint32_t length;
    uint8_t *bytes;
};

struct image {
    uint8_t *bytes;
    uint64_t size;
    struct fat_device device;
    uint32_t writes;   /* so far */
    uint32_t cut_at;   /* this write does not happen: the machine is gone; 0: never */
    jmp_buf gone;      /* where the test goes on then */
    uint32_t fails_at; /* this write and those that follow fail, `fails` in all; 0: none */
    uint32_t fails;
    uint64_t bad;    /* byte offset that cannot be written; 0: none */
    bool keeps;      /* notes what was written since the last flush */
    uint8_t *stable; /* contents at the last flush */
    struct image_write *kept;
    uint32_t kept_count;
    struct fat_saved saved;
    struct fat fat;
    struct fat_node root;
};

/* Takes over `bytes`, made by malloc(). */
void image_open(struct image *image, uint8_t *bytes, uint64_t size);
void image_close(struct image *image);

/* From now on what is written is kept apart until it is flushed. */
void image_keep(struct image *image);

/* The contents after a loss of power, some of what was not flushed being there; each time others.
 */
void image_lose_power(struct image *image, unsigned *seed);

/* As a new instance of the server does, with what the last one saved. */
status_t image_mount(struct image *image);

/* Whole files, for what the tests do most. */
status_t image_write_file(struct image *image, const char *path, const void *bytes,
                          uint64_t length);
/* NULL: it is not there. The bytes are from malloc(). */
uint8_t *image_read_file(struct image *image, const char *path, uint64_t *length);

status_t image_write_at(struct image *image, struct fat_node *node, uint64_t offset,
                        const void *bytes, uint64_t length);
status_t image_read_at(struct image *image, struct fat_node *node, uint64_t offset, void *bytes,
                       uint64_t length, uint64_t *count);
/* An open node. */
struct fat_node *image_open_node(struct image *image, const char *path, uint32_t flags);

status_t image_make_directory(struct image *image, const char *path);
status_t image_remove(struct image *image, const char *path, bool directory);
status_t image_rename(struct image *image, const char *from, const char *to);

/*
 * Walks the whole tree: every chain is as long as its file, no cluster has two owners, none that
 * is owned is free. Null, or what is wrong. *lost: clusters without owner.
 */
const char *image_check(struct image *image, uint32_t *lost);

#endif
