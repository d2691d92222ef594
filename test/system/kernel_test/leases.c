/* Leases: copies both ways, ranges, chains, their ends. */
#include "server.h"

#define BYTES (4 * PAGE)

/* Calls with one lease of this space. */
static status_t call_lent(const struct server *server, uint32_t method, struct lease lease,
                          const uint64_t *words, struct message *message)
{
    *message = (struct message){.tag = message_tag(method, 0, 0, 1)};
    for (unsigned i = 0; i < LIMIT_MESSAGE_WORDS; i++) {
        message->words[i] = words[i];
    }
    message_page()->leases[0] = lease;
    return port_call(server->own.endpoint, message);
}

static uint64_t sum_of(uint64_t base, uint64_t offset, uint64_t count)
{
    uint64_t sum = 0;
    for (uint64_t i = 0; i < count; i++) {
        sum += ((volatile uint8_t *)at(base))[offset + i];
    }
    return sum;
}

static void fill(uint64_t base, uint64_t bytes)
{
    for (uint64_t i = 0; i < bytes; i++) {
        ((volatile uint8_t *)at(base))[i] = (uint8_t)(i % 241 + 1);
    }
}

static void test_read(void)
{
    static struct server server;
    struct message message;
    uint64_t base = map_new(environment.account, BYTES);
    server = (struct server){0};
    REQUIRE(base != 0 && server_start(&server, true));
    fill(base, BYTES);
    static const uint64_t ranges[][2] = {{0, 1}, {0, 8192}, {1, 4096}, {4095, 2}, {5000, 7000}};
    for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
        struct lease lease = {0, base + 3, BYTES - 3, LEASE_READ, 0};
        const uint64_t words[LIMIT_MESSAGE_WORDS] = {0, ranges[i][0], ranges[i][1]};
        EXPECT_OK(call_lent(&server, METHOD_READ, lease, words, &message));
        EXPECT(tag_status(message.tag) == STATUS_OK && message.words[1] == ranges[i][1]);
        EXPECT(message.words[0] == sum_of(base, 3 + ranges[i][0], ranges[i][1]));
    }
    struct message_page *there = at(server.worker.message_page);
    EXPECT(there->leases[0].length == BYTES - 3 && there->leases[0].flags == LEASE_READ);
    EXPECT(there->leases[0].address == 0 && there->leases[0].source == 0);
    unmap(base, BYTES);
    server_end(&server);
}

static void test_write(void)
{
    static struct server server;
    struct message message;
    uint64_t base = map_new(environment.account, BYTES); /* not touched: zeros are resolved */
    const uint64_t words[LIMIT_MESSAGE_WORDS] = {0, 100, 8000, 9};
    server = (struct server){0};
    REQUIRE(base != 0 && server_start(&server, true));
    struct lease lease = {0, base, BYTES, LEASE_WRITE, 0};
    EXPECT_OK(call_lent(&server, METHOD_WRITE, lease, words, &message));
    EXPECT(tag_status(message.tag) == STATUS_OK && message.words[1] == 8000);
    const volatile uint8_t *bytes = at(base);
    EXPECT(bytes[99] == 0 && bytes[100] == 9 && bytes[101] == 10 && bytes[8100] == 0);
    EXPECT(bytes[8099] == (uint8_t)(9 + 7999));
    unmap(base, BYTES);
    server_end(&server);
}

/* A copy into a page that is shared with a snapshot must not reach the snapshot. */
static void test_write_copies(void)
{
    static struct server server;
    struct message message;
    handle_t memory = new_memory(1);
    handle_t copy = 0;
    uint64_t a = 0;
    uint64_t b = 0;
    const uint64_t words[LIMIT_MESSAGE_WORDS] = {0, 0, 16, 77};
    server = (struct server){0};
    REQUIRE(server_start(&server, true));
    EXPECT_OK(space_map(0, memory, 0, 0, PAGE, MAP_READ | MAP_WRITE, &a));
    fill(a, 16);
    EXPECT_OK(memory_snapshot(memory, environment.account, &copy));
    EXPECT_OK(space_map(0, copy, 0, 0, PAGE, MAP_READ, &b));
    EXPECT(*(volatile uint8_t *)at(b) == 1);
    struct lease lease = {0, a, PAGE, LEASE_WRITE, 0};
    EXPECT_OK(call_lent(&server, METHOD_WRITE, lease, words, &message));
    EXPECT(*(volatile uint8_t *)at(a) == 77 && *(volatile uint8_t *)at(b) == 1);
    unmap(a, PAGE);
    unmap(b, PAGE);
    close_handle(copy);
    close_handle(memory);
    server_end(&server);
}

/* lease_copy() through METHOD_COPY: its status. */
static status_t copy_status(const struct server *server, struct lease lease, uint64_t index,
                            uint64_t offset, uint64_t address, uint64_t length, uint64_t direction,
                            uint64_t *copied)
{
    struct message message;
    const uint64_t words[LIMIT_MESSAGE_WORDS] = {index, offset, address, length, direction};
    EXPECT_OK(call_lent(server, METHOD_COPY, lease, words, &message));
    if (copied != NULL) {
        *copied = message.words[1];
    }
    return (status_t)message.words[0];
}

static void test_copy_errors(void)
{
    static struct server server;
    uint64_t base = map_new(environment.account, BYTES);
    uint64_t to = map_new(environment.account, BYTES); /* the server shares this space */
    uint64_t copied = 0;
    handle_t event = new_event();
    server = (struct server){0};
    REQUIRE(base != 0 && to != 0 && server_start(&server, true));
    struct lease lease = {0, base, BYTES, LEASE_READ, 0};
    EXPECT_STATUS(STATUS_OK, copy_status(&server, lease, 0, BYTES, to, 0, LEASE_READ, &copied));
    EXPECT_STATUS(STATUS_BAD_LEASE, copy_status(&server, lease, 1, 0, to, 1, LEASE_READ, NULL));
    EXPECT_STATUS(STATUS_BAD_LEASE, copy_status(&server, lease, 9, 0, to, 1, LEASE_READ, NULL));
    EXPECT_STATUS(STATUS_BAD_LEASE, copy_status(&server, lease, 0, 0, to, 1, LEASE_WRITE, NULL));
    EXPECT_STATUS(STATUS_BAD_LEASE, copy_status(&server, lease, 0, 1, to, BYTES, LEASE_READ, NULL));
    EXPECT_STATUS(STATUS_BAD_LEASE,
                  copy_status(&server, lease, 0, BYTES + 1, to, 1, LEASE_READ, NULL));
    EXPECT_STATUS(STATUS_BAD_LEASE,
                  copy_status(&server, lease, 0, ~UINT64_C(0), to, 2, LEASE_READ, NULL));
    EXPECT_STATUS(STATUS_BAD_LEASE, copy_status(&server, lease, 0, 0, to, 1, 3, NULL));
    EXPECT_STATUS(STATUS_BAD_ADDRESS, copy_status(&server, lease, 0, 0, 0, 1, LEASE_READ, NULL));
    EXPECT_STATUS(STATUS_BAD_ADDRESS,
                  copy_status(&server, lease, 0, 0, ~UINT64_C(0), 1, LEASE_READ, NULL));
    EXPECT_OK(space_protect(0, to + PAGE, PAGE, MAP_READ));
    EXPECT_STATUS(STATUS_BAD_ADDRESS,
                  copy_status(&server, lease, 0, 0, to, 2 * PAGE, LEASE_READ, &copied));
    EXPECT(copied == PAGE);
    /* The lender's side: holes and protection are the lease's errors. */
    lease.flags = LEASE_READ | LEASE_WRITE;
    EXPECT_OK(space_protect(0, base + PAGE, PAGE, MAP_READ));
    EXPECT_STATUS(STATUS_BAD_LEASE, copy_status(&server, lease, 0, PAGE, to, 8, LEASE_WRITE, NULL));
    EXPECT_OK(space_unmap(0, base + PAGE, PAGE));
    EXPECT_STATUS(STATUS_BAD_LEASE,
                  copy_status(&server, lease, 0, PAGE - 8, to, 16, LEASE_READ, &copied));
    EXPECT(copied == 8);
    EXPECT_HANDLE_ERRORS(lease_copy(handle, 0, 0, to, 1, LEASE_READ, &copied), event, 0);
    unmap(base, BYTES);
    unmap(to, BYTES);
    close_handle(event);
    server_end(&server);
}

static void test_malformed(void)
{
    static struct server server;
    struct message message;
    const uint64_t words[LIMIT_MESSAGE_WORDS] = {0};
    handle_t event = new_event();
    handle_t weak = with_rights(environment.space, RIGHT_ALL & ~RIGHT_SPACE_LEND);
    server = (struct server){0};
    REQUIRE(server_start(&server, true));
    const struct lease bad[] = {
        {0, PAGE, 1, 0, 0},                          /* no direction */
        {0, PAGE, 1, LEASE_READ | 0x10, 0},          /* unknown flag */
        {0, ~UINT64_C(0), 1, LEASE_READ, 0},         /* above the user range */
        {0, PAGE, ~UINT64_C(0), LEASE_READ, 0},      /* wraps around */
        {event, PAGE, 1, LEASE_READ, 0},             /* no space */
        {weak, PAGE, 1, LEASE_READ, 0},              /* may not lend */
        {12345, PAGE, 1, LEASE_READ, 0},             /* no handle */
        {12345, 0, 1, LEASE_READ | LEASE_ONWARD, 0}, /* no reply */
        {event, 0, 1, LEASE_READ | LEASE_ONWARD, 0}, /* no reply either */
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        EXPECT_STATUS(STATUS_BAD_LEASE, call_lent(&server, METHOD_READ, bad[i], words, &message));
    }
    EXPECT(server.calls == 0);
    close_handle(weak);
    close_handle(event);
    server_end(&server);
}

/* Four leases at once, the last of another space. */
static void test_four(void)
{
    static struct server server;
    handle_t space = 0;
    handle_t memory = new_memory(1);
    uint64_t libsys, here = 0, there = 0;
    uint64_t base = map_new(environment.account, PAGE);
    server = (struct server){0};
    REQUIRE(base != 0 && server_start(&server, true));
    REQUIRE_OK(space_create(environment.account, &space, &libsys));
    EXPECT_OK(space_map(0, memory, 0, 0, PAGE, MAP_READ | MAP_WRITE, &here));
    EXPECT_OK(space_map(space, memory, 0, 0, PAGE, MAP_READ | MAP_WRITE, &there));
    fill(base, PAGE);
    fill(here, 100);
    for (uint64_t i = 0; i < LIMIT_MESSAGE_LEASES; i++) {
        struct message message = {.tag = message_tag(METHOD_READ, 0, 0, LIMIT_MESSAGE_LEASES),
                                  .words = {i, 0, 10}};
        for (unsigned j = 0; j < LIMIT_MESSAGE_LEASES - 1; j++) {
            message_page()->leases[j] = (struct lease){0, base + j * 100, 10, LEASE_READ, 0};
        }
        message_page()->leases[3] = (struct lease){space, there, 10, LEASE_READ, 0};
        EXPECT_OK(port_call(server.own.endpoint, &message));
        EXPECT(tag_status(message.tag) == STATUS_OK);
        EXPECT(message.words[0] == (i < 3 ? sum_of(base, i * 100, 10) : sum_of(here, 0, 10)));
    }
    unmap(base, PAGE);
    unmap(here, PAGE);
    close_handle(memory);
    close_handle(space);
    server_end(&server);
}

/* Lends on along `links` servers; answers the status and the sum of the last one's read. */
static void chain(unsigned links, status_t expected)
{
    enum { MOST = 5 };
    static struct server servers[MOST];
    struct message message;
    uint64_t base = map_new(environment.account, PAGE);
    REQUIRE(base != 0 && links <= MOST);
    fill(base, PAGE);
    for (unsigned i = links; i-- > 0;) {
        servers[i] = (struct server){.next = i + 1 < links ? servers[i + 1].own.endpoint : 0};
        REQUIRE(server_start(&servers[i], true));
    }
    const uint64_t words[LIMIT_MESSAGE_WORDS] = {0, links - 2, 64};
    struct lease lease = {0, base + 5, 64, LEASE_READ, 0};
    EXPECT_OK(call_lent(&servers[0], METHOD_ONWARD, lease, words, &message));
    EXPECT_STATUS(expected, tag_status(message.tag));
    if (expected == STATUS_OK) {
        EXPECT(message.words[0] == sum_of(base, 5, 64) && message.words[1] == 64);
    }
    for (unsigned i = 0; i < links; i++) {
        server_end(&servers[i]);
    }
    unmap(base, PAGE);
}

static void test_chains(void)
{
    chain(2, STATUS_OK);
    chain(3, STATUS_OK);
    chain(4, STATUS_OK);
    chain(5, STATUS_BAD_LEASE); /* LIMIT_LEASE_CHAIN links at most */
}

/* An onward lease has no more rights and no larger range than the one it comes from. */
static void test_onward_limits(void)
{
    static struct server second;
    struct service first;
    static struct caller caller;
    struct received received;
    struct message answer = {0};
    uint64_t base = map_new(environment.account, PAGE);
    second = (struct server){0};
    REQUIRE(base != 0 && service_open(&first) && server_start(&second, true));
    fill(base, PAGE);
    EXPECT_OK(caller_start(&caller, OTHER_PRIORITY, first.endpoint, 1, 0));
    EXPECT_OK(port_receive(first.port, first.reply, &received));
    struct message message;
    const uint64_t words[LIMIT_MESSAGE_WORDS] = {0, 0, 1};
    const struct lease none = {first.reply, 0, 1, LEASE_READ | LEASE_ONWARD, 0};
    EXPECT_STATUS(STATUS_BAD_LEASE, call_lent(&second, METHOD_READ, none, words, &message));
    EXPECT_OK(port_reply(first.reply, &answer));
    EXPECT(worker_end(&caller.worker));
    EXPECT_STATUS(STATUS_BAD_LEASE, call_lent(&second, METHOD_READ, none, words, &message));
    server_end(&second);
    service_close(&first);
    unmap(base, PAGE);
}

struct lender {
    struct worker worker;
    handle_t endpoint;
    struct lease lease;
    status_t status;
};

static void lend(void *argument)
{
    struct lender *lender = argument;
    struct message message = {.tag = message_tag(1, 0, 0, 1)};
    message_page()->leases[0] = lender->lease;
    lender->status = port_call(lender->endpoint, &message);
}

/* This thread is the first server; a second one is lent what a third thread lent. */
static void test_onward_ranges_and_end(void)
{
    static struct server second;
    static struct lender lender;
    struct service first;
    struct received received;
    struct message answer = {0};
    struct message message;
    const uint64_t words[LIMIT_MESSAGE_WORDS] = {0, 0, 8};
    uint64_t base = map_new(environment.account, PAGE);
    second = (struct server){0};
    REQUIRE(base != 0 && service_open(&first) && server_start(&second, true));
    fill(base, PAGE);
    lender = (struct lender){.endpoint = first.endpoint, .lease = {0, base, 100, LEASE_READ, 0}};
    EXPECT_OK(worker_start(&lender.worker, 0, OTHER_PRIORITY, lend, &lender));
    EXPECT_OK(port_receive(first.port, first.reply, &received));
    EXPECT(tag_leases(received.tag) == 1);
    struct lease lease = {first.reply, 92, 8, LEASE_READ | LEASE_ONWARD, 0};
    EXPECT_OK(call_lent(&second, METHOD_READ, lease, words, &message));
    EXPECT(message.words[0] == sum_of(base, 92, 8));
    lease.address = 93;
    EXPECT_STATUS(STATUS_BAD_LEASE, call_lent(&second, METHOD_READ, lease, words, &message));
    lease.address = ~UINT64_C(0);
    EXPECT_STATUS(STATUS_BAD_LEASE, call_lent(&second, METHOD_READ, lease, words, &message));
    lease = (struct lease){first.reply, 0, 8, LEASE_WRITE | LEASE_ONWARD, 0};
    EXPECT_STATUS(STATUS_BAD_LEASE, call_lent(&second, METHOD_READ, lease, words, &message));
    lease = (struct lease){first.reply, 0, 8, LEASE_READ | LEASE_ONWARD, 1};
    EXPECT_STATUS(STATUS_BAD_LEASE, call_lent(&second, METHOD_READ, lease, words, &message));
    EXPECT_OK(port_reply(first.reply, &answer));
    EXPECT(worker_end(&lender.worker));
    EXPECT_OK(lender.status);
    server_end(&second);
    service_close(&first);
    unmap(base, PAGE);
}

/* The first link ends while the second server still holds the lease: it reads nothing more. */
static void test_end_of_link_ends_lease(void)
{
    static struct lender lender, middle;
    struct service first, second;
    struct received received;
    struct message answer = {0};
    uint64_t copied = 0;
    uint8_t byte = 0;
    uint64_t base = map_new(environment.account, PAGE);
    REQUIRE(base != 0 && service_open(&first) && service_open(&second));
    fill(base, PAGE);
    lender = (struct lender){.endpoint = first.endpoint, .lease = {0, base, 100, LEASE_READ, 0}};
    EXPECT_OK(worker_start(&lender.worker, 0, OTHER_PRIORITY, lend, &lender));
    EXPECT_OK(port_receive(first.port, first.reply, &received));
    middle = (struct lender){.endpoint = second.endpoint,
                             .lease = {first.reply, 0, 100, LEASE_READ | LEASE_ONWARD, 0}};
    EXPECT_OK(worker_start(&middle.worker, 0, OTHER_PRIORITY, lend, &middle));
    EXPECT_OK(port_receive(second.port, second.reply, &received));
    EXPECT_OK(lease_copy(second.reply, 0, 1, address_of(&byte), 1, LEASE_READ, &copied));
    EXPECT(byte == 2 && copied == 1);
    EXPECT_OK(port_reply(first.reply, &answer));
    EXPECT(worker_end(&lender.worker));
    EXPECT_STATUS(STATUS_BAD_LEASE,
                  lease_copy(second.reply, 0, 1, address_of(&byte), 1, LEASE_READ, &copied));
    EXPECT_OK(port_reply(second.reply, &answer));
    EXPECT_STATUS(STATUS_BAD_STATE,
                  lease_copy(second.reply, 0, 1, address_of(&byte), 1, LEASE_READ, &copied));
    EXPECT(worker_end(&middle.worker));
    service_close(&first);
    service_close(&second);
    unmap(base, PAGE);
}

/* The first server lends on what it was lent, answers, and receives that very call with the reply
 * on which the lease depends. */
static void test_reply_in_own_chain(void)
{
    static struct lender lender, onward;
    struct service service;
    struct received received;
    struct message answer = {0};
    uint64_t copied = 0;
    uint8_t byte = 0;
    uint64_t base = map_new(environment.account, PAGE);
    REQUIRE(base != 0 && service_open(&service));
    lender = (struct lender){.endpoint = service.endpoint, .lease = {0, base, PAGE, LEASE_READ, 0}};
    EXPECT_OK(worker_start(&lender.worker, 0, OTHER_PRIORITY, lend, &lender));
    EXPECT_OK(port_receive(service.port, service.reply, &received));
    onward = (struct lender){.endpoint = service.endpoint,
                             .lease = {service.reply, 0, PAGE, LEASE_READ | LEASE_ONWARD, 0}};
    EXPECT_OK(worker_start(&onward.worker, 0, OTHER_PRIORITY, lend, &onward));
    EXPECT(worker_reaches(&onward.worker, THREAD_BLOCKED_CALL));
    EXPECT_OK(port_reply(service.reply, &answer));
    EXPECT(worker_end(&lender.worker));
    EXPECT_OK(port_receive(service.port, service.reply, &received));
    EXPECT_STATUS(STATUS_BAD_LEASE,
                  lease_copy(service.reply, 0, 0, address_of(&byte), 1, LEASE_READ, &copied));
    EXPECT_OK(port_reply(service.reply, &answer));
    EXPECT(worker_end(&onward.worker));
    service_close(&service);
    unmap(base, PAGE);
}

enum { LARGE = 6 << 20 };

struct copier {
    struct worker worker;
    handle_t reply; /* of its task */
    uint64_t buffer;
};

static void copy_all(void *argument)
{
    const struct copier *copier = argument;
    status_ignore(lease_copy(copier->reply, 0, 0, copier->buffer, LARGE, LEASE_READ, NULL));
    for (;;) {
        sleep_for(SECOND);
    }
}

/* Kills the server while it copies; true if the last page has not been copied. */
static bool stops_copying(struct service *service, struct copier *copier)
{
    static struct lender lender;
    struct received received;
    struct message answer = {0};
    uint64_t base = map_new(environment.account, LARGE);
    handle_t task = 0;
    *(volatile uint8_t *)at(base) = 1;
    *(volatile uint8_t *)at(base + LARGE - 1) = 1;
    lender =
        (struct lender){.endpoint = service->endpoint, .lease = {0, base, LARGE, LEASE_READ, 0}};
    *copier = (struct copier){.buffer = map_new(environment.account, LARGE)};
    EXPECT_OK(child_create("copier", &task));
    EXPECT_OK(task_install(task, service->reply, RIGHT_ALL, &copier->reply));
    EXPECT_OK(worker_start(&lender.worker, 0, OTHER_PRIORITY, lend, &lender));
    EXPECT_OK(port_receive(service->port, service->reply, &received));
    EXPECT_OK(worker_start(&copier->worker, task, OTHER_PRIORITY, copy_all, copier));
    EVENTUALLY(*(volatile uint8_t *)at(copier->buffer) == 1);
    EXPECT_OK(task_kill(task, 0));
    EXPECT(task_ends(task) && worker_end(&copier->worker));
    bool stopped = *(volatile uint8_t *)at(copier->buffer + LARGE - 1) == 0;
    EXPECT_OK(port_reply(service->reply, &answer));
    EXPECT(worker_end(&lender.worker));
    close_handle(task);
    unmap(copier->buffer, LARGE);
    unmap(base, LARGE);
    return stopped;
}

/* However much there is to copy. The host may let the killer sleep, so not each trial counts; with
 * one CPU nobody can kill. */
static void test_killed(void)
{
    enum { TRIALS = 6 };
    static struct copier copier;
    struct service service;
    bool stopped = cpu_count() == 1;
    REQUIRE(service_open(&service));
    for (unsigned i = 0; i < TRIALS && !stopped; i++) {
        stopped = stops_copying(&service, &copier);
    }
    EXPECT(stopped);
    service_close(&service);
}

const struct test lease_tests[] = {
    {"lease_read", test_read},
    {"lease_write", test_write},
    {"lease_write_copies", test_write_copies},
    {"lease_copy_errors", test_copy_errors},
    {"lease_malformed", test_malformed},
    {"lease_four", test_four},
    {"lease_chains", test_chains},
    {"lease_onward_limits", test_onward_limits},
    {"lease_onward_ranges", test_onward_ranges_and_end},
    {"lease_end_of_link", test_end_of_link_ends_lease},
    {"lease_copy_killed", test_killed},
    {"lease_reply_in_own_chain", test_reply_in_own_chain},
    {NULL, NULL},
};
