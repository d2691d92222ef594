/* See pool.h. */
#include "pool.h"

#include <string.h>

enum { CHUNK = 16 << 10, ALIGNMENT = 16 };

static bool new_chunk(struct pool *pool, handle_t account)
{
    handle_t memory = 0;
    uint64_t at = 0;
    size_t length = pool->size > CHUNK ? pool->size : CHUNK;
    length = (length + LIMIT_PAGE_SIZE - 1) & ~(size_t)(LIMIT_PAGE_SIZE - 1);
    if (memory_create(account, length, 0, &memory) != STATUS_OK) {
        return false;
    }
    status_t status = space_map(0, memory, 0, 0, length, MAP_READ | MAP_WRITE, &at);
    if (status == STATUS_OK) {
        status = memory_commit(memory, 0, length); /* full is an answer here, and a fault later */
    }
    if (status != STATUS_OK && at != 0) {
        status_ignore(space_unmap(0, at, length));
    }
    status_ignore(handle_close(memory));
    if (status != STATUS_OK) {
        return false;
    }
    pool->rest = (uint8_t *)(uintptr_t)at;
    pool->end = pool->rest + length;
    return true;
}

void *pool_take(struct pool *pool, handle_t account)
{
    size_t size = (pool->size + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
    void *item = pool->free;
    if (pool->in_use == pool->limit) {
        return NULL;
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
    memcpy(item, &pool->free, sizeof(pool->free));
    pool->free = item;
    pool->in_use--;
}
