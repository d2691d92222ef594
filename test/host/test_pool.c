/* Unit tests of abi-servers/common/pool.c and arena.c, with an account that is full at random. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "pool.h"

enum { ACCOUNT = 7, MEMORY = 9, ITEMS = 40, STEPS = 20000, ALIGNMENT = 16 };

static const size_t arena_bytes = (size_t)ARENA_PAGES * LIMIT_PAGE_SIZE;

static struct arena arena;
static uint8_t *range; /* of the arena */
static bool committed[ARENA_PAGES];
static unsigned pages, refusals; /* committed; percent of calls that are refused */

/* ---- the kernel ------------------------------------------------------------------------------ */

static bool refused(void)
{
    return (unsigned)random() % 100 < refusals;
}

status_t memory_create(handle_t account, uint64_t size, uint32_t flags, handle_t *memory)
{
    assert_int_equal(account, ACCOUNT);
    assert_int_equal(size, arena_bytes);
    assert_int_equal(flags, 0);
    *memory = MEMORY;
    return refused() ? STATUS_NO_PAGES : STATUS_OK;
}

status_t space_map(handle_t space, handle_t memory, uint64_t address, uint64_t offset,
                   uint64_t length, uint32_t flags, uint64_t *at)
{
    assert_true(space == 0 && memory == MEMORY && address == 0 && offset == 0);
    assert_int_equal(length, arena_bytes);
    assert_int_equal(flags, MAP_READ | MAP_WRITE);
    *at = (uint64_t)(uintptr_t)range;
    return refused() ? STATUS_NO_KERNEL_MEMORY : STATUS_OK;
}

static void require_pages(handle_t memory, uint64_t offset, uint64_t length)
{
    assert_int_equal(memory, MEMORY);
    assert_int_equal(offset % LIMIT_PAGE_SIZE, 0);
    assert_int_equal(length % LIMIT_PAGE_SIZE, 0);
    assert_true(length > 0 && length <= 1 << 20);
    assert_true(offset <= arena_bytes && length <= arena_bytes - offset);
}

/* What fails may have brought some of the pages. */
status_t memory_commit(handle_t memory, uint64_t offset, uint64_t length)
{
    require_pages(memory, offset, length);
    uint64_t first = offset / LIMIT_PAGE_SIZE;
    uint64_t count = length / LIMIT_PAGE_SIZE;
    bool fails = refused();
    uint64_t come = fails ? (uint64_t)random() % count : count;
    for (uint64_t i = 0; i < come; i++) {
        assert_false(committed[first + i]);
        committed[first + i] = true;
        pages++;
    }
    return fails ? STATUS_NO_PAGES : STATUS_OK;
}

status_t memory_discard(handle_t memory, uint64_t offset, uint64_t length)
{
    require_pages(memory, offset, length);
    memset(range + offset, 0, length);
    for (uint64_t at = offset / LIMIT_PAGE_SIZE; at < (offset + length) / LIMIT_PAGE_SIZE; at++) {
        pages -= committed[at];
        committed[at] = false;
    }
    return STATUS_OK;
}

/* ---- sequences ------------------------------------------------------------------------------- */

/* All of it can be used. */
static void require_inside(const uint8_t *item, size_t size)
{
    assert_true(item >= range && item + size <= range + arena_bytes);
    size_t end = (size_t)(item - range) + size;
    for (size_t at = (size_t)(item - range); at < end; at += LIMIT_PAGE_SIZE) {
        assert_true(committed[at / LIMIT_PAGE_SIZE]);
    }
    assert_true(committed[(end - 1) / LIMIT_PAGE_SIZE]);
}

static void fill(uint8_t *item, size_t size, uint8_t byte)
{
    require_inside(item, size);
    assert_int_equal((uintptr_t)item % ALIGNMENT, 0);
    for (size_t i = 0; i < size; i++) {
        assert_int_equal(item[i], 0); /* as each is at first */
        item[i] = byte;
    }
}

/* Nobody else has written to it. */
static void give(struct pool *pool, uint8_t *item, uint8_t byte)
{
    for (size_t i = 0; i < pool->size; i++) {
        assert_int_equal(item[i], byte);
    }
    pool_give(pool, item);
}

static void take_and_give(size_t size, uint32_t limit)
{
    struct pool pool = {.arena = &arena, .size = size, .limit = limit};
    uint8_t *items[ITEMS] = {NULL};
    uint32_t in_use = 0;
    for (unsigned step = 0; step < STEPS; step++) {
        unsigned i = (unsigned)random() % ITEMS;
        if (items[i] != NULL) {
            give(&pool, items[i], (uint8_t)(i + 1));
            items[i] = NULL;
            in_use--;
        } else {
            items[i] = pool_take(&pool);
            in_use += items[i] != NULL;
            assert_true(items[i] != NULL || in_use == limit || refusals > 0);
            if (items[i] != NULL) {
                fill(items[i], size, (uint8_t)(i + 1));
            }
        }
        assert_true(in_use <= limit && pool.in_use == in_use);
    }
    for (unsigned i = 0; i < ITEMS; i++) {
        if (items[i] != NULL) {
            give(&pool, items[i], (uint8_t)(i + 1));
        }
    }
    assert_int_equal(pool.in_use, 0);
}

static int begin(void **state)
{
    (void)state;
    refusals = 0;
    range = aligned_alloc(LIMIT_PAGE_SIZE, arena_bytes);
    memset(range, 0, arena_bytes);
    memset(committed, 0, sizeof(committed));
    pages = 0;
    return arena_begin(&arena, ACCOUNT) == STATUS_OK ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    free(range);
    return 0;
}

/* What is left: nothing of large items; of small ones what holds as many as there can be. */
static void test_random(void **state)
{
    static const size_t sizes[] = {8, 9, 24, 1000, 2048, 2049, 4096, 4097, 20000};
    (void)state;
    srandom(13);
    for (unsigned i = 0; i < 2 * sizeof(sizes) / sizeof(sizes[0]); i++) {
        size_t size = sizes[i / 2];
        unsigned before = pages;
        refusals = i % 2 != 0 ? 30 : 0;
        take_and_give(size, 30);
        unsigned most = size <= LIMIT_PAGE_SIZE / 2 ? 4 * (30 / (16384 / 2048) + 1) : 0;
        assert_true(pages - before <= most);
    }
}

/* Nothing is taken, and nothing stays behind, when the account is full; then it goes on. */
static void test_full_account(void **state)
{
    static const size_t sizes[] = {64, 8192};
    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        struct pool pool = {.arena = &arena, .size = sizes[i], .limit = 1};
        unsigned before = pages;
        refusals = 100;
        assert_null(pool_take(&pool));
        assert_true(pool.in_use == 0 && pages == before);
        refusals = 0;
        void *item = pool_take(&pool);
        assert_non_null(item);
        assert_null(pool_take(&pool)); /* its limit */
        pool_give(&pool, item);
        assert_int_equal(pages, 4); /* the chunk of small ones */
    }
}

/* All addresses can be used, again and again, and no more; a hole is found where there is one. */
static void test_full_arena(void **state)
{
    enum { PIECE = 16, PIECES = ARENA_PAGES / PIECE };
    const size_t length = (size_t)PIECE * LIMIT_PAGE_SIZE;
    static uint8_t *taken[PIECES];
    (void)state;
    for (unsigned round = 0; round < 3; round++) {
        for (unsigned i = 0; i < PIECES; i++) {
            taken[i] = arena_take(&arena, length);
            assert_non_null(taken[i]);
            fill(taken[i], length, (uint8_t)i);
        }
        assert_null(arena_take(&arena, LIMIT_PAGE_SIZE));
        assert_null(arena_reserve(&arena, LIMIT_PAGE_SIZE));
        arena_give(&arena, taken[7], length);
        assert_null(arena_take(&arena, length + LIMIT_PAGE_SIZE));
        assert_ptr_equal(arena_reserve(&arena, length), taken[7]);
        assert_int_equal(pages, ARENA_PAGES - PIECE);
        for (unsigned i = 0; i < PIECES; i++) {
            arena_give(&arena, taken[i], length);
        }
        assert_int_equal(pages, 0);
    }
}

static void test_no_arena(void **state)
{
    (void)state;
    refusals = 100;
    assert_int_not_equal(arena_begin(&arena, ACCOUNT), STATUS_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_random, begin, end),
        cmocka_unit_test_setup_teardown(test_full_account, begin, end),
        cmocka_unit_test_setup_teardown(test_full_arena, begin, end),
        cmocka_unit_test_setup_teardown(test_no_arena, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
