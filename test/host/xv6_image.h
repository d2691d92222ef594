/*
 * An xv6 file system in memory for tests, on a device that can be cut off at any sector: what was
 * written since the last flush is known, so that a loss of power can be played in every order. It
 * is made and checked here with no part of the server.
 */
#ifndef XV6_IMAGE_H
#define XV6_IMAGE_H

#include <setjmp.h>

#include "content.h"
#include "openings.h"
#include "tree.h"

enum { SECTOR = 512 };

struct image_sector {
    uint64_t offset;
    uint8_t bytes[SECTOR];
};

struct image {
    uint8_t *bytes;
    uint64_t size;
    struct xv6fs_device device;
    uint32_t writes;   /* sectors so far */
    uint32_t cut_at;   /* this sector is not written: the machine is gone; 0: never */
    jmp_buf gone;      /* where the test goes on then */
    uint32_t fails_at; /* this sector and those that follow fail, `fails` in all; 0: none */
    uint32_t fails;
    bool keeps;      /* notes what was written since the last flush */
    uint8_t *stable; /* contents at the last flush */
    struct image_sector *kept;
    uint32_t kept_count;
    struct openings_saved saved;
    struct openings openings;
    struct xv6fs fs;
    const char *reason;
};

/* An empty file system. */
void image_make(struct image *image, uint32_t blocks, uint32_t inodes, uint32_t log);
/* Takes over `bytes`, made by malloc(). */
void image_open(struct image *image, uint8_t *bytes, uint64_t size);
void image_close(struct image *image);

/* From now on what is written is kept apart until it is flushed. */
void image_keep(struct image *image);
/* The contents after a loss of power, some of what was not flushed being there; each time
 * others. */
void image_lose_power(struct image *image, unsigned *seed);

/* As a new instance of the server does, with what the last one saved. */
status_t image_mount(struct image *image);

/* Null, or what is wrong. *digest (which may be left out) tells trees apart: names, kinds, links,
 * contents. `nameless`: inodes that have lost their last name may be there. */
const char *image_check(const struct image *image, bool nameless, uint64_t *digest);

/* Short cuts; paths begin at the root. image_open_file() answers 0 if it cannot be. */
struct path image_path(const char *text);
uint64_t image_open_file(struct image *image, const char *path, uint32_t flags);
void image_close_file(struct image *image, uint64_t badge);
status_t image_write_at(struct image *image, const char *path, uint64_t offset, const void *bytes,
                        uint64_t length);
/* Of a file that may have no name any more. */
status_t image_read_inode(struct image *image, uint32_t number, uint64_t offset, void *bytes,
                          uint64_t length, uint64_t *count);
uint32_t image_number(struct image *image, const char *path); /* 0: none */

#endif
