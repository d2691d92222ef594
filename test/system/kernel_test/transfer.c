/* What travels with a message: page data and handles, all or none. */
#include "server.h"

static void fill_data(unsigned length, unsigned seed)
{
    for (unsigned i = 0; i < length; i++) {
        message_page()->data[i] = (uint8_t)(i * 7 + seed);
    }
}

static bool data_is(unsigned length, unsigned seed)
{
    for (unsigned i = 0; i < length; i++) {
        if (message_page()->data[i] != (uint8_t)(i * 7 + seed)) {
            return false;
        }
    }
    return true;
}

static void test_data(void)
{
    static const unsigned sizes[] = {0, 1, 7, 8, 9, 63, 64, 928, 3071, LIMIT_MESSAGE_DATA};
    static struct server server;
    server = (struct server){0};
    REQUIRE(server_start(&server, true));
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        struct message message = {.tag = message_tag(METHOD_ECHO, sizes[i], 0, 0)};
        fill_data(sizes[i], (unsigned)i);
        EXPECT_OK(port_call(server.own.endpoint, &message));
        EXPECT(tag_bytes(message.tag) == sizes[i]);
        EXPECT(data_is(sizes[i], (unsigned)i));
    }
    server_end(&server);
}

/* Only the bytes that the tag names travel. */
static void test_data_is_exact(void)
{
    static struct server server;
    struct message message = {.tag = message_tag(METHOD_ECHO, 10, 0, 0)};
    server = (struct server){0};
    REQUIRE(server_start(&server, true));
    fill_data(20, 1);
    struct message_page *there = at(server.worker.message_page);
    there->data[10] = 0x5a;
    EXPECT_OK(port_call(server.own.endpoint, &message));
    EXPECT(there->data[9] == (uint8_t)(9 * 7 + 1) && there->data[10] == 0x5a);
    server_end(&server);
}

static bool same_object(handle_t a, handle_t b)
{
    uint64_t identity[2] = {0, 1};
    status_ignore(handle_info(a, NULL, NULL, &identity[0]));
    status_ignore(handle_info(b, NULL, NULL, &identity[1]));
    return identity[0] == identity[1];
}

/* Sends `count` handles, which come back with the answer. */
static void echo_handles(const struct server *server, const handle_t *events, unsigned count)
{
    struct message message = {.tag = message_tag(METHOD_ECHO, 0, count, 0)};
    for (unsigned i = 0; i < count; i++) {
        message_page()->handles[i] = events[i];
    }
    message_page()->accept = count;
    EXPECT_OK(port_call(server->own.endpoint, &message));
    message_page()->accept = 0;
    EXPECT(tag_handles(message.tag) == count);
    for (unsigned i = 0; i < tag_handles(message.tag); i++) {
        handle_t back = message_page()->handles[i];
        EXPECT(back != events[i] && same_object(back, events[i]));
        close_handle(back);
    }
}

static void test_handles(void)
{
    static struct server server;
    handle_t events[LIMIT_MESSAGE_HANDLES];
    server = (struct server){.accept = LIMIT_MESSAGE_HANDLES};
    REQUIRE(server_start(&server, true));
    for (unsigned i = 0; i < LIMIT_MESSAGE_HANDLES; i++) {
        events[i] = new_event();
    }
    for (unsigned count = 1; count <= LIMIT_MESSAGE_HANDLES; count++) {
        echo_handles(&server, events, count);
    }
    for (unsigned i = 0; i < LIMIT_MESSAGE_HANDLES; i++) {
        EXPECT_OK(event_signal(events[i], 1)); /* sending keeps the sender's */
        close_handle(events[i]);
    }
    server_end(&server);
}

static uint64_t handles_of(handle_t task)
{
    uint64_t handles = 0;
    EXPECT_OK(task_info(task, NULL, NULL, NULL, NULL, &handles, NULL));
    return handles;
}

static void test_no_slots(void)
{
    static struct server server;
    struct message message = {.tag = message_tag(METHOD_ECHO, 0, 2, 0)};
    handle_t event = new_event();
    server = (struct server){.accept = 1};
    REQUIRE(server_start(&server, true));
    uint64_t before = handles_of(server.task);
    message_page()->handles[0] = event;
    message_page()->handles[1] = event;
    EXPECT_STATUS(STATUS_NO_SLOTS, port_call(server.own.endpoint, &message));
    EXPECT(handles_of(server.task) == before); /* all or none */
    EXPECT(server.calls == 0);
    /* The answer brings one, and this thread takes none: the server's reply fails. */
    message.tag = message_tag(METHOD_ECHO, 0, 1, 0);
    message_page()->handles[0] = event;
    message_page()->accept = 0;
    EXPECT_OK(port_call(server.own.endpoint, &message));
    EXPECT(tag_status(message.tag) == STATUS_NO_SLOTS && tag_handles(message.tag) == 0);
    EVENTUALLY(handles_of(server.task) == before);
    close_handle(event);
    server_end(&server);
}

static void test_bad_handles_sent(void)
{
    static struct server server;
    handle_t event = new_event();
    handle_t weak = with_rights(event, RIGHT_ALL & ~RIGHT_TRANSFER);
    const handle_t sent[] = {weak, 0, stale_handle()};
    const status_t expected[] = {STATUS_NO_RIGHT, STATUS_BAD_HANDLE, STATUS_GONE};
    server = (struct server){.accept = LIMIT_MESSAGE_HANDLES};
    REQUIRE(server_start(&server, true));
    for (unsigned i = 0; i < 3; i++) {
        struct message message = {.tag = message_tag(METHOD_ECHO, 0, 2, 0)};
        message_page()->handles[0] = event;
        message_page()->handles[1] = sent[i];
        EXPECT_STATUS(expected[i], port_call(server.own.endpoint, &message));
    }
    EXPECT(server.calls == 0);
    close_handle(weak);
    close_handle(event);
    server_end(&server);
}

/* Rights travel with a handle, no more and no less. */
static void test_rights_travel(void)
{
    static struct server server;
    handle_t event = new_event();
    handle_t weak = with_rights(event, RIGHT_TRANSFER | RIGHT_EVENT_WAIT);
    struct message message = {.tag = message_tag(METHOD_ECHO, 0, 1, 0)};
    uint32_t rights = 0;
    server = (struct server){.accept = 1};
    REQUIRE(server_start(&server, true));
    message_page()->handles[0] = weak;
    message_page()->accept = 1;
    EXPECT_OK(port_call(server.own.endpoint, &message));
    message_page()->accept = 0;
    handle_t back = message_page()->handles[0];
    EXPECT_OK(handle_info(back, NULL, &rights, NULL));
    EXPECT(rights == (RIGHT_TRANSFER | RIGHT_EVENT_WAIT));
    close_handle(back);
    close_handle(weak);
    close_handle(event);
    server_end(&server);
}

struct full {
    handle_t port, reply, event;
    volatile uint32_t ready;
    status_t filled, received_status;
    struct received received;
};

/* A server whose table is full but for `free` slots. */
static void receive_with_full_table(void *argument)
{
    struct full *full = argument;
    handle_t last = 0;
    handle_t copy = 0;
    while ((full->filled = handle_duplicate(full->event, RIGHT_ALL, &copy)) == STATUS_OK) {
        last = copy;
    }
    status_ignore(handle_close(last)); /* one slot */
    message_page()->accept = LIMIT_MESSAGE_HANDLES;
    full->ready = 1;
    full->received_status = port_receive(full->port, full->reply, &full->received);
    struct message answer = {0};
    status_ignore(port_reply(full->reply, &answer));
}

static void test_full_table(void)
{
    static struct full full;
    struct service service;
    struct worker worker;
    handle_t task = 0;
    handle_t event = new_event();
    full = (struct full){0};
    REQUIRE(service_open(&service));
    REQUIRE_OK(child_create("full", &task));
    EXPECT_OK(task_install(task, service.port, RIGHT_ALL, &full.port));
    EXPECT_OK(task_install(task, service.reply, RIGHT_ALL, &full.reply));
    EXPECT_OK(task_install(task, event, RIGHT_ALL, &full.event));
    EXPECT_OK(worker_start(&worker, task, OTHER_PRIORITY, receive_with_full_table, &full));
    EVENTUALLY(full.ready != 0);
    EXPECT(worker_reaches(&worker, THREAD_BLOCKED_RECEIVE));
    EXPECT_STATUS(STATUS_NO_HANDLES, full.filled);
    struct message message = {.tag = message_tag(1, 0, 2, 0)};
    message_page()->handles[0] = message_page()->handles[1] = event;
    EXPECT_STATUS(STATUS_NO_HANDLES, port_call(service.endpoint, &message));
    uint64_t installed;
    message.tag = message_tag(1, 0, 1, 0);
    message_page()->handles[0] = event;
    EXPECT_OK(port_call(service.endpoint, &message)); /* one fits */
    EXPECT(full.received_status == STATUS_OK && tag_handles(full.received.tag) == 1);
    EXPECT(worker_end(&worker));
    EXPECT(task_ends(task));
    EXPECT_STATUS(STATUS_DYING, task_install(task, event, RIGHT_ALL, &installed));
    close_handle(task);
    close_handle(event);
    service_close(&service);
}

const struct test transfer_tests[] = {
    {"transfer_data", test_data},
    {"transfer_data_exact", test_data_is_exact},
    {"transfer_handles", test_handles},
    {"transfer_no_slots", test_no_slots},
    {"transfer_bad_handles", test_bad_handles_sent},
    {"transfer_rights", test_rights_travel},
    {"transfer_full_table", test_full_table},
    {NULL, NULL},
};
