/* Address spaces: map, unmap, protect, peek. */
#include "test.h"

#define READ_WRITE (MAP_READ | MAP_WRITE)

static uint64_t map(handle_t memory, uint64_t address, uint64_t offset, uint64_t pages,
                    uint32_t flags)
{
    uint64_t mapped = 0;
    EXPECT_OK(space_map(0, memory, address, offset, pages * PAGE, flags, &mapped));
    return mapped;
}

static volatile uint64_t *word(uint64_t base, uint64_t page)
{
    return at(base + page * PAGE);
}

static void test_create(void)
{
    handle_t spaces[2];
    uint64_t libsys[2];
    handle_t event = new_event();
    REQUIRE_OK(space_create(environment.account, &spaces[0], &libsys[0]));
    REQUIRE_OK(space_create(environment.account, &spaces[1], &libsys[1]));
    EXPECT(libsys[0] != libsys[1]);
    EXPECT(libsys[0] % PAGE == 0 && libsys[0] != 0);
    EXPECT_HANDLE_ERRORS(space_create(handle, NULL, NULL), event,
                         with_rights(environment.account, RIGHT_ALL & ~RIGHT_ACCOUNT_CHARGE));
    close_handle(spaces[0]);
    close_handle(spaces[1]);
    close_handle(event);
}

static void test_map_arguments(void)
{
    handle_t memory = new_memory(4);
    uint64_t mapped = 0;
    EXPECT_STATUS(STATUS_BAD_ARGUMENT, space_map(0, memory, 1, 0, PAGE, MAP_READ, &mapped));
    EXPECT_STATUS(STATUS_BAD_ARGUMENT, space_map(0, memory, 0, 8, PAGE, MAP_READ, &mapped));
    EXPECT_STATUS(STATUS_BAD_ARGUMENT, space_map(0, memory, 0, 0, PAGE + 1, MAP_READ, &mapped));
    EXPECT_STATUS(STATUS_BAD_ARGUMENT, space_map(0, memory, 0, 0, 0, MAP_READ, &mapped));
    EXPECT_STATUS(STATUS_BAD_ARGUMENT, space_map(0, memory, 0, 0, 5 * PAGE, MAP_READ, &mapped));
    EXPECT_STATUS(STATUS_BAD_ARGUMENT, space_map(0, memory, 0, 4 * PAGE, PAGE, MAP_READ, &mapped));
    EXPECT_STATUS(STATUS_BAD_ARGUMENT,
                  space_map(0, memory, 0, ~UINT64_C(0) - PAGE + 1, PAGE, MAP_READ, &mapped));
    EXPECT_STATUS(STATUS_BAD_ARGUMENT,
                  space_map(0, memory, 0, PAGE, ~UINT64_C(0) - PAGE + 1, MAP_READ, &mapped));
    EXPECT_STATUS(STATUS_BAD_ARGUMENT, space_map(0, memory, 0, 0, PAGE, 0x10, &mapped));
    EXPECT_STATUS(STATUS_BAD_ARGUMENT,
                  space_map(0, memory, 0, 0, PAGE, MAP_WRITE | MAP_EXECUTE, &mapped));
    EXPECT_STATUS(STATUS_BAD_ARGUMENT,
                  space_map(0, memory, 0, 0, PAGE, READ_WRITE | MAP_EXECUTE, &mapped));
    EXPECT_STATUS(STATUS_BAD_ADDRESS,
                  space_map(0, memory, 0, 0, PAGE, MAP_READ | MAP_FIXED, &mapped));
    EXPECT_STATUS(STATUS_BAD_ADDRESS,
                  space_map(0, memory, UINT64_C(1) << 39, 0, PAGE, MAP_READ | MAP_FIXED, &mapped));
    EXPECT_STATUS(STATUS_BAD_ADDRESS, space_map(0, memory, ~UINT64_C(0) - PAGE + 1, 0, PAGE,
                                                MAP_READ | MAP_FIXED, &mapped));
    close_handle(memory);
}

static void test_map_handles(void)
{
    handle_t memory = new_memory(1);
    handle_t event = new_event();
    handle_t weak = with_rights(memory, RIGHT_MEMORY_READ);
    EXPECT_HANDLE_ERRORS(space_map(handle, memory, 0, 0, PAGE, MAP_READ, NULL), event,
                         with_rights(environment.space, RIGHT_ALL & ~RIGHT_SPACE_MAP));
    EXPECT_HANDLE_ERRORS(space_map(0, handle, 0, 0, PAGE, MAP_READ, NULL), event, 0);
    EXPECT_STATUS(STATUS_NO_RIGHT, space_map(0, weak, 0, 0, PAGE, READ_WRITE, NULL));
    EXPECT_STATUS(STATUS_NO_RIGHT, space_map(0, weak, 0, 0, PAGE, MAP_EXECUTE, NULL));
    uint64_t mapped = map(weak, 0, 0, 1, MAP_READ);
    EXPECT_STATUS(STATUS_NO_RIGHT, space_protect(0, mapped, PAGE, READ_WRITE));
    EXPECT_STATUS(STATUS_NO_RIGHT, space_protect(0, mapped, PAGE, MAP_READ | MAP_EXECUTE));
    unmap(mapped, PAGE);
    close_handle(weak);
    close_handle(memory);
    close_handle(event);
}

static void test_placement(void)
{
    enum { MAPPINGS = 8 };
    handle_t memory = new_memory(1);
    uint64_t address[MAPPINGS];
    unsigned adjacent = 0;
    for (unsigned i = 0; i < MAPPINGS; i++) {
        address[i] = map(memory, 0, 0, 1, MAP_READ);
        for (unsigned j = 0; j < i; j++) {
            EXPECT(address[i] != address[j]);
            adjacent += address[i] - address[j] == PAGE || address[j] - address[i] == PAGE;
        }
    }
    EXPECT(adjacent == 0);
    for (unsigned i = 0; i < MAPPINGS; i++) {
        unmap(address[i], PAGE);
    }
    uint64_t again = map(memory, 0, 0, 1, MAP_READ);
    EXPECT(again != address[MAPPINGS - 1]);
    unmap(again, PAGE);
    close_handle(memory);
}

static void test_fixed(void)
{
    handle_t memory = new_memory(4);
    uint64_t base = map(memory, 0, 0, 4, READ_WRITE);
    uint64_t mapped = 0;
    REQUIRE(base != 0);
    EXPECT_STATUS(STATUS_OVERLAP,
                  space_map(0, memory, base, 0, PAGE, MAP_READ | MAP_FIXED, &mapped));
    EXPECT_STATUS(STATUS_OVERLAP, space_map(0, memory, base + 3 * PAGE, 0, 2 * PAGE,
                                            MAP_READ | MAP_FIXED, &mapped));
    EXPECT_STATUS(STATUS_OVERLAP,
                  space_map(0, memory, base - PAGE, 0, 2 * PAGE, MAP_READ | MAP_FIXED, &mapped));
    unmap(base, 4 * PAGE);
    EXPECT_OK(space_map(0, memory, base, 0, PAGE, READ_WRITE | MAP_FIXED, &mapped));
    EXPECT(mapped == base);
    *word(base, 0) = 3;
    unmap(base, PAGE);
    close_handle(memory);
}

static void test_no_space(void)
{
    const uint64_t most = UINT64_C(1) << 38;
    handle_t memory = 0;
    handle_t space = 0;
    uint64_t libsys;
    uint64_t mapped = 0;
    status_t status = STATUS_OK;
    unsigned made = 0;
    REQUIRE_OK(memory_create(environment.account, most, 0, &memory));
    REQUIRE_OK(space_create(environment.account, &space, &libsys));
    for (; made < 8 && status == STATUS_OK; made++) {
        status = space_map(space, memory, 0, 0, most / 2, MAP_READ, &mapped);
    }
    EXPECT_STATUS(STATUS_NO_SPACE, status);
    EXPECT_STATUS(STATUS_NO_SPACE, space_map(space, memory, 0, 0, most / 2, MAP_READ, &mapped));
    EXPECT_OK(space_map(space, memory, 0, 0, PAGE, MAP_READ, &mapped));
    close_handle(space);
    close_handle(memory);
}

/* A hole in the middle; what stands around it stays as it was. */
static void test_unmap_splits(void)
{
    handle_t memory = new_memory(6);
    uint64_t base = map(memory, 0, 0, 6, READ_WRITE);
    uint64_t mapped = 0;
    REQUIRE(base != 0);
    for (unsigned i = 0; i < 6; i++) {
        *word(base, i) = i + 1;
    }
    EXPECT_OK(space_unmap(0, base + 2 * PAGE, PAGE));
    EXPECT_OK(space_unmap(0, base + 2 * PAGE, PAGE)); /* whatever is mapped there: nothing */
    EXPECT(*word(base, 1) == 2 && *word(base, 3) == 4 && *word(base, 5) == 6);
    EXPECT_OK(space_map(0, memory, base + 2 * PAGE, 0, PAGE, MAP_READ | MAP_FIXED, &mapped));
    EXPECT(*word(base, 2) == 1);
    EXPECT_OK(space_unmap(0, base + PAGE, 3 * PAGE)); /* across three mappings */
    EXPECT(*word(base, 0) == 1 && *word(base, 4) == 5);
    EXPECT_STATUS(STATUS_BAD_ADDRESS, space_protect(0, base, 6 * PAGE, MAP_READ));
    unmap(base, 6 * PAGE);
    close_handle(memory);
}

static void test_unmap_arguments(void)
{
    const uint64_t own_page = environment.info->message_page;
    const uint64_t libsys = environment.info->reserved[0];
    handle_t event = new_event();
    EXPECT_STATUS(STATUS_BAD_ARGUMENT, space_unmap(0, 1, PAGE));
    EXPECT_STATUS(STATUS_BAD_ARGUMENT, space_unmap(0, PAGE, 0));
    EXPECT_STATUS(STATUS_BAD_ARGUMENT, space_unmap(0, PAGE, 100));
    EXPECT_STATUS(STATUS_BAD_ARGUMENT, space_unmap(0, own_page, PAGE));
    EXPECT_STATUS(STATUS_BAD_ARGUMENT, space_unmap(0, own_page - PAGE, 2 * PAGE));
    EXPECT_STATUS(STATUS_BAD_ARGUMENT, space_unmap(0, libsys, PAGE));
    EXPECT_STATUS(STATUS_BAD_ARGUMENT, space_unmap(0, libsys - PAGE, PAGE)); /* the time page */
    EXPECT_STATUS(STATUS_BAD_ARGUMENT, space_unmap(0, ~UINT64_C(0) - PAGE + 1, PAGE));
    EXPECT_HANDLE_ERRORS(space_unmap(handle, PAGE, PAGE), event,
                         with_rights(environment.space, RIGHT_ALL & ~RIGHT_SPACE_MAP));
    message_page()->data[0] = 1;
    close_handle(event);
}

static void test_protect(void)
{
    handle_t memory = new_memory(4);
    handle_t event = new_event();
    uint64_t base = map(memory, 0, 0, 4, READ_WRITE);
    REQUIRE(base != 0);
    *word(base, 1) = 7;
    EXPECT_OK(space_protect(0, base + PAGE, PAGE, MAP_READ));
    EXPECT(*word(base, 1) == 7);
    *word(base, 0) = 1; /* the neighbours stay writable */
    *word(base, 2) = 2;
    EXPECT_OK(space_protect(0, base, 4 * PAGE, READ_WRITE));
    *word(base, 1) = 8;
    EXPECT(*word(base, 1) == 8);
    EXPECT_STATUS(STATUS_BAD_ARGUMENT, space_protect(0, base, PAGE, MAP_WRITE | MAP_EXECUTE));
    EXPECT_STATUS(STATUS_BAD_ARGUMENT, space_protect(0, base, PAGE, MAP_READ | MAP_FIXED));
    EXPECT_STATUS(STATUS_BAD_ARGUMENT, space_protect(0, base, PAGE, 0));
    EXPECT_STATUS(STATUS_BAD_ARGUMENT, space_protect(0, base + 1, PAGE, MAP_READ));
    EXPECT_STATUS(STATUS_BAD_ARGUMENT, space_protect(0, base, 0, MAP_READ));
    EXPECT_STATUS(STATUS_BAD_ADDRESS, space_protect(0, base + 3 * PAGE, 2 * PAGE, MAP_READ));
    EXPECT_HANDLE_ERRORS(space_protect(handle, base, PAGE, MAP_READ), event,
                         with_rights(environment.space, RIGHT_ALL & ~RIGHT_SPACE_MAP));
    unmap(base, 4 * PAGE);
    close_handle(memory);
    close_handle(event);
}

/* Protection of pages that are shared copy-on-write must not make them writable in place. */
static void test_protect_keeps_snapshot(void)
{
    handle_t memory = new_memory(1);
    handle_t copy = 0;
    uint64_t a = map(memory, 0, 0, 1, READ_WRITE);
    REQUIRE(a != 0);
    *word(a, 0) = 1;
    REQUIRE_OK(memory_snapshot(memory, environment.account, &copy));
    uint64_t b = map(copy, 0, 0, 1, READ_WRITE);
    EXPECT(*word(b, 0) == 1 && *word(a, 0) == 1);
    EXPECT_OK(space_protect(0, b, PAGE, MAP_READ));
    EXPECT_OK(space_protect(0, b, PAGE, READ_WRITE));
    *word(b, 0) = 2;
    EXPECT(*word(a, 0) == 1);
    unmap(a, PAGE);
    unmap(b, PAGE);
    close_handle(copy);
    close_handle(memory);
}

/* The same for the page of zeros. */
static void test_protect_keeps_zeros(void)
{
    uint64_t a = map_new(environment.account, PAGE);
    uint64_t b = map_new(environment.account, PAGE);
    REQUIRE(a != 0 && b != 0);
    EXPECT(*word(a, 0) == 0 && *word(b, 0) == 0);
    EXPECT_OK(space_protect(0, a, PAGE, MAP_READ));
    EXPECT_OK(space_protect(0, a, PAGE, READ_WRITE));
    *word(a, 0) = 9;
    EXPECT(*word(a, 0) == 9 && *word(b, 0) == 0);
    unmap(a, PAGE);
    unmap(b, PAGE);
}

static void test_split_needs_memory(void)
{
    handle_t account = 0;
    handle_t space = 0;
    uint64_t libsys;
    uint64_t mapped = 0;
    uint64_t used = 0;
    handle_t memory = new_memory(8);
    REQUIRE_OK(account_create(environment.account, &account));
    REQUIRE_OK(space_create(account, &space, &libsys));
    EXPECT_OK(space_map(space, memory, 0, 0, 8 * PAGE, READ_WRITE, &mapped));
    EXPECT_OK(account_info(account, NULL, NULL, &used, NULL, NULL));
    EXPECT_OK(account_limit(account, ACCOUNT_KERNEL, used, 0));
    EXPECT_STATUS(STATUS_NO_KERNEL_MEMORY, space_map(space, memory, 0, 0, PAGE, MAP_READ, NULL));
    EXPECT_STATUS(STATUS_NO_KERNEL_MEMORY, space_unmap(space, mapped + PAGE, PAGE));
    EXPECT_STATUS(STATUS_NO_KERNEL_MEMORY, space_protect(space, mapped + PAGE, PAGE, MAP_READ));
    EXPECT_OK(space_protect(space, mapped, 8 * PAGE, MAP_READ));
    EXPECT_OK(space_unmap(space, mapped, 8 * PAGE));
    close_handle(space);
    close_handle(account);
    close_handle(memory);
}

/* One memory in two spaces, seen from outside through peek. */
static void test_peek(void)
{
    handle_t space = 0;
    uint64_t libsys;
    uint64_t there = 0;
    handle_t memory = new_memory(2);
    handle_t event = new_event();
    uint64_t here = map(memory, 0, 0, 2, READ_WRITE);
    REQUIRE_OK(space_create(environment.account, &space, &libsys));
    EXPECT_OK(space_map(space, memory, 0, 0, 2 * PAGE, MAP_READ, &there));
    for (unsigned i = 0; i < 2 * PAGE; i++) {
        ((volatile uint8_t *)at(here))[i] = (uint8_t)(i % 251);
    }
    EXPECT_OK(space_peek(space, there + PAGE - 100, LIMIT_MESSAGE_DATA)); /* across the page */
    for (unsigned i = 0; i < LIMIT_MESSAGE_DATA; i++) {
        REQUIRE(message_page()->data[i] == (PAGE - 100 + i) % 251);
    }
    EXPECT_STATUS(STATUS_BAD_ARGUMENT, space_peek(space, there, 0));
    EXPECT_STATUS(STATUS_BAD_ARGUMENT, space_peek(space, there, LIMIT_MESSAGE_DATA + 1));
    EXPECT_STATUS(STATUS_BAD_ADDRESS, space_peek(space, 0, 8));
    EXPECT_STATUS(STATUS_BAD_ADDRESS, space_peek(space, there + 2 * PAGE - 4, 8));
    EXPECT_STATUS(STATUS_BAD_ADDRESS, space_peek(space, ~UINT64_C(0) - 4, 8));
    EXPECT_HANDLE_ERRORS(space_peek(handle, there, 8), event,
                         with_rights(space, RIGHT_ALL & ~RIGHT_SPACE_DEBUG));
    unmap(here, 2 * PAGE);
    close_handle(event);
    close_handle(space);
    close_handle(memory);
}

/* Tables and mappings of a space come back with it. */
static void test_space_is_given_back(void)
{
    handle_t space = 0;
    uint64_t libsys;
    handle_t memory = 0;
    uint64_t mapped = 0;
    REQUIRE_OK(memory_create(environment.account, UINT64_C(1) << 36, 0, &memory));
    REQUIRE_OK(space_create(environment.account, &space, &libsys));
    EXPECT_OK(space_map(space, memory, 0, 0, UINT64_C(1) << 36, MAP_READ, &mapped));
    for (unsigned i = 0; i < 16; i++) { /* each needs tables of its own */
        EXPECT_OK(space_peek(space, mapped + ((uint64_t)i << 32), 8));
    }
    close_handle(space);
    close_handle(memory);
}

/* Writable but not readable: what the machine cannot do may be more, but must work. */
static void write_only(void *argument)
{
    volatile uint64_t *address = argument;
    *address = 5;
}

static void test_write_only(void)
{
    struct worker worker;
    handle_t memory = new_memory(1);
    handle_t task = 0;
    uint64_t plain = map(memory, 0, 0, 1, READ_WRITE);
    uint64_t mapped = map(memory, 0, 0, 1, MAP_WRITE);
    REQUIRE(plain != 0 && mapped != 0);
    REQUIRE_OK(child_create("write_only", &task));
    EXPECT_OK(worker_start(&worker, task, OTHER_PRIORITY, write_only, at(mapped)));
    EVENTUALLY(worker_state(&worker) == THREAD_DEAD);
    EXPECT(*word(plain, 0) == 5);
    EXPECT_OK(task_kill(task, 0));
    EXPECT(worker_end(&worker));
    close_handle(task);
    unmap(plain, PAGE);
    unmap(mapped, PAGE);
    close_handle(memory);
}

const struct test space_tests[] = {
    {"space_create", test_create},
    {"space_map_arguments", test_map_arguments},
    {"space_map_handles", test_map_handles},
    {"space_placement", test_placement},
    {"space_fixed", test_fixed},
    {"space_no_space", test_no_space},
    {"space_unmap_splits", test_unmap_splits},
    {"space_unmap_arguments", test_unmap_arguments},
    {"space_protect", test_protect},
    {"space_protect_snapshot", test_protect_keeps_snapshot},
    {"space_protect_zeros", test_protect_keeps_zeros},
    {"space_split_needs_memory", test_split_needs_memory},
    {"space_peek", test_peek},
    {"space_given_back", test_space_is_given_back},
    {"space_write_only", test_write_only},
    {NULL, NULL},
};
