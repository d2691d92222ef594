/* See arena.h. */
#include "arena.h"

#include "guest_image.h"

enum { BITS = 8 };

#define ARENA_BYTES (ARENA_PAGES * PAGE)
#define TABLE_SPAN  (UINT64_C(2) << 20) /* addresses whose entries are in one table */

static void make_table(uint64_t at)
{
    (void)*(const volatile uint8_t *)(uintptr_t)at;
}

status_t arena_begin(struct arena *arena, handle_t account)
{
    *arena = (struct arena){0};
    status_t status = memory_create(account, ARENA_BYTES, 0, &arena->memory);
    if (status == STATUS_OK) {
        status =
            space_map(0, arena->memory, 0, 0, ARENA_BYTES, MAP_READ | MAP_WRITE, &arena->start);
    }
    if (status != STATUS_OK) {
        return status;
    }
    for (uint64_t at = 0; at < ARENA_BYTES; at += TABLE_SPAN) {
        make_table(arena->start + at);
    }
    make_table(arena->start + ARENA_BYTES - 1);
    return STATUS_OK;
}

/* ---- addresses ------------------------------------------------------------------------------- */

static bool is_taken(const struct arena *arena, uint32_t page)
{
    return (arena->taken[page / BITS] >> page % BITS & 1) != 0;
}

static void mark(struct arena *arena, uint32_t page, uint32_t count, bool taken)
{
    for (; count > 0; count--, page++) {
        uint8_t bit = (uint8_t)(1u << page % BITS);
        arena->taken[page / BITS] =
            (uint8_t)(taken ? arena->taken[page / BITS] | bit : arena->taken[page / BITS] & ~bit);
    }
}

/* The first free run of `count` pages from `from` on, or ARENA_PAGES. */
static uint32_t find(const struct arena *arena, uint32_t from, uint32_t count)
{
    uint32_t run = 0;
    for (uint32_t page = from; page < ARENA_PAGES; page++) {
        run = is_taken(arena, page) ? 0 : run + 1;
        if (run == count) {
            return page + 1 - count;
        }
    }
    return ARENA_PAGES;
}

void *arena_reserve(struct arena *arena, size_t length)
{
    uint32_t count = (uint32_t)(length / PAGE);
    uint32_t page = find(arena, arena->next, count);
    if (page == ARENA_PAGES) {
        page = find(arena, 0, count);
    }
    if (page == ARENA_PAGES) {
        return NULL;
    }
    mark(arena, page, count, true);
    arena->next = page + count;
    return (void *)(uintptr_t)(arena->start + page * PAGE);
}

/* ---- pages ----------------------------------------------------------------------------------- */

static uint64_t offset_of(const struct arena *arena, const void *at)
{
    return (uint64_t)(uintptr_t)at - arena->start;
}

status_t arena_commit(struct arena *arena, const void *at, size_t length)
{
    status_t status = memory_commit(arena->memory, offset_of(arena, at), length);
    if (status != STATUS_OK) {
        arena_discard(arena, at, length); /* some pages may have come */
    }
    return status;
}

void arena_discard(struct arena *arena, const void *at, size_t length)
{
    status_ignore(memory_discard(arena->memory, offset_of(arena, at), length));
}

static void free_addresses(struct arena *arena, const void *at, size_t length)
{
    arena->next = (uint32_t)(offset_of(arena, at) / PAGE);
    mark(arena, arena->next, (uint32_t)(length / PAGE), false);
}

void *arena_take(struct arena *arena, size_t length)
{
    void *at = arena_reserve(arena, length);
    if (at != NULL && arena_commit(arena, at, length) != STATUS_OK) {
        free_addresses(arena, at, length);
        at = NULL;
    }
    return at;
}

void arena_give(struct arena *arena, void *at, size_t length)
{
    arena_discard(arena, at, length);
    free_addresses(arena, at, length);
}
