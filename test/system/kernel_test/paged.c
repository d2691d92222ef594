/* Memory that a pager fills. */
#include "server.h"

#define METHOD_PAGE 0x50414745u
#define KEY         0x1234

struct pager {
    struct worker worker;
    struct service service;
    handle_t memory; /* what it fills */
    handle_t source;
    status_t answer; /* not OK: it refuses */
    volatile uint32_t stop, hold;
    volatile uint32_t calls;
    struct received last;
    status_t supplied;
};

static void run_pager(void *argument)
{
    struct pager *pager = argument;
    struct received received;
    while (port_receive(pager->service.port, pager->service.reply, &received) == STATUS_OK) {
        if (received.kind != RECEIVE_CALL) {
            continue;
        }
        if (tag_method(received.tag) == METHOD_END) {
            struct message done = {0};
            status_ignore(port_reply(pager->service.reply, &done));
            return;
        }
        if (tag_method(received.tag) == METHOD_PAGE) {
            pager->last = received;
            pager->calls++;
            while (pager->hold != 0) {
                sleep_for(100 * MICROSECOND);
            }
            if (pager->answer == STATUS_OK) {
                pager->supplied = memory_supply(pager->memory, received.words[1], pager->source,
                                                received.words[1], PAGE);
            }
        }
        struct message message = {.tag = message_tag((uint32_t)pager->answer, 0, 0, 0)};
        status_ignore(port_reply(pager->service.reply, &message));
    }
}

/* Pages of the source begin with their number plus 100. */
static bool pager_open(struct pager *pager, uint64_t pages)
{
    uint64_t base = 0;
    *pager = (struct pager){.answer = STATUS_OK};
    if (!service_open(&pager->service)) {
        return false;
    }
    pager->source = new_memory(pages);
    EXPECT_OK(space_map(0, pager->source, 0, 0, pages * PAGE, MAP_READ | MAP_WRITE, &base));
    for (uint64_t i = 0; i < pages; i++) {
        *(volatile uint64_t *)at(base + i * PAGE) = i + 100;
    }
    unmap(base, pages * PAGE);
    EXPECT_OK(memory_create_paged(environment.account, pages * PAGE, pager->service.endpoint, KEY,
                                  &pager->memory));
    EXPECT_OK(worker_start(&pager->worker, 0, OTHER_PRIORITY, run_pager, pager));
    return pager->memory != 0;
}

static void pager_close(struct pager *pager)
{
    EXPECT_OK(call_words(pager->service.endpoint, METHOD_END, 0, 0, NULL));
    EXPECT(worker_end(&pager->worker));
    close_handle(pager->memory);
    close_handle(pager->source);
    service_close(&pager->service);
}

static volatile uint64_t *word(uint64_t base, uint64_t page)
{
    return at(base + page * PAGE);
}

static void test_filling(void)
{
    static struct pager pager;
    uint64_t base = 0;
    uint32_t kind = 99;
    uint64_t resident = 99;
    REQUIRE(pager_open(&pager, 4));
    EXPECT_OK(memory_info(pager.memory, NULL, &kind, &resident));
    EXPECT(kind == MEMORY_KIND_PAGED && resident == 0);
    EXPECT_OK(space_map(0, pager.memory, 0, 0, 4 * PAGE, MAP_READ | MAP_WRITE, &base));
    REQUIRE(base != 0);
    EXPECT(*word(base, 2) == 102);
    EXPECT(pager.last.words[0] == KEY && pager.last.words[1] == 2 * PAGE &&
           pager.last.words[2] == MAP_READ && pager.last.badge == SERVICE_BADGE);
    EXPECT(*word(base, 2) == 102 && pager.calls == 1);
    *word(base, 1) = 55; /* a write fault */
    EXPECT(pager.last.words[1] == PAGE && pager.last.words[2] == MAP_WRITE);
    EXPECT(*word(base, 1) == 55 && pager.calls == 2);
    *word(base, 2) = 66;
    EXPECT(pager.calls == 2);
    EXPECT_OK(memory_info(pager.memory, NULL, NULL, &resident));
    EXPECT(resident == 2);
    uint64_t source = 0;
    EXPECT_OK(space_map(0, pager.source, 0, 0, 4 * PAGE, MAP_READ, &source));
    EXPECT(*word(source, 1) == 101 && *word(source, 2) == 102); /* copy-on-write */
    unmap(source, 4 * PAGE);
    unmap(base, 4 * PAGE);
    pager_close(&pager);
}

static void test_supply_errors(void)
{
    static struct pager pager;
    handle_t event = new_event();
    handle_t contiguous = 0;
    REQUIRE(pager_open(&pager, 4));
    EXPECT_OK(memory_create(environment.account, PAGE, MEMORY_CONTIGUOUS, &contiguous));
    const handle_t to = pager.memory;
    const handle_t from = pager.source;
    EXPECT_STATUS(STATUS_BAD_ARGUMENT, memory_supply(to, 8, from, 0, PAGE));
    EXPECT_STATUS(STATUS_BAD_ARGUMENT, memory_supply(to, 0, from, 8, PAGE));
    EXPECT_STATUS(STATUS_BAD_ARGUMENT, memory_supply(to, 0, from, 0, PAGE + 1));
    EXPECT_STATUS(STATUS_BAD_ARGUMENT, memory_supply(to, 0, from, 0, 5 * PAGE));
    EXPECT_STATUS(STATUS_BAD_ARGUMENT, memory_supply(to, 4 * PAGE, from, 0, PAGE));
    EXPECT_STATUS(STATUS_BAD_ARGUMENT, memory_supply(to, ~UINT64_C(0) - PAGE + 1, from, 0, PAGE));
    EXPECT_STATUS(STATUS_BAD_STATE, memory_supply(from, 0, to, 0, PAGE));
    EXPECT_STATUS(STATUS_BAD_STATE, memory_supply(to, 0, contiguous, 0, PAGE));
    EXPECT_HANDLE_ERRORS(memory_supply(handle, 0, from, 0, PAGE), event,
                         with_rights(to, RIGHT_ALL & ~RIGHT_MEMORY_SUPPLY));
    EXPECT_HANDLE_ERRORS(memory_supply(to, 0, handle, 0, PAGE), event,
                         with_rights(from, RIGHT_ALL & ~RIGHT_MEMORY_READ));
    EXPECT_OK(memory_supply(to, 0, from, 2 * PAGE, 2 * PAGE));
    EXPECT_OK(memory_supply(to, 0, from, 0, 4 * PAGE)); /* what is there stays */
    uint64_t base = 0;
    EXPECT_OK(space_map(0, to, 0, 0, 4 * PAGE, MAP_READ, &base));
    EXPECT(*word(base, 0) == 102 && *word(base, 1) == 103 && *word(base, 2) == 102);
    EXPECT(pager.calls == 0);
    unmap(base, 4 * PAGE);
    EXPECT_STATUS(STATUS_BAD_ARGUMENT,
                  memory_create_paged(environment.account, 0, pager.service.endpoint, 1, NULL));
    EXPECT_STATUS(STATUS_BAD_ARGUMENT,
                  memory_create_paged(environment.account, (UINT64_C(1) << 38) + 1,
                                      pager.service.endpoint, 1, NULL));
    EXPECT_HANDLE_ERRORS(memory_create_paged(handle, PAGE, pager.service.endpoint, 1, NULL), event,
                         with_rights(environment.account, RIGHT_ALL & ~RIGHT_ACCOUNT_CHARGE));
    EXPECT_HANDLE_ERRORS(memory_create_paged(environment.account, PAGE, handle, 1, NULL), event,
                         with_rights(pager.service.endpoint, RIGHT_ALL & ~RIGHT_ENDPOINT_CALL));
    close_handle(contiguous);
    close_handle(event);
    pager_close(&pager);
}

static void read_word(void *argument)
{
    uint64_t *address = argument;
    *address = *word(*address, 0);
}

/* A refusal is a fault of who touched the page. */
static void test_refusal(void)
{
    static struct pager pager;
    static uint64_t address;
    struct worker worker;
    handle_t task = 0;
    uint32_t reason = EXIT_NONE;
    uint64_t base = 0;
    REQUIRE(pager_open(&pager, 1));
    pager.answer = STATUS_IO_ERROR;
    EXPECT_OK(space_map(0, pager.memory, 0, 0, PAGE, MAP_READ, &base));
    address = base;
    REQUIRE_OK(child_create("reader", &task));
    EXPECT_OK(worker_start(&worker, task, OTHER_PRIORITY, read_word, &address));
    EXPECT(task_ends(task));
    EXPECT(worker_end(&worker));
    EXPECT_OK(task_info(task, NULL, &reason, NULL, NULL, NULL, NULL));
    EXPECT(reason == EXIT_FAULT && pager.calls == 1 && address == base);
    close_handle(task);
    unmap(base, PAGE);
    pager.answer = STATUS_OK;
    pager_close(&pager);
}

/* A thread that waits for its pager is not in a call of its own: interrupting it does nothing. */
static void test_interrupt(void)
{
    static struct pager pager;
    static uint64_t addresses[2];
    struct worker workers[2];
    handle_t task = 0;
    uint32_t reason = EXIT_NONE;
    uint64_t base = 0;
    REQUIRE(pager_open(&pager, 2));
    pager.hold = 1;
    EXPECT_OK(space_map(0, pager.memory, 0, 0, 2 * PAGE, MAP_READ, &base));
    REQUIRE_OK(child_create("readers", &task));
    for (unsigned i = 0; i < 2; i++) { /* the first is received, the second stays queued */
        addresses[i] = base + i * PAGE;
        EXPECT_OK(worker_start(&workers[i], task, OTHER_PRIORITY, read_word, &addresses[i]));
        if (i == 0) {
            EVENTUALLY(pager.calls == 1);
        }
    }
    sleep_for(2 * MILLISECOND);
    EXPECT_OK(thread_interrupt(workers[0].thread));
    EXPECT_OK(thread_interrupt(workers[1].thread));
    sleep_for(2 * MILLISECOND);
    pager.hold = 0;
    EXPECT(worker_end(&workers[0]));
    EXPECT(worker_end(&workers[1]));
    EXPECT(task_ends(task));
    EXPECT_OK(task_info(task, NULL, &reason, NULL, NULL, NULL, NULL));
    EXPECT(reason == EXIT_NORMAL);
    EXPECT(addresses[0] == 100 && addresses[1] == 101);
    close_handle(task);
    unmap(base, 2 * PAGE);
    pager_close(&pager);
}

/* lease_copy() never waits for a pager; libsys touches the page and calls again. */
static void test_lent(void)
{
    static struct pager pager;
    static struct server server;
    uint64_t base = 0;
    server = (struct server){0};
    REQUIRE(pager_open(&pager, 3) && server_start(&server, true));
    EXPECT_OK(space_map(0, pager.memory, 0, 0, 3 * PAGE, MAP_READ | MAP_WRITE, &base));
    struct message message = {.tag = message_tag(METHOD_COPY, 0, 0, 1),
                              .words = {0, 0, base, 8, LEASE_READ}};
    message_page()->leases[0] = (struct lease){0, base, 3 * PAGE, LEASE_READ, 0};
    EXPECT_OK(port_call(server.own.endpoint, &message));
    EXPECT((status_t)message.words[0] == STATUS_LENDER_ABSENT && message.words[1] == 0);
    EXPECT(pager.calls == 0);
    message = (struct message){.tag = message_tag(METHOD_READ, 0, 0, 1), .words = {0, 0, 8}};
    message_page()->leases[0] = (struct lease){0, base, 3 * PAGE, LEASE_READ, 0};
    EXPECT_OK(port_call(server.own.endpoint, &message));
    EXPECT(tag_status(message.tag) == STATUS_OK && message.words[0] == 100);
    EXPECT(pager.calls == 1 && server.calls == 3);
    message = (struct message){.tag = message_tag(METHOD_WRITE, 0, 0, 1), .words = {0, PAGE, 8, 1}};
    message_page()->leases[0] = (struct lease){0, base, 3 * PAGE, LEASE_WRITE, 0};
    EXPECT_OK(port_call(server.own.endpoint, &message));
    EXPECT(tag_status(message.tag) == STATUS_OK && pager.calls == 2);
    EXPECT(*word(base, 1) == UINT64_C(0x0807060504030201));
    unmap(base, 3 * PAGE);
    server_end(&server);
    pager_close(&pager);
}

static void test_snapshot_of_present(void)
{
    static struct pager pager;
    handle_t copy = 0;
    uint64_t a = 0;
    uint64_t b = 0;
    REQUIRE(pager_open(&pager, 1));
    EXPECT_OK(space_map(0, pager.memory, 0, 0, PAGE, MAP_READ | MAP_WRITE, &a));
    EXPECT(*word(a, 0) == 100);
    EXPECT_OK(memory_snapshot(pager.memory, environment.account, &copy));
    EXPECT_OK(space_map(0, copy, 0, 0, PAGE, MAP_READ | MAP_WRITE, &b));
    *word(a, 0) = 1;
    EXPECT(*word(b, 0) == 100);
    *word(b, 0) = 2;
    EXPECT(*word(a, 0) == 1);
    unmap(a, PAGE);
    unmap(b, PAGE);
    close_handle(copy);
    pager_close(&pager);
}

/* Pages that the pager has not filled could not be told from those it fills after the snapshot. */
static void test_snapshot_of_absent(void)
{
    static struct pager pager;
    handle_t copy = 0;
    REQUIRE(pager_open(&pager, 2));
    EXPECT(memory_snapshot(pager.memory, environment.account, &copy) == STATUS_BAD_STATE);
    pager_close(&pager);
}

static uint64_t resident_pages(handle_t memory)
{
    uint64_t resident = 0;
    EXPECT_OK(memory_info(memory, NULL, NULL, &resident));
    return resident;
}

/* A page that a paged source lacks is left to the pager; zero-fill memory lacks none. */
static void test_supply_absent(void)
{
    struct service service;
    handle_t plain = new_memory(2);
    handle_t first = 0;
    handle_t second = 0;
    REQUIRE(service_open(&service));
    EXPECT_OK(memory_create_paged(environment.account, 2 * PAGE, service.endpoint, KEY, &first));
    EXPECT_OK(memory_create_paged(environment.account, 2 * PAGE, service.endpoint, KEY, &second));
    EXPECT_OK(memory_supply(first, PAGE, plain, 0, PAGE));
    EXPECT(resident_pages(first) == 1);
    EXPECT_OK(memory_supply(second, 0, first, 0, 2 * PAGE));
    EXPECT(resident_pages(second) == 1);
    close_handle(first);
    close_handle(second);
    close_handle(plain);
    service_close(&service);
}

const struct test paged_tests[] = {
    {"paged_filling", test_filling},
    {"paged_supply_errors", test_supply_errors},
    {"paged_supply_absent", test_supply_absent},
    {"paged_refusal", test_refusal},
    {"paged_interrupt", test_interrupt},
    {"paged_lent", test_lent},
    {"paged_snapshot", test_snapshot_of_present},
    {"paged_snapshot_absent", test_snapshot_of_absent},
    {NULL, NULL},
};
