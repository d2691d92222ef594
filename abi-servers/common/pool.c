/* See pool.h. */
#include "pool.h"

#include "c_string.h"
#include "guest_image.h"

enum { CHUNK = 16 << 10, ALIGNMENT = 16 };

static bool has_pages(const struct pool *pool)
{
    return pool->size > LIMIT_PAGE_SIZE / 2;
}

static void *take_pages(struct pool *pool)
{
    void *item = arena_take(pool->arena, PAGES(pool->size));
    pool->in_use += item != NULL;
    return item;
}

static bool new_chunk(struct pool *pool)
{
    uint8_t *chunk = arena_take(pool->arena, CHUNK);
    if (chunk != NULL) {
        pool->rest = chunk;
        pool->end = chunk + CHUNK;
    }
    return chunk != NULL;
}

void *pool_take(struct pool *pool)
{
    size_t size = (pool->size + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
    void *item = pool->free;
    if (pool->in_use == pool->limit) {
        return NULL;
    }
    if (has_pages(pool)) {
        return take_pages(pool);
    }
    if (item != NULL) {
        memcpy(&pool->free, item, sizeof(pool->free));
    } else {
        if ((size_t)(pool->end - pool->rest) < size && !new_chunk(pool)) {
            return NULL;
        }
        item = pool->rest;
        pool->rest += size;
    }
    pool->in_use++;
    memset(item, 0, pool->size);
    return item;
}

void pool_give(struct pool *pool, void *item)
{
    pool->in_use--;
    if (has_pages(pool)) {
        arena_give(pool->arena, item, PAGES(pool->size));
    } else {
        memcpy(item, &pool->free, sizeof(pool->free));
        pool->free = item;
    }
}
