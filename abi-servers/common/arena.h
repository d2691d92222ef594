/*
 * A range of the personality's addresses that its pools and stacks take pages from. The page tables
 * of the range are made at the beginning, and pages are charged when they are taken: of an account
 * that guests have emptied nothing can be taken, but what was taken can be used. The caller locks.
 */
#ifndef ARENA_H
#define ARENA_H

#include <sinter/system.h>
#include <stddef.h>

enum { ARENA_PAGES = 4096 };

struct arena {
    handle_t memory;
    uint64_t start;
    uint32_t next; /* where to look first */
    uint8_t taken[ARENA_PAGES / 8];
};

/* What memory_create() and space_map() answer. */
SINTER_MUST_CHECK status_t arena_begin(struct arena *arena, handle_t account);

/* Zeroed pages; null: the account is full, or the range. Lengths are of whole pages, and at most
 * 1 MiB. */
void *arena_take(struct arena *arena, size_t length);
void arena_give(struct arena *arena, void *at, size_t length);

/* Addresses for good, without pages; null: the range is full. Those are taken and given apart. */
void *arena_reserve(struct arena *arena, size_t length);
/* NO_PAGES, NO_KERNEL_MEMORY: the account is full, and nothing is taken. */
SINTER_MUST_CHECK status_t arena_commit(struct arena *arena, const void *at, size_t length);
void arena_discard(struct arena *arena, const void *at, size_t length);

#endif
