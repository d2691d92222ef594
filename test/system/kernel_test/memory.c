/* Memory objects: zero-fill, contiguous, snapshots. */
#include "test.h"

static uint64_t map_at(handle_t memory, uint64_t offset, uint64_t pages, uint32_t flags)
{
    uint64_t mapped = 0;
    EXPECT_OK(space_map(0, memory, 0, offset, pages * PAGE, flags, &mapped));
    return mapped;
}

static uint64_t map(handle_t memory, uint64_t pages)
{
    return map_at(memory, 0, pages, MAP_READ | MAP_WRITE);
}

static volatile uint64_t *word(uint64_t base, uint64_t page)
{
    return at(base + page * PAGE);
}

static uint64_t resident(handle_t memory)
{
    uint64_t pages = 0;
    EXPECT_OK(memory_info(memory, NULL, NULL, &pages));
    return pages;
}

static void test_create(void)
{
    handle_t memory = 0;
    handle_t account = environment.account;
    handle_t event = new_event();
    uint64_t size = 0;
    uint32_t kind = 99;
    EXPECT_STATUS(STATUS_BAD_ARGUMENT, memory_create(account, 0, 0, &memory));
    EXPECT_STATUS(STATUS_BAD_ARGUMENT, memory_create(account, (UINT64_C(1) << 38) + 1, 0, &memory));
    EXPECT_STATUS(STATUS_BAD_ARGUMENT, memory_create(account, PAGE, 2, &memory));
    EXPECT_STATUS(STATUS_NO_PAGES,
                  memory_create(account, UINT64_C(1) << 38, MEMORY_CONTIGUOUS, &memory));
    EXPECT_HANDLE_ERRORS(memory_create(handle, PAGE, 0, &memory), event,
                         with_rights(account, RIGHT_ALL & ~RIGHT_ACCOUNT_CHARGE));
    EXPECT_OK(memory_create(account, UINT64_C(1) << 38, 0, &memory));
    EXPECT_OK(memory_info(memory, &size, &kind, NULL));
    EXPECT(size == UINT64_C(1) << 38 && kind == MEMORY_KIND_ZERO && resident(memory) == 0);
    close_handle(memory);
    EXPECT_OK(memory_create(account, PAGE + 1, 0, &memory));
    EXPECT_OK(memory_info(memory, &size, NULL, NULL));
    EXPECT(size == 2 * PAGE);
    EXPECT_HANDLE_ERRORS(memory_info(handle, NULL, NULL, NULL), event, 0);
    close_handle(memory);
    close_handle(event);
}

static void test_zero_fill(void)
{
    enum { PAGES = 5 };
    handle_t memory = new_memory(PAGES);
    uint64_t base = map(memory, PAGES);
    REQUIRE(base != 0);
    for (unsigned i = 0; i < PAGES * PAGE / sizeof(uint64_t); i++) {
        REQUIRE(((volatile uint64_t *)at(base))[i] == 0);
    }
    EXPECT(resident(memory) == 0);
    *word(base, 3) = 17;
    EXPECT(resident(memory) == 1 && *word(base, 3) == 17 && *word(base, 2) == 0);
    unmap(base, PAGES * PAGE);
    base = map(memory, PAGES);
    EXPECT(*word(base, 3) == 17); /* the object keeps its pages */
    unmap(base, PAGES * PAGE);
    close_handle(memory);
}

/* Freed pages come back as zeros. */
static void test_pages_are_cleaned(void)
{
    enum { PAGES = 64, ROUNDS = 4 };
    for (unsigned round = 0; round < ROUNDS; round++) {
        uint64_t base = map_new(environment.account, PAGES * PAGE);
        REQUIRE(base != 0);
        for (unsigned i = 0; i < PAGES; i++) {
            volatile uint64_t *page = word(base, i);
            *(volatile uint8_t *)(page + 1) = 1; /* now it is there: the rest must be zeros */
            for (unsigned j = 2; j < PAGE / sizeof(uint64_t); j += 51) {
                EXPECT(page[j] == 0);
                page[j] = ~UINT64_C(0);
            }
        }
        unmap(base, PAGES * PAGE);
    }
}

static void test_sparse(void)
{
    handle_t memory = 0;
    const uint64_t far = (UINT64_C(1) << 38) - PAGE;
    REQUIRE_OK(memory_create(environment.account, UINT64_C(1) << 38, 0, &memory));
    uint64_t low = map_at(memory, 0, 1, MAP_READ | MAP_WRITE);
    uint64_t high = map_at(memory, far, 1, MAP_READ | MAP_WRITE);
    REQUIRE(low != 0 && high != 0);
    *word(low, 0) = 1;
    *word(high, 0) = 2;
    EXPECT(*word(low, 0) == 1 && *word(high, 0) == 2 && resident(memory) == 2);
    unmap(low, PAGE);
    unmap(high, PAGE);
    close_handle(memory);
}

static void test_contiguous(void)
{
    enum { PAGES = 5 };
    handle_t memory = 0;
    handle_t snapshot = 0;
    uint32_t kind = 99;
    uint64_t pages = 0;
    REQUIRE_OK(memory_create(environment.account, PAGES * PAGE, MEMORY_CONTIGUOUS, &memory));
    EXPECT_OK(memory_info(memory, NULL, &kind, NULL));
    EXPECT(kind == MEMORY_KIND_CONTIGUOUS && resident(memory) == PAGES);
    EXPECT_OK(account_info(environment.account, &pages, NULL, NULL, NULL, NULL));
    EXPECT(pages == PAGES); /* not the power of two above */
    uint64_t base = map(memory, PAGES);
    for (unsigned i = 0; i < PAGES; i++) {
        EXPECT(*word(base, i) == 0);
        *word(base, i) = i + 1;
    }
    for (unsigned i = 0; i < PAGES; i++) {
        EXPECT(*word(base, i) == i + 1);
    }
    EXPECT_STATUS(STATUS_BAD_STATE, memory_snapshot(memory, environment.account, &snapshot));
    unmap(base, PAGES * PAGE);
    close_handle(memory);
}

static void test_two_mappings_are_one(void)
{
    handle_t memory = new_memory(2);
    uint64_t a = map(memory, 2);
    uint64_t b = map(memory, 2);
    uint64_t c = map_at(memory, PAGE, 1, MAP_READ);
    REQUIRE(a != 0 && b != 0 && c != 0 && a != b);
    EXPECT(*word(b, 0) == 0 && *word(c, 0) == 0); /* zeros are shown there first */
    *word(a, 0) = 5;
    *word(b, 1) = 6;
    EXPECT(*word(b, 0) == 5 && *word(a, 1) == 6 && *word(c, 0) == 6);
    unmap(a, 2 * PAGE);
    unmap(b, 2 * PAGE);
    unmap(c, PAGE);
    close_handle(memory);
}

static void test_snapshot(void)
{
    enum { PAGES = 3 };
    handle_t memory = new_memory(PAGES);
    handle_t copy = 0;
    uint64_t a = map(memory, PAGES);
    REQUIRE(a != 0);
    *word(a, 0) = 10;
    *word(a, 1) = 11;
    REQUIRE_OK(memory_snapshot(memory, environment.account, &copy));
    uint64_t b = map(copy, PAGES);
    EXPECT(*word(b, 0) == 10 && *word(b, 1) == 11 && *word(b, 2) == 0);
    *word(a, 0) = 20; /* a write of the original */
    *word(b, 1) = 21; /* a write of the copy */
    *word(a, 2) = 22;
    EXPECT(*word(a, 0) == 20 && *word(b, 0) == 10);
    EXPECT(*word(a, 1) == 11 && *word(b, 1) == 21);
    EXPECT(*word(a, 2) == 22 && *word(b, 2) == 0);
    unmap(a, PAGES * PAGE);
    close_handle(memory);
    EXPECT(*word(b, 0) == 10 && *word(b, 1) == 21); /* outlives the original */
    *word(b, 0) = 30;
    EXPECT(*word(b, 0) == 30);
    unmap(b, PAGES * PAGE);
    close_handle(copy);
}

/* The second mapping of the original sees what the first writes, also after the copy was made. */
static void test_snapshot_of_shared(void)
{
    handle_t memory = new_memory(1);
    handle_t copy = 0;
    uint64_t a = map(memory, 1);
    uint64_t b = map(memory, 1);
    REQUIRE(a != 0 && b != 0);
    *word(a, 0) = 1;
    EXPECT(*word(b, 0) == 1);
    REQUIRE_OK(memory_snapshot(memory, environment.account, &copy));
    uint64_t c = map(copy, 1);
    EXPECT(*word(c, 0) == 1 && *word(b, 0) == 1);
    *word(a, 0) = 2;
    EXPECT(*word(b, 0) == 2 && *word(c, 0) == 1);
    *word(b, 0) = 3;
    EXPECT(*word(a, 0) == 3 && *word(c, 0) == 1);
    *word(c, 0) = 4;
    EXPECT(*word(a, 0) == 3 && *word(b, 0) == 3);
    unmap(a, PAGE);
    unmap(b, PAGE);
    unmap(c, PAGE);
    close_handle(copy);
    close_handle(memory);
}

static void test_snapshot_chain(void)
{
    enum { DEPTH = 6, PAGES = 2 };
    handle_t memory[DEPTH];
    uint64_t base[DEPTH];
    memory[0] = new_memory(PAGES);
    base[0] = map(memory[0], PAGES);
    *word(base[0], 0) = 100;
    for (unsigned i = 1; i < DEPTH; i++) {
        REQUIRE_OK(memory_snapshot(memory[i - 1], environment.account, &memory[i]));
        base[i] = map(memory[i], PAGES);
        EXPECT(*word(base[i], 0) == 100 + i - 1);
        *word(base[i], 0) = 100 + i;
        *word(base[i], 1) = i;
    }
    for (unsigned i = 0; i < DEPTH; i++) {
        EXPECT(*word(base[i], 0) == 100 + i && *word(base[i], 1) == i);
    }
    for (unsigned i = 0; i < DEPTH; i += 2) { /* every other one goes */
        unmap(base[i], PAGES * PAGE);
        close_handle(memory[i]);
    }
    for (unsigned i = 1; i < DEPTH; i += 2) {
        EXPECT(*word(base[i], 0) == 100 + i && *word(base[i], 1) == i);
        unmap(base[i], PAGES * PAGE);
        close_handle(memory[i]);
    }
}

/* Copies are charged to who writes, and all comes back in whatever order the objects go. */
static void test_snapshot_charges(void)
{
    handle_t account = 0;
    handle_t memory = new_memory(4);
    handle_t copy = 0;
    uint64_t pages = 99;
    uint64_t a = map(memory, 4);
    REQUIRE_OK(account_create(environment.account, &account));
    for (unsigned i = 0; i < 4; i++) {
        *word(a, i) = i;
    }
    REQUIRE_OK(memory_snapshot(memory, account, &copy));
    EXPECT_OK(account_info(account, &pages, NULL, NULL, NULL, NULL));
    EXPECT(pages == 0);
    uint64_t b = map(copy, 4);
    *word(b, 0) = 9;
    EXPECT_OK(account_info(account, &pages, NULL, NULL, NULL, NULL));
    EXPECT(pages == 1);
    unmap(a, 4 * PAGE);
    close_handle(memory);
    EXPECT(*word(b, 1) == 1 && *word(b, 2) == 2);
    unmap(b, 4 * PAGE);
    close_handle(copy);
    close_handle(account);
}

static void test_snapshot_errors(void)
{
    handle_t memory = new_memory(1);
    handle_t event = new_event();
    handle_t copy = 0;
    EXPECT_HANDLE_ERRORS(memory_snapshot(handle, environment.account, &copy), event,
                         with_rights(memory, RIGHT_ALL & ~RIGHT_MEMORY_READ));
    EXPECT_HANDLE_ERRORS(memory_snapshot(memory, handle, &copy), event,
                         with_rights(environment.account, RIGHT_ALL & ~RIGHT_ACCOUNT_CHARGE));
    close_handle(event);
    close_handle(memory);
}

static void test_commit(void)
{
    enum { LIMIT = 6 };
    handle_t account = 0;
    handle_t memory = 0;
    handle_t contiguous = 0;
    handle_t event = new_event();
    uint64_t base = 0;
    REQUIRE_OK(account_create(environment.account, &account));
    EXPECT_OK(account_limit(account, ACCOUNT_PAGES, LIMIT, 0));
    REQUIRE_OK(memory_create(account, 16 * PAGE, 0, &memory));
    REQUIRE_OK(memory_create(environment.account, PAGE, MEMORY_CONTIGUOUS, &contiguous));
    REQUIRE_OK(space_map(0, memory, 0, 0, 16 * PAGE, MAP_READ | MAP_WRITE, &base));
    EXPECT_HANDLE_ERRORS(memory_commit(handle, 0, PAGE), event,
                         with_rights(memory, RIGHT_ALL & ~RIGHT_MEMORY_WRITE));
    EXPECT_STATUS(STATUS_BAD_ARGUMENT, memory_commit(memory, 8, PAGE));
    EXPECT_STATUS(STATUS_BAD_ARGUMENT, memory_commit(memory, 0, PAGE + 8));
    EXPECT_STATUS(STATUS_BAD_ARGUMENT, memory_commit(memory, 15 * PAGE, 2 * PAGE));
    EXPECT_STATUS(STATUS_BAD_ARGUMENT, memory_commit(memory, 0, (UINT64_C(1) << 20) + PAGE));
    EXPECT_STATUS(STATUS_BAD_ARGUMENT, memory_commit(memory, ~UINT64_C(0) & ~(PAGE - 1), PAGE));
    EXPECT_STATUS(STATUS_BAD_STATE, memory_commit(contiguous, 0, PAGE));
    EXPECT(resident(memory) == 0);
    *word(base, 2) = 7;
    EXPECT_OK(memory_commit(memory, PAGE, 3 * PAGE));
    EXPECT(resident(memory) == 3 && *word(base, 1) == 0 && *word(base, 2) == 7);
    EXPECT_OK(memory_commit(memory, PAGE, 3 * PAGE));
    EXPECT(resident(memory) == 3);
    EXPECT_STATUS(STATUS_NO_PAGES, memory_commit(memory, 8 * PAGE, 8 * PAGE));
    EXPECT(resident(memory) == LIMIT);
    for (unsigned page = 8; page < 8 + LIMIT - 3; page++) {
        *word(base, page) = page; /* no fault: it is there */
    }
    EXPECT(resident(memory) == LIMIT && *word(base, 2) == 7);
    unmap(base, 16 * PAGE);
    close_handle(contiguous);
    close_handle(memory);
    close_handle(account);
    close_handle(event);
}

struct large_times {
    uint64_t snapshot, unmap; /* the shortest */
};

static void snapshot_mapping(uint64_t size, struct large_times *times)
{
    handle_t memory = 0;
    handle_t copy = 0;
    uint64_t base = 0;
    REQUIRE_OK(memory_create(environment.account, size, 0, &memory));
    EXPECT_OK(space_map(0, memory, 0, 0, size, MAP_READ | MAP_WRITE, &base));
    REQUIRE(base != 0);
    *word(base, 0) = 1;
    uint64_t start = clock_read();
    EXPECT_OK(memory_snapshot(memory, environment.account, &copy));
    uint64_t middle = clock_read();
    unmap(base, size);
    uint64_t end = clock_read();
    times->snapshot = middle - start < times->snapshot ? middle - start : times->snapshot;
    times->unmap = end - middle < times->unmap ? end - middle : times->unmap;
    close_handle(copy);
    close_handle(memory);
}

/*
 * The kernel must not stay long in one call, however large the mapping is: a walk over 64 GiB is
 * thousands of times as long as that over a page. The shortest of some rounds, on any host.
 */
static void test_snapshot_of_large_mapping(void)
{
    enum { ROUNDS = 8, MUCH = 100 };
    struct large_times small = {UINT64_MAX, UINT64_MAX};
    struct large_times large = small;
    for (unsigned i = 0; i < ROUNDS; i++) {
        snapshot_mapping(PAGE, &small);
        snapshot_mapping(UINT64_C(64) << 30, &large);
    }
    EXPECT(large.snapshot < MUCH * small.snapshot);
    EXPECT(large.unmap < MUCH * small.unmap);
}

/* Pages go, from the object, from all that shows it and from the account; a snapshot keeps its own.
 */
static void test_discard(void)
{
    enum { PAGES = 70 }; /* more than a node of the tree has */
    handle_t memory = new_memory(PAGES);
    handle_t copy = 0;
    uint64_t base = map(memory, PAGES);
    uint64_t second = map(memory, PAGES);
    REQUIRE(base != 0 && second != 0);
    for (unsigned i = 0; i < PAGES; i++) {
        *word(base, i) = i + 1;
    }
    EXPECT_OK(memory_snapshot(memory, environment.account, &copy));
    EXPECT_OK(memory_discard(memory, PAGE, (PAGES - 2) * PAGE));
    EXPECT(resident(memory) == 2 && resident(copy) == PAGES);
    for (unsigned i = 0; i < PAGES; i++) {
        uint64_t expected = i == 0 || i == PAGES - 1 ? i + 1 : 0;
        EXPECT(*word(base, i) == expected && *word(second, i) == expected);
    }
    uint64_t kept = map(copy, PAGES);
    *word(second, 3) = 7;
    EXPECT(*word(base, 3) == 7 && *word(kept, 3) == 4 && *word(kept, PAGES - 2) == PAGES - 1);
    EXPECT_OK(memory_discard(memory, 0, PAGES * PAGE));
    EXPECT(resident(memory) == 0 && *word(base, 3) == 0);
    EXPECT_STATUS(STATUS_BAD_ARGUMENT, memory_discard(memory, 1, PAGE));
    EXPECT_STATUS(STATUS_BAD_ARGUMENT, memory_discard(memory, PAGE, PAGES * PAGE));
    handle_t contiguous = 0;
    EXPECT_OK(memory_create(environment.account, PAGE, MEMORY_CONTIGUOUS, &contiguous));
    EXPECT_STATUS(STATUS_BAD_STATE, memory_discard(contiguous, 0, PAGE));
    EXPECT_HANDLE_ERRORS(memory_discard(handle, 0, PAGE), environment.idle,
                         with_rights(memory, RIGHT_ALL & ~RIGHT_MEMORY_WRITE));
    unmap(base, PAGES * PAGE);
    unmap(second, PAGES * PAGE);
    unmap(kept, PAGES * PAGE);
    close_handle(contiguous);
    close_handle(copy);
    close_handle(memory);
}

/* What is mapped piece by piece, one after the other, takes the room of one mapping. */
static void test_grows(void)
{
    enum { PAGES = 40 };
    handle_t memory = new_memory(PAGES);
    uint64_t base = map(memory, PAGES);
    uint64_t before = 0;
    uint64_t after = 0;
    uint64_t mapped;
    unmap(base, PAGES * PAGE);
    for (unsigned i = 0; i < PAGES; i++) {
        mapped = base + i * PAGE;
        EXPECT_OK(space_map(0, memory, mapped, i * PAGE, PAGE, MAP_READ | MAP_WRITE | MAP_FIXED,
                            &mapped));
        *word(base, i) = i;
        EXPECT_OK(
            account_info(environment.account, NULL, NULL, i == 1 ? &before : &after, NULL, NULL));
    }
    EXPECT(after == before);
    unmap(base + PAGE, PAGE);
    EXPECT(*word(base, 0) == 0 && *word(base, PAGES - 1) == PAGES - 1);
    mapped = base + PAGE; /* with another offset it is another mapping */
    EXPECT_OK(
        space_map(0, memory, mapped, 5 * PAGE, PAGE, MAP_READ | MAP_WRITE | MAP_FIXED, &mapped));
    EXPECT(*word(base, 1) == 5);
    unmap(base, PAGES * PAGE);
    close_handle(memory);
}

const struct test memory_tests[] = {
    {"memory_create", test_create},
    {"memory_zero_fill", test_zero_fill},
    {"memory_cleaned", test_pages_are_cleaned},
    {"memory_sparse", test_sparse},
    {"memory_contiguous", test_contiguous},
    {"memory_two_mappings", test_two_mappings_are_one},
    {"memory_snapshot", test_snapshot},
    {"memory_snapshot_shared", test_snapshot_of_shared},
    {"memory_snapshot_chain", test_snapshot_chain},
    {"memory_snapshot_charges", test_snapshot_charges},
    {"memory_snapshot_errors", test_snapshot_errors},
    {"memory_commit", test_commit},
    {"memory_discard", test_discard},
    {"memory_grows", test_grows},
    {"memory_snapshot_large", test_snapshot_of_large_mapping},
    {NULL, NULL},
};
