/* Unit tests of abi-servers/common/pool.c, with an account that is full at random. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "pool.h"

enum { ACCOUNT = 7, MEMORY = 9, MAPPINGS = 64, ITEMS = 40, STEPS = 20000, ALIGNMENT = 16 };

static struct {
    uint8_t *at;
    size_t length;
} mappings[MAPPINGS];
static unsigned mapped, objects, refusals; /* percent of calls that are refused */
static size_t created;

/* ---- the kernel ------------------------------------------------------------------------------ */

static bool refused(void)
{
    return (unsigned)random() % 100 < refusals;
}

status_t memory_create(handle_t account, uint64_t size, uint32_t flags, handle_t *memory)
{
    assert_int_equal(account, ACCOUNT);
    assert_int_equal(size % LIMIT_PAGE_SIZE, 0);
    assert_true(size > 0 && flags == 0);
    if (refused()) {
        return STATUS_NO_PAGES;
    }
    created = size;
    objects++;
    *memory = MEMORY;
    return STATUS_OK;
}

status_t space_map(handle_t space, handle_t memory, uint64_t address, uint64_t offset,
                   uint64_t length, uint32_t flags, uint64_t *at)
{
    assert_true(space == 0 && memory == MEMORY && address == 0 && offset == 0);
    assert_int_equal(length, created);
    assert_int_equal(flags, MAP_READ | MAP_WRITE);
    if (refused()) {
        return STATUS_NO_KERNEL_MEMORY;
    }
    for (unsigned i = 0; i < MAPPINGS; i++) {
        if (mappings[i].at == NULL) {
            mappings[i].at = aligned_alloc(LIMIT_PAGE_SIZE, length);
            mappings[i].length = length;
            memset(mappings[i].at, 0, length);
            mapped++;
            *at = (uint64_t)(uintptr_t)mappings[i].at;
            return STATUS_OK;
        }
    }
    fail_msg("too much is mapped");
    return STATUS_FAILED;
}

status_t memory_commit(handle_t memory, uint64_t offset, uint64_t length)
{
    assert_true(memory == MEMORY && offset == 0 && length == created);
    return refused() ? STATUS_NO_PAGES : STATUS_OK;
}

status_t space_unmap(handle_t space, uint64_t address, uint64_t length)
{
    assert_int_equal(space, 0);
    for (unsigned i = 0; i < MAPPINGS; i++) {
        if (mappings[i].at != NULL && (uint64_t)(uintptr_t)mappings[i].at == address) {
            assert_int_equal(length, mappings[i].length);
            free(mappings[i].at);
            mappings[i].at = NULL;
            mapped--;
            return STATUS_OK;
        }
    }
    fail_msg("not mapped");
    return STATUS_FAILED;
}

status_t handle_close(handle_t handle)
{
    assert_int_equal(handle, MEMORY);
    objects--;
    return STATUS_OK;
}

/* ---- sequences ------------------------------------------------------------------------------- */

/* The whole of it lies in what is mapped. */
static void require_inside(const uint8_t *item, size_t size)
{
    for (unsigned i = 0; i < MAPPINGS; i++) {
        const uint8_t *start = mappings[i].at;
        if (start != NULL && item >= start && item + size <= start + mappings[i].length) {
            return;
        }
    }
    fail_msg("outside of what is mapped");
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
    struct pool pool = {.size = size, .limit = limit};
    uint8_t *items[ITEMS] = {NULL};
    uint32_t in_use = 0;
    for (unsigned step = 0; step < STEPS; step++) {
        unsigned i = (unsigned)random() % ITEMS;
        if (items[i] != NULL) {
            give(&pool, items[i], (uint8_t)(i + 1));
            items[i] = NULL;
            in_use--;
        } else {
            items[i] = pool_take(&pool, ACCOUNT);
            in_use += items[i] != NULL;
            assert_true(items[i] != NULL || in_use == limit || refusals > 0);
            if (items[i] != NULL) {
                fill(items[i], size, (uint8_t)(i + 1));
            }
        }
        assert_true(in_use <= limit && pool.in_use == in_use && objects == 0);
    }
    for (unsigned i = 0; i < ITEMS; i++) {
        if (items[i] != NULL) {
            give(&pool, items[i], (uint8_t)(i + 1));
        }
    }
    assert_int_equal(pool.in_use, 0);
}

/* What is left mapped: nothing of large items; of small ones what holds as many as there can be. */
static void test_random(void **state)
{
    static const size_t sizes[] = {8, 9, 24, 1000, 2048, 2049, 4096, 4097, 20000};
    (void)state;
    srandom(13);
    for (unsigned i = 0; i < 2 * sizeof(sizes) / sizeof(sizes[0]); i++) {
        size_t size = sizes[i / 2];
        refusals = i % 2 != 0 ? 30 : 0;
        take_and_give(size, 30);
        assert_true(size <= LIMIT_PAGE_SIZE / 2 ? mapped <= 30 / (16384 / 2048) + 1 : mapped == 0);
        for (unsigned place = 0; place < MAPPINGS; place++) {
            free(mappings[place].at);
            mappings[place].at = NULL;
        }
        mapped = 0;
    }
}

/* Nothing is taken, and nothing stays behind, when the account is full; then it goes on. */
static void test_full_account(void **state)
{
    static const size_t sizes[] = {64, 8192};
    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        struct pool pool = {.size = sizes[i], .limit = 1};
        refusals = 100;
        assert_null(pool_take(&pool, ACCOUNT));
        assert_true(pool.in_use == 0 && mapped == i && objects == 0);
        refusals = 0;
        void *item = pool_take(&pool, ACCOUNT);
        assert_non_null(item);
        assert_null(pool_take(&pool, ACCOUNT)); /* its limit */
        pool_give(&pool, item);
        assert_int_equal(mapped, 1); /* the chunk of small ones */
    }
    assert_int_equal(space_unmap(0, (uint64_t)(uintptr_t)mappings[0].at, mappings[0].length),
                     STATUS_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random),
        cmocka_unit_test(test_full_account),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
