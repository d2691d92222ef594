/*
 * The reports of the last crashes, in memory that outlives a reset. Pure.
 *
 * Records of one size, each with its own checksum: what firmware has written over is forgotten
 * when the store is opened, and so is a record that a reset cut short. Afterwards nobody else
 * writes here.
 */
#ifndef INIT_CRASH_STORE_H
#define INIT_CRASH_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { CRASH_RECORDS = 9, CRASH_NAME = 24, CRASH_WHAT = 200, CRASH_TEXT = 3072 };

struct crash_record {
    uint32_t magic;
    uint32_t check;  /* of all that follows */
    uint64_t number; /* from 1 on, over all boots */
    uint64_t boot;   /* from 1 on */
    uint64_t time;   /* ns since that boot */
    char name[CRASH_NAME];
    char what[CRASH_WHAT];
    char text[CRASH_TEXT];
};

struct crash_store {
    struct crash_record *records; /* null: there is no memory for them, and none are kept */
    uint64_t boot;                /* the present one */
    uint64_t last;                /* number of the newest record */
};

/* Opens the store in `size` bytes at a multiple of eight, making it if there is none. */
void crash_store_open(struct crash_store *store, void *bytes, size_t size);
/* Of texts that are too long the beginning is kept; what is no text becomes `?`. */
void crash_store_add(struct crash_store *store, const char *name, uint64_t time, const char *what,
                     const char *text);
/* The record that is `age` records older than the newest; null: it is not there. */
const struct crash_record *crash_store_at(const struct crash_store *store, uint32_t age);

#endif
