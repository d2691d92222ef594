/* See pool.h. */
#include "pool.h"

#include "c_string.h"
#include "guest_image.h"

enum { CHUNK = 16 << 10, ALIGNMENT = 16 };

static bool has_pages(const struct pool *pool)
{
    return pool->size > LIMIT_PAGE_SIZE / 2;
}

/* Null: the account is full. */
static void *map_pages(size_t length, handle_t account)
{
    handle_t memory = 0;
    uint64_t at = 0;
    if (memory_create(account, length, 0, &memory) != STATUS_OK) {
        return NULL;
    }
    status_t status = space_map(0, memory, 0, 0, length, MAP_READ | MAP_WRITE, &at);
    if (status == STATUS_OK) {
        status = memory_commit(memory, 0, length); /* full is an answer here, and a fault later */
    }
    if (status != STATUS_OK && at != 0) {
        status_ignore(space_unmap(0, at, length));
    }
    status_ignore(handle_close(memory));
    return status == STATUS_OK ? (void *)(uintptr_t)at : NULL;
}

static void *take_pages(struct pool *pool, handle_t account)
{
    void *item = map_pages(PAGES(pool->size), account);
    pool->in_use += item != NULL;
    return item;
}

static bool new_chunk(struct pool *pool, handle_t account)
{
    uint8_t *chunk = map_pages(CHUNK, account);
    if (chunk != NULL) {
        pool->rest = chunk;
        pool->end = chunk + CHUNK;
    }
    return chunk != NULL;
}

void *pool_take(struct pool *pool, handle_t account)
{
    size_t size = (pool->size + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
    void *item = pool->free;
    if (pool->in_use == pool->limit) {
        return NULL;
    }
    if (has_pages(pool)) {
        return take_pages(pool, account);
    }
    if (item != NULL) {
        memcpy(&pool->free, item, sizeof(pool->free));
    } else {
        if ((size_t)(pool->end - pool->rest) < size && !new_chunk(pool, account)) {
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
        status_ignore(space_unmap(0, (uint64_t)(uintptr_t)item, PAGES(pool->size)));
    } else {
        memcpy(item, &pool->free, sizeof(pool->free));
        pool->free = item;
    }
}
