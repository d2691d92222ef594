/* Who uses a port: task_count_endpoints(). */
#include "test.h"

enum { PAGE_SLOTS = 256, TABLE_SLOTS = 16384 };

/* Counts from slot `from` on, to the end of the table. */
static uint64_t count_from(handle_t task, handle_t port, uint64_t from)
{
    uint64_t sum = 0;
    do {
        uint64_t count = 99;
        uint64_t next = from;
        EXPECT_OK(task_count_endpoints(task, port, from, &count, &next));
        EXPECT(next == 0 || next > from);
        sum += count;
        from = next;
    } while (from != 0);
    return sum;
}

static handle_t give(handle_t task, handle_t handle)
{
    uint64_t installed = 0;
    EXPECT_OK(task_install(task, handle, RIGHT_ALL, &installed));
    return installed;
}

/* Only endpoints of that port count, whatever their badges and rights. */
static void test_count(void)
{
    struct service own, other;
    handle_t task = 0;
    handle_t second = 0;
    REQUIRE(service_open(&own) && service_open(&other));
    REQUIRE_OK(child_create("user", &task));
    EXPECT(count_from(task, own.port, 0) == 0);
    (void)give(task, own.port);
    (void)give(task, own.reply);
    (void)give(task, other.endpoint);
    EXPECT(count_from(task, own.port, 0) == 0);
    (void)give(task, own.endpoint);
    EXPECT(count_from(task, own.port, 0) == 1 && count_from(task, other.port, 0) == 1);
    EXPECT_OK(port_mint(own.port, SERVICE_BADGE + 1, ENDPOINT_GONE, &second));
    handle_t weak = with_rights(second, RIGHT_TRANSFER);
    (void)give(task, weak);
    EXPECT(count_from(task, own.port, 0) == 2);
    EXPECT_OK(port_revoke(own.port, SERVICE_BADGE + 1));
    EXPECT(count_from(task, own.port, 0) == 1);
    EXPECT_OK(task_kill(task, 0));
    EXPECT(count_from(task, own.port, 0) == 0);
    close_handle(weak);
    close_handle(second);
    close_handle(task);
    service_close(&other);
    service_close(&own);
}

/* Each call looks at one page of the table at most. */
static void test_portions(void)
{
    struct service own;
    handle_t task = 0;
    handle_t event = new_event();
    uint64_t count = 99;
    uint64_t next = 99;
    REQUIRE(service_open(&own));
    REQUIRE_OK(child_create("user", &task));
    uint32_t first = (uint32_t)give(task, own.endpoint);
    for (unsigned i = 1; i < PAGE_SLOTS; i++) {
        (void)give(task, event);
    }
    uint32_t last = (uint32_t)give(task, own.endpoint);
    EXPECT(first < PAGE_SLOTS && last >= PAGE_SLOTS && last < 2 * PAGE_SLOTS);
    EXPECT_OK(task_count_endpoints(task, own.port, 0, &count, &next));
    EXPECT(count == 1 && next == PAGE_SLOTS);
    EXPECT_OK(task_count_endpoints(task, own.port, first + 1, &count, &next));
    EXPECT(count == 0 && next == PAGE_SLOTS);
    EXPECT_OK(task_count_endpoints(task, own.port, next, &count, &next));
    EXPECT(count == 1 && next == 0);
    EXPECT_OK(task_count_endpoints(task, own.port, last + 1, &count, &next));
    EXPECT(count == 0 && next == 0);
    EXPECT_OK(task_count_endpoints(task, own.port, TABLE_SLOTS - 1, &count, &next));
    EXPECT(count == 0 && next == 0);
    EXPECT(count_from(task, own.port, 0) == 2);
    close_handle(task);
    service_close(&own);
    close_handle(event);
}

static void close_given(void *argument)
{
    EXPECT_OK(handle_close(*(const handle_t *)argument));
    for (;;) { /* the task lives on */
        status_ignore(thread_yield());
    }
}

/* A user that closes its handle is none any more. */
static void test_closed(void)
{
    struct service own;
    struct worker worker;
    handle_t task = 0;
    REQUIRE(service_open(&own));
    REQUIRE_OK(child_create("user", &task));
    handle_t given = give(task, own.endpoint);
    EXPECT(count_from(task, own.port, 0) == 1);
    EXPECT_OK(worker_start(&worker, task, OTHER_PRIORITY, close_given, &given));
    EVENTUALLY(count_from(task, own.port, 0) == 0);
    EXPECT_OK(task_kill(task, 0));
    EXPECT(worker_end(&worker) && task_ends(task));
    close_handle(task);
    service_close(&own);
}

static void test_errors(void)
{
    struct service own;
    handle_t task = 0;
    handle_t event = new_event();
    uint64_t count = 0;
    uint64_t next = 0;
    REQUIRE(service_open(&own));
    REQUIRE_OK(child_create("user", &task));
    EXPECT_HANDLE_ERRORS(task_count_endpoints(handle, own.port, 0, &count, &next), event,
                         with_rights(task, RIGHT_ALL & ~RIGHT_TASK_DEBUG));
    EXPECT_HANDLE_ERRORS(task_count_endpoints(task, handle, 0, &count, &next), event,
                         with_rights(own.port, RIGHT_ALL & ~RIGHT_PORT_REVOKE));
    EXPECT_STATUS(STATUS_WRONG_TYPE, task_count_endpoints(task, own.endpoint, 0, &count, &next));
    EXPECT_STATUS(STATUS_BAD_ARGUMENT,
                  task_count_endpoints(task, own.port, TABLE_SLOTS, &count, &next));
    EXPECT_STATUS(STATUS_BAD_ARGUMENT,
                  task_count_endpoints(task, own.port, UINT64_C(1) << 32, &count, &next));
    close_handle(task);
    service_close(&own);
    close_handle(event);
}

const struct test user_tests[] = {
    {"users_count", test_count},
    {"users_portions", test_portions},
    {"users_closed", test_closed},
    {"users_errors", test_errors},
    {NULL, NULL},
};
