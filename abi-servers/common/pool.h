/*
 * Items of one size, from pages of an arena as they are needed, up to a limit. What is freed is
 * used again; the pages stay, but for items of more than half a page, which have pages of their
 * own. The caller locks.
 */
#ifndef POOL_H
#define POOL_H

#include "arena.h"

#include <stdbool.h>
#include <stddef.h>

struct pool {
    struct arena *arena;
    size_t size;    /* bytes of an item, at least a pointer's */
    uint32_t limit; /* items in use at most */
    uint32_t in_use;
    void *free;
    uint8_t *rest, *end; /* of the last chunk */
};

/* A zeroed item; null: the limit is reached, or the arena or its account full. */
void *pool_take(struct pool *pool);
void pool_give(struct pool *pool, void *item);

#endif
