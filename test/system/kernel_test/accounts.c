/* Accounts: the tree, limits, that all comes back. */
#include "test.h"

#define NONE (~UINT64_C(0))

static void usage(handle_t account, uint64_t *pages, uint64_t *bytes)
{
    EXPECT_OK(account_info(account, pages, NULL, bytes, NULL, NULL));
}

static uint64_t pages_of(handle_t account)
{
    uint64_t pages = 0;
    usage(account, &pages, NULL);
    return pages;
}

static uint64_t bytes_of(handle_t account)
{
    uint64_t bytes = 0;
    usage(account, NULL, &bytes);
    return bytes;
}

static void test_create(void)
{
    handle_t child = 0;
    uint64_t limits[2] = {0, 0};
    handle_t event = new_event();
    EXPECT_OK(account_create(environment.account, &child));
    EXPECT_OK(account_info(child, NULL, &limits[0], NULL, &limits[1], NULL));
    EXPECT(limits[0] == NONE && limits[1] == NONE);
    EXPECT(pages_of(child) == 0 && bytes_of(child) == 0);
    EXPECT_HANDLE_ERRORS(account_create(handle, NULL), event,
                         with_rights(environment.account, RIGHT_ALL & ~RIGHT_ACCOUNT_CHARGE));
    EXPECT_HANDLE_ERRORS(account_info(handle, NULL, NULL, NULL, NULL, NULL), event, 0);
    EXPECT_OK(
        account_limit(environment.account, ACCOUNT_KERNEL, bytes_of(environment.account) + 8, 0));
    handle_t more = 0;
    EXPECT_STATUS(STATUS_NO_KERNEL_MEMORY, account_create(environment.account, &more));
    close_handle(event);
    close_handle(child);
}

static void test_limit_errors(void)
{
    handle_t account = environment.account;
    handle_t event = new_event();
    EXPECT_STATUS(STATUS_BAD_ARGUMENT, account_limit(account, 3, 1, 0));
    EXPECT_STATUS(STATUS_BAD_ARGUMENT, account_limit(account, ACCOUNT_CPU, 1, 0));
    EXPECT_STATUS(STATUS_BAD_ARGUMENT, account_limit(account, ACCOUNT_CPU, 1, MILLISECOND - 1));
    EXPECT_STATUS(STATUS_BAD_ARGUMENT, account_limit(account, ACCOUNT_CPU, 1, 10 * SECOND + 1));
    EXPECT_OK(account_limit(account, ACCOUNT_CPU, MILLISECOND, MILLISECOND));
    EXPECT_OK(account_limit(account, ACCOUNT_CPU, MILLISECOND, 10 * SECOND));
    EXPECT_HANDLE_ERRORS(account_limit(handle, ACCOUNT_PAGES, 1, 0), event,
                         with_rights(account, RIGHT_ALL & ~RIGHT_ACCOUNT_LIMIT));
    close_handle(event);
}

static void test_charges_count_upwards(void)
{
    handle_t child = 0;
    handle_t event = 0;
    REQUIRE_OK(account_create(environment.account, &child));
    uint64_t before = bytes_of(environment.account);
    EXPECT_OK(event_create(child, &event));
    uint64_t size = bytes_of(child);
    EXPECT(size > 0 && size < 4096);
    EXPECT(bytes_of(environment.account) == before + size);
    close_handle(event);
    EVENTUALLY(bytes_of(child) == 0);
    EXPECT(bytes_of(environment.account) == before);
    close_handle(child);
}

/* An account that is closed still counts while something is charged to it. */
static void test_closed_account_counts(void)
{
    handle_t child = 0;
    handle_t event = 0;
    REQUIRE_OK(account_create(environment.account, &child));
    uint64_t before = bytes_of(environment.account);
    EXPECT_OK(event_create(child, &event));
    close_handle(child);
    EXPECT(bytes_of(environment.account) > before);
    close_handle(event);
    EVENTUALLY(bytes_of(environment.account) == 0);
}

static void test_kernel_limit(void)
{
    enum { MOST = 64 };
    handle_t events[MOST];
    unsigned made = 0;
    status_t status = STATUS_OK;
    handle_t other = 0;
    EXPECT_OK(account_limit(environment.account, ACCOUNT_KERNEL, 2048, 0));
    while (made < MOST &&
           (status = event_create(environment.account, &events[made])) == STATUS_OK) {
        made++;
    }
    EXPECT_STATUS(STATUS_NO_KERNEL_MEMORY, status);
    EXPECT(made > 4);
    EXPECT_OK(event_create(environment.own, &other)); /* nobody else notices */
    close_handle(other);
    REQUIRE(made > 0);
    close_handle(events[--made]);
    EXPECT_OK(event_create(environment.account, &events[made++]));
    while (made > 0) {
        close_handle(events[--made]);
    }
}

/* Every object of a full account: the error of the table, and nothing is left behind. */
static void test_everything_needs_kernel_memory(void)
{
    handle_t account = environment.account;
    handle_t memory = new_memory(1);
    handle_t event = new_event();
    handle_t handle = 0;
    uint64_t libsys;
    struct service service;
    if (!service_open(&service)) {
        return;
    }
    uint64_t used = bytes_of(account);
    EXPECT_OK(account_limit(account, ACCOUNT_KERNEL, used, 0));
    EXPECT_STATUS(STATUS_NO_KERNEL_MEMORY, account_create(account, &handle));
    EXPECT_STATUS(STATUS_NO_KERNEL_MEMORY, memory_create(account, PAGE, 0, &handle));
    EXPECT_STATUS(STATUS_NO_KERNEL_MEMORY,
                  memory_create(account, PAGE, MEMORY_CONTIGUOUS, &handle));
    EXPECT_STATUS(STATUS_NO_KERNEL_MEMORY,
                  memory_create_paged(account, PAGE, service.endpoint, 1, &handle));
    EXPECT_STATUS(STATUS_NO_KERNEL_MEMORY, memory_snapshot(memory, account, &handle));
    EXPECT_STATUS(STATUS_NO_KERNEL_MEMORY, event_create(account, &handle));
    EXPECT_STATUS(STATUS_NO_KERNEL_MEMORY, timer_make(account, event, 1, &handle));
    EXPECT_STATUS(STATUS_NO_KERNEL_MEMORY, port_create(account, &handle));
    EXPECT_STATUS(STATUS_NO_KERNEL_MEMORY, reply_create(account, &handle));
    EXPECT_STATUS(STATUS_NO_KERNEL_MEMORY, space_create(account, &handle, &libsys));
    EXPECT_STATUS(STATUS_NO_KERNEL_MEMORY, event_watch(environment.task, event, 1));
    EXPECT_STATUS(STATUS_NO_KERNEL_MEMORY, task_create(account, environment.space, 0, &handle));
    EXPECT(bytes_of(account) == used);
    EXPECT_OK(account_limit(account, ACCOUNT_KERNEL, NONE, 0));
    close_handle(memory);
    close_handle(event);
    service_close(&service);
}

static void touch(uint64_t address, unsigned pages)
{
    for (unsigned i = 0; i < pages; i++) {
        *(volatile uint8_t *)at(address + i * PAGE) = 1;
    }
}

static void test_pages(void)
{
    uint64_t before = pages_of(environment.account);
    uint64_t mapped = map_new(environment.account, 8 * PAGE);
    REQUIRE(mapped != 0);
    EXPECT(pages_of(environment.account) == before);
    (void)*(volatile uint8_t *)at(mapped);
    EXPECT(pages_of(environment.account) == before); /* reading shows the page of zeros */
    touch(mapped, 3);
    EXPECT(pages_of(environment.account) == before + 3);
    touch(mapped, 3);
    EXPECT(pages_of(environment.account) == before + 3);
    unmap(mapped, 8 * PAGE);
    EVENTUALLY(pages_of(environment.account) == before);
}

static void write_pages(void *argument)
{
    uint64_t *address = argument;
    touch(*address, 8);
    *address = 0;
}

/* A page that cannot be had is a fault of who touches it: here a child without a fault endpoint. */
static void test_page_limit(void)
{
    static uint64_t address;
    struct worker worker;
    handle_t task = 0;
    handle_t limited = 0;
    uint32_t reason = EXIT_NONE;
    REQUIRE_OK(account_create(environment.account, &limited));
    REQUIRE_OK(child_create("writer", &task));
    EXPECT_OK(account_limit(limited, ACCOUNT_PAGES, 4, 0));
    uint64_t mapped = address = map_new(limited, 8 * PAGE);
    EXPECT_OK(worker_start(&worker, task, OTHER_PRIORITY, write_pages, &address));
    EXPECT(worker_end(&worker));
    EXPECT(task_ends(task));
    EXPECT_OK(task_info(task, NULL, &reason, NULL, NULL, NULL, NULL));
    EXPECT(reason == EXIT_FAULT);
    EXPECT(address == mapped);
    EXPECT(pages_of(limited) == 4);
    close_handle(task);
    unmap(mapped, 8 * PAGE);
    EVENTUALLY(pages_of(limited) == 0);
    handle_t memory = 0;
    EXPECT_STATUS(STATUS_NO_PAGES, memory_create(limited, 8 * PAGE, MEMORY_CONTIGUOUS, &memory));
    EXPECT_OK(account_limit(limited, ACCOUNT_PAGES, 0, 0));
    uint64_t libsys;
    EXPECT_STATUS(STATUS_NO_PAGES, space_create(limited, &memory, &libsys));
    EXPECT(bytes_of(limited) == 0);
    close_handle(limited);
}

/* A limit above counts for those below. */
static void test_limit_of_parent(void)
{
    handle_t child = 0;
    handle_t memory = 0;
    REQUIRE_OK(account_create(environment.account, &child));
    EXPECT_OK(account_limit(environment.account, ACCOUNT_PAGES, 2, 0));
    EXPECT_STATUS(STATUS_NO_PAGES, memory_create(child, 4 * PAGE, MEMORY_CONTIGUOUS, &memory));
    EXPECT(pages_of(child) == 0 && pages_of(environment.account) == 0);
    EXPECT_OK(memory_create(child, 2 * PAGE, MEMORY_CONTIGUOUS, &memory));
    EXPECT(pages_of(child) == 2);
    close_handle(memory);
    close_handle(child);
}

/* What a charge takes is bounded, as is the end of a whole branch with its last handle. */
static void test_depth(void)
{
    handle_t accounts[LIMIT_ACCOUNT_DEPTH + 1] = {environment.account};
    unsigned depth = 1; /* below the account of the machine */
    status_t status = STATUS_OK;
    while (status == STATUS_OK && depth <= LIMIT_ACCOUNT_DEPTH) {
        status = account_create(accounts[depth - 1], &accounts[depth]);
        depth += status == STATUS_OK;
    }
    EXPECT_STATUS(STATUS_BAD_ARGUMENT, status);
    EXPECT(depth == LIMIT_ACCOUNT_DEPTH);
    handle_t memory = 0;
    EXPECT_OK(memory_create(accounts[depth - 1], PAGE, MEMORY_CONTIGUOUS, &memory));
    EXPECT(pages_of(environment.account) == 1);
    while (--depth > 0) {
        close_handle(accounts[depth]);
    }
    close_handle(memory);
    EVENTUALLY(pages_of(environment.account) == 0);
}

const struct test account_tests[] = {
    {"account_create", test_create},
    {"account_limit", test_limit_errors},
    {"account_tree", test_charges_count_upwards},
    {"account_closed", test_closed_account_counts},
    {"account_kernel_limit", test_kernel_limit},
    {"account_full", test_everything_needs_kernel_memory},
    {"account_pages", test_pages},
    {"account_page_limit", test_page_limit},
    {"account_parent_limit", test_limit_of_parent},
    {"account_depth", test_depth},
    {NULL, NULL},
};
