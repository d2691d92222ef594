/* Calls: words, errors of the five message calls, order, two receivers. */
#include "server.h"

static void test_words(void)
{
    static struct server server;
    server = (struct server){0};
    REQUIRE(server_start(&server, true));
    for (uint64_t i = 0; i < 50; i++) {
        struct message message = {.tag = message_tag(METHOD_ECHO, 0, 0, 0),
                                  .words = {i, ~i, i << 60, 3, 4, 5}};
        EXPECT_OK(port_call(server.own.endpoint, &message));
        EXPECT(message.tag == STATUS_OK);
        EXPECT(message.words[0] == i + 1 && message.words[1] == ~i + 1 &&
               message.words[2] == (i << 60) + 1 && message.words[3] == 4 &&
               message.words[4] == 5 && message.words[5] == 6);
    }
    EXPECT(server.log[0].badge == SERVICE_BADGE && server.log[0].kind == RECEIVE_CALL);
    struct message answer;
    EXPECT_OK(call_words(server.own.endpoint, METHOD_STATUS, STATUS_BUSY, 0, &answer));
    EXPECT(tag_status(answer.tag) == STATUS_BUSY);
    server_end(&server);
}

static void test_badges(void)
{
    static struct server server;
    handle_t endpoint = 0;
    server = (struct server){0};
    REQUIRE(server_start(&server, false));
    EXPECT_OK(port_mint(server.own.port, ~UINT64_C(0) - 5, ENDPOINT_KEEP, &endpoint));
    EXPECT_OK(call_words(endpoint, METHOD_STATUS, 0, 0, NULL));
    EXPECT_OK(call_words(server.own.endpoint, METHOD_STATUS, 0, 0, NULL));
    EXPECT(server.log[0].badge == ~UINT64_C(0) - 5 && server.log[1].badge == SERVICE_BADGE);
    close_handle(endpoint);
    EVENTUALLY(server.notice_count == 1);
    EXPECT(server.notices[0].kind == RECEIVE_CLOSED && server.notices[0].badge == ~UINT64_C(0) - 5);
    server_end(&server);
}

static void test_handle_errors(void)
{
    struct service service;
    struct message message = {0};
    struct received received;
    handle_t event = new_event();
    REQUIRE(service_open(&service));
    EXPECT_HANDLE_ERRORS(port_call(handle, &message), event,
                         with_rights(service.endpoint, RIGHT_ALL & ~RIGHT_ENDPOINT_CALL));
    EXPECT_HANDLE_ERRORS(port_receive(handle, service.reply, &received), event,
                         with_rights(service.port, RIGHT_ALL & ~RIGHT_PORT_RECEIVE));
    EXPECT_HANDLE_ERRORS(port_receive(service.port, handle, &received), event,
                         with_rights(service.reply, RIGHT_ALL & ~RIGHT_REPLY_ANSWER));
    EXPECT_HANDLE_ERRORS(port_reply(handle, &message), event,
                         with_rights(service.reply, RIGHT_ALL & ~RIGHT_REPLY_ANSWER));
    EXPECT_HANDLE_ERRORS(port_reply_receive(handle, service.reply, &received), event,
                         with_rights(service.port, RIGHT_ALL & ~RIGHT_PORT_RECEIVE));
    EXPECT_HANDLE_ERRORS(port_reply_receive(service.port, handle, &received), event,
                         with_rights(service.reply, RIGHT_ALL & ~RIGHT_REPLY_ANSWER));
    EXPECT_HANDLE_ERRORS(port_create(handle, NULL), event,
                         with_rights(environment.account, RIGHT_ALL & ~RIGHT_ACCOUNT_CHARGE));
    EXPECT_HANDLE_ERRORS(reply_create(handle, NULL), event,
                         with_rights(environment.account, RIGHT_ALL & ~RIGHT_ACCOUNT_CHARGE));
    EXPECT_HANDLE_ERRORS(port_mint(handle, 1, ENDPOINT_KEEP, NULL), event,
                         with_rights(service.port, RIGHT_ALL & ~RIGHT_PORT_MINT));
    EXPECT_HANDLE_ERRORS(port_revoke(handle, 1), event,
                         with_rights(service.port, RIGHT_ALL & ~RIGHT_PORT_REVOKE));
    EXPECT_HANDLE_ERRORS(port_drain(handle), event,
                         with_rights(service.port, RIGHT_ALL & ~RIGHT_PORT_DRAIN));
    EXPECT_STATUS(STATUS_BAD_ARGUMENT, port_mint(service.port, 1, 2, NULL));
    service_close(&service);
    close_handle(event);
}

static void test_bad_tags(void)
{
    struct service service;
    REQUIRE(service_open(&service));
    const uint64_t tags[] = {message_tag(1, LIMIT_MESSAGE_DATA + 1, 0, 0),
                             message_tag(1, 0xfff, 0, 0),
                             message_tag(1, 0, LIMIT_MESSAGE_HANDLES + 1, 0),
                             message_tag(1, 0, 7, 0),
                             message_tag(1, 0, 0, LIMIT_MESSAGE_LEASES + 1),
                             UINT64_C(1) << 50,
                             UINT64_C(1) << 63};
    for (size_t i = 0; i < sizeof(tags) / sizeof(tags[0]); i++) {
        struct message message = {.tag = tags[i]};
        EXPECT_STATUS(STATUS_BAD_ARGUMENT, port_call(service.endpoint, &message));
        message.tag = tags[i];
        EXPECT_STATUS(STATUS_BAD_ARGUMENT, port_reply(service.reply, &message));
        struct received received = {.tag = tags[i]};
        EXPECT_STATUS(STATUS_BAD_ARGUMENT,
                      port_reply_receive(service.port, service.reply, &received));
    }
    struct message leases = {.tag = message_tag(0, 0, 0, 1)};
    EXPECT_STATUS(STATUS_BAD_ARGUMENT, port_reply(service.reply, &leases));
    service_close(&service);
}

static void test_reply_states(void)
{
    struct service service;
    struct caller caller;
    struct message message = {0};
    struct received received;
    uint64_t copied;
    REQUIRE(service_open(&service));
    EXPECT_STATUS(STATUS_BAD_STATE, port_reply(service.reply, &message));
    received = (struct received){0};
    EXPECT_STATUS(STATUS_BAD_STATE, port_reply_receive(service.port, service.reply, &received));
    EXPECT_STATUS(STATUS_BAD_STATE,
                  lease_copy(service.reply, 0, 0, address_of(&message), 1, LEASE_READ, &copied));
    EXPECT_OK(caller_start(&caller, OTHER_PRIORITY, service.endpoint, 9, 5));
    EXPECT_OK(port_receive(service.port, service.reply, &received));
    EXPECT(received.words[0] == 5 && tag_method(received.tag) == 9);
    EXPECT_STATUS(STATUS_BAD_STATE, port_receive(service.port, service.reply, &received));
    message.words[0] = 6;
    EXPECT_OK(port_reply(service.reply, &message));
    EXPECT_STATUS(STATUS_BAD_STATE, port_reply(service.reply, &message)); /* not twice */
    EXPECT(worker_end(&caller.worker));
    EXPECT(caller.status == STATUS_OK && caller.message.words[0] == 6);
    service_close(&service);
}

static void serve_three(void *argument)
{
    struct server *server = argument;
    struct received received;
    EXPECT_OK(port_receive(server->port, server->reply, &received));
    for (unsigned i = 0; i < 3; i++) {
        received.tag = STATUS_OK;
        received.words[0] *= 2;
        server->calls++;
        server->last = port_reply_receive(server->port, server->reply, &received);
        if (server->last != STATUS_OK) {
            return;
        }
    }
}

static void test_reply_receive(void)
{
    static struct server server;
    struct service service;
    struct worker worker;
    struct message answer;
    server = (struct server){0};
    REQUIRE(service_open(&service));
    server.port = service.port;
    server.reply = service.reply;
    EXPECT_OK(worker_start(&worker, 0, OTHER_PRIORITY, serve_three, &server));
    for (uint64_t i = 1; i <= 3; i++) {
        EXPECT_OK(call_words(service.endpoint, 1, i, 0, &answer));
        EXPECT(answer.words[0] == 2 * i);
    }
    EXPECT(worker_reaches(&worker, THREAD_BLOCKED_RECEIVE));
    EXPECT_OK(thread_interrupt(worker.thread)); /* after the answer was given */
    EXPECT(worker_end(&worker));
    EXPECT(server.last == STATUS_INTERRUPTED && server.calls == 3);
    service_close(&service);
}

/* Callers are taken by priority, those of one priority in the order they came. */
static void test_queue_order(void)
{
    enum { CALLERS = 6 };
    static struct caller callers[CALLERS];
    static const uint32_t priority[CALLERS] = {10, 12, 10, 15, 12, 15};
    static const uint64_t order[CALLERS] = {3, 5, 1, 4, 0, 2};
    struct service service;
    REQUIRE(service_open(&service));
    for (unsigned i = 0; i < CALLERS; i++) {
        EXPECT_OK(caller_start(&callers[i], priority[i], service.endpoint, 1, i));
        EXPECT(worker_reaches(&callers[i].worker, THREAD_BLOCKED_CALL));
    }
    for (unsigned i = 0; i < CALLERS; i++) {
        struct received received;
        struct message answer = {0};
        EXPECT_OK(port_receive(service.port, service.reply, &received));
        EXPECT(received.words[0] == order[i]);
        EXPECT_OK(port_reply(service.reply, &answer));
    }
    for (unsigned i = 0; i < CALLERS; i++) {
        EXPECT(worker_end(&callers[i].worker));
        EXPECT_OK(callers[i].status);
    }
    service_close(&service);
}

static void receive_once(void *argument)
{
    struct server *server = argument;
    struct received received;
    server->last = port_receive(server->port, server->reply, &received);
}

/* One reply object is for one receive at a time. */
static void test_two_receivers(void)
{
    static struct server servers[2];
    struct service service;
    REQUIRE(service_open(&service));
    for (unsigned i = 0; i < 2; i++) {
        servers[i] = (struct server){.port = service.port, .reply = service.reply};
        EXPECT_OK(worker_start(&servers[i].worker, 0, OTHER_PRIORITY, receive_once, &servers[i]));
        if (i == 0) {
            EXPECT(worker_reaches(&servers[0].worker, THREAD_BLOCKED_RECEIVE));
        }
    }
    EXPECT(worker_end(&servers[1].worker));
    EXPECT_STATUS(STATUS_BAD_STATE, servers[1].last);
    EXPECT_OK(thread_interrupt(servers[0].worker.thread));
    EXPECT(worker_end(&servers[0].worker));
    EXPECT_STATUS(STATUS_INTERRUPTED, servers[0].last);
    service_close(&service);
}

/* Callers from several threads at once. */
static void test_many_callers(void)
{
    enum { CALLERS = 5, CALLS = 100 };
    static struct caller callers[CALLERS];
    static struct server server;
    server = (struct server){0};
    REQUIRE(server_start(&server, false));
    for (unsigned round = 0; round < CALLS / CALLERS; round++) {
        for (unsigned i = 0; i < CALLERS; i++) {
            EXPECT_OK(caller_start(&callers[i], 10 + i, server.own.endpoint, METHOD_ECHO, i));
        }
        for (unsigned i = 0; i < CALLERS; i++) {
            EXPECT(worker_end(&callers[i].worker));
            EXPECT(callers[i].status == STATUS_OK && callers[i].message.words[0] == i + 1);
        }
    }
    EXPECT(server.calls == CALLS);
    server_end(&server);
}

const struct test call_tests[] = {
    {"call_words", test_words},
    {"call_badges", test_badges},
    {"call_handle_errors", test_handle_errors},
    {"call_bad_tags", test_bad_tags},
    {"call_reply_states", test_reply_states},
    {"call_reply_receive", test_reply_receive},
    {"call_queue_order", test_queue_order},
    {"call_two_receivers", test_two_receivers},
    {"call_many", test_many_callers},
    {NULL, NULL},
};
