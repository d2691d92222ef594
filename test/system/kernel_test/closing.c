/* The ends of endpoints, ports and servers: CLOSED, GONE, PEER_DIED, KEEP. */
#include "server.h"

static void test_closed(void)
{
    struct service service;
    struct received received;
    handle_t copy = 0;
    REQUIRE(service_open(&service));
    EXPECT_OK(handle_duplicate(service.endpoint, RIGHT_ALL, &copy));
    EXPECT_OK(handle_close(service.endpoint));
    service.endpoint = 0;
    handle_t second = 0;
    EXPECT_OK(port_mint(service.port, 99, ENDPOINT_GONE, &second));
    EXPECT_OK(handle_close(second)); /* nobody waits yet: it must not be lost */
    EXPECT_OK(port_receive(service.port, service.reply, &received));
    EXPECT(received.kind == RECEIVE_CLOSED && received.badge == 99);
    EXPECT_OK(handle_close(copy)); /* only the last handle counts */
    EXPECT_OK(port_receive(service.port, service.reply, &received));
    EXPECT(received.kind == RECEIVE_CLOSED && received.badge == SERVICE_BADGE);
    service_close(&service);
}

/* CLOSED comes once for each endpoint, though they have one badge. */
static void test_closed_each(void)
{
    enum { ENDPOINTS = 20 };
    struct service service;
    struct received received;
    handle_t endpoints[ENDPOINTS];
    REQUIRE(service_open(&service));
    for (unsigned i = 0; i < ENDPOINTS; i++) {
        EXPECT_OK(port_mint(service.port, 50, ENDPOINT_KEEP, &endpoints[i]));
    }
    for (unsigned i = 0; i < ENDPOINTS; i++) {
        close_handle(endpoints[i]);
    }
    for (unsigned i = 0; i < ENDPOINTS; i++) {
        EXPECT_OK(port_receive(service.port, service.reply, &received));
        EXPECT(received.kind == RECEIVE_CLOSED && received.badge == 50);
    }
    service_close(&service);
}

static void test_port_gone(void)
{
    struct service service;
    static struct caller caller;
    struct message message = {0};
    REQUIRE(service_open(&service));
    EXPECT_OK(caller_start(&caller, OTHER_PRIORITY, service.endpoint, 1, 0));
    EXPECT(worker_reaches(&caller.worker, THREAD_BLOCKED_CALL));
    EXPECT_OK(handle_close(service.port));
    service.port = 0;
    EXPECT(worker_end(&caller.worker));
    EXPECT_STATUS(STATUS_GONE, caller.status);
    EXPECT_STATUS(STATUS_GONE, port_call(service.endpoint, &message));
    service_close(&service);
}

static void test_reply_closed(void)
{
    struct service service;
    static struct caller caller;
    struct received received;
    REQUIRE(service_open(&service));
    EXPECT_OK(caller_start(&caller, OTHER_PRIORITY, service.endpoint, 1, 0));
    EXPECT_OK(port_receive(service.port, service.reply, &received));
    EXPECT_OK(handle_close(service.reply));
    service.reply = 0;
    EXPECT(worker_end(&caller.worker));
    EXPECT_STATUS(STATUS_PEER_DIED, caller.status);
    service_close(&service);
}

static void test_revoke(void)
{
    struct service service;
    static struct caller caller;
    struct message message = {0};
    handle_t other = 0;
    REQUIRE(service_open(&service));
    EXPECT_OK(port_mint(service.port, 8, ENDPOINT_KEEP, &other));
    EXPECT_OK(caller_start(&caller, OTHER_PRIORITY, service.endpoint, 1, 0));
    EXPECT(worker_reaches(&caller.worker, THREAD_BLOCKED_CALL));
    EXPECT_OK(port_revoke(service.port, SERVICE_BADGE));
    EXPECT(worker_end(&caller.worker));
    EXPECT_STATUS(STATUS_GONE, caller.status);
    EXPECT_STATUS(STATUS_GONE, port_call(service.endpoint, &message));
    EXPECT_OK(port_revoke(service.port, 12345));                   /* nobody has that badge */
    EXPECT_OK(caller_start(&caller, OTHER_PRIORITY, other, 1, 0)); /* others are not touched */
    EXPECT(worker_reaches(&caller.worker, THREAD_BLOCKED_CALL));
    EXPECT_OK(port_drain(service.port));
    EXPECT(worker_end(&caller.worker));
    EXPECT_STATUS(STATUS_GONE, caller.status);
    EXPECT_OK(caller_start(&caller, OTHER_PRIORITY, other, 1, 0)); /* drained, not revoked */
    EXPECT(worker_reaches(&caller.worker, THREAD_BLOCKED_CALL));
    EXPECT_OK(port_drain(service.port));
    EXPECT(worker_end(&caller.worker));
    close_handle(other);
    service_close(&service);
}

/* A server dies holding one call, with another queued: PEER_DIED and kept for the next. */
static void test_server_dies(void)
{
    static struct server server;
    static struct caller held, queued;
    struct received received;
    struct message answer = {0};
    handle_t reply = 0;
    server = (struct server){.priority = 5};
    REQUIRE(server_start(&server, true));
    EXPECT_OK(caller_start(&held, OTHER_PRIORITY, server.own.endpoint, METHOD_HOLD, 0));
    EVENTUALLY(server.calls == 1);
    EXPECT(worker_reaches(&server.worker, THREAD_BLOCKED_RECEIVE));
    EXPECT_OK(task_kill(server.task, 9));
    EXPECT(worker_end(&held.worker));
    EXPECT_STATUS(STATUS_PEER_DIED, held.status);
    EXPECT_OK(caller_start(&queued, OTHER_PRIORITY, server.own.endpoint, METHOD_ECHO, 4));
    EXPECT(worker_reaches(&queued.worker, THREAD_BLOCKED_CALL));
    EXPECT_OK(reply_create(environment.account, &reply)); /* the next instance */
    EXPECT_OK(port_receive(server.own.port, reply, &received));
    EXPECT(received.words[0] == 4);
    EXPECT_OK(port_reply(reply, &answer));
    EXPECT(worker_end(&queued.worker));
    EXPECT_OK(queued.status);
    close_handle(reply);
    server_close(&server);
}

static void test_server_exits_with_call(void)
{
    static struct server server;
    uint32_t state = TASK_RUNNING;
    uint32_t reason = EXIT_NONE;
    int64_t code = 0;
    server = (struct server){0};
    REQUIRE(server_start(&server, true));
    EXPECT_STATUS(STATUS_PEER_DIED, call_words(server.own.endpoint, METHOD_DIE, 0, 0, NULL));
    EXPECT(task_ends(server.task));
    EXPECT_OK(task_info(server.task, &state, &reason, &code, NULL, NULL, NULL));
    EXPECT(state == TASK_DEAD && reason == EXIT_NORMAL && code == 3);
    server_close(&server);
}

struct minter {
    handle_t port;
    handle_t parent; /* endpoint to tell the new ones to */
};

/* Mints one endpoint of each policy and hands both over. */
static void mint_both(void *argument)
{
    struct minter *minter = argument;
    handle_t keep = 0;
    handle_t gone = 0;
    struct message message = {.tag = message_tag(1, 0, 2, 0)};
    EXPECT_OK(port_mint(minter->port, 1, ENDPOINT_KEEP, &keep));
    EXPECT_OK(port_mint(minter->port, 2, ENDPOINT_GONE, &gone));
    message_page()->handles[0] = keep;
    message_page()->handles[1] = gone;
    EXPECT_OK(port_call(minter->parent, &message));
}

static void test_policies(void)
{
    struct service service, control;
    static struct minter minter;
    static struct caller caller;
    struct worker worker;
    struct received received;
    struct message answer = {0};
    handle_t task = 0;
    handle_t keep, gone;
    REQUIRE(service_open(&service));
    REQUIRE(service_open(&control));
    REQUIRE_OK(child_create("minter", &task));
    EXPECT_OK(task_install(task, service.port, RIGHT_ALL, &minter.port));
    EXPECT_OK(task_install(task, control.endpoint, RIGHT_ALL, &minter.parent));
    EXPECT_OK(worker_start(&worker, task, OTHER_PRIORITY, mint_both, &minter));
    message_page()->accept = 2;
    EXPECT_OK(port_receive(control.port, control.reply, &received));
    message_page()->accept = 0;
    REQUIRE(tag_handles(received.tag) == 2);
    keep = message_page()->handles[0];
    gone = message_page()->handles[1];
    EXPECT_OK(caller_start(&caller, OTHER_PRIORITY, gone, 1, 0));
    EXPECT(worker_reaches(&caller.worker, THREAD_BLOCKED_CALL));
    EXPECT_OK(task_kill(task, 0));
    EXPECT(task_ends(task));
    EXPECT(worker_end(&worker));
    EXPECT(worker_end(&caller.worker)); /* queued through GONE: it ends */
    EXPECT_STATUS(STATUS_GONE, caller.status);
    EXPECT_STATUS(STATUS_GONE, call_words(gone, 1, 0, 0, NULL));
    EXPECT_OK(caller_start(&caller, OTHER_PRIORITY, keep, 1, 0)); /* KEEP: it waits */
    EXPECT(worker_reaches(&caller.worker, THREAD_BLOCKED_CALL));
    EXPECT_OK(port_receive(service.port, service.reply, &received));
    EXPECT(received.badge == 1);
    EXPECT_OK(port_reply(service.reply, &answer));
    EXPECT(worker_end(&caller.worker));
    EXPECT_OK(caller.status);
    close_handle(keep);
    close_handle(gone);
    close_handle(task);
    service_close(&service);
    service_close(&control);
}

/* The endpoint that another task held is closed by the task's end. */
static void test_closed_by_death(void)
{
    struct service service;
    struct received received;
    handle_t task = 0;
    uint64_t installed = 0;
    REQUIRE(service_open(&service));
    REQUIRE_OK(child_create("holder", &task));
    EXPECT_OK(task_install(task, service.endpoint, RIGHT_ALL, &installed));
    EXPECT_OK(handle_close(service.endpoint));
    service.endpoint = 0;
    EXPECT_OK(task_kill(task, 0));
    EXPECT_OK(port_receive(service.port, service.reply, &received));
    EXPECT(received.kind == RECEIVE_CLOSED && received.badge == SERVICE_BADGE);
    EXPECT(task_ends(task));
    close_handle(task);
    service_close(&service);
}

static void answer(handle_t reply)
{
    const struct message message = {.tag = message_tag(STATUS_OK, 0, 0, 0)};
    EXPECT_OK(port_reply(reply, &message));
}

/* What travels in a message is not closed: CLOSED comes once, when what arrived is closed. */
static void test_on_the_way(void)
{
    static struct sender sender;
    struct service service;
    struct received received;
    handle_t second = 0;
    REQUIRE(service_open(&service));
    EXPECT_OK(port_mint(service.port, 99, ENDPOINT_KEEP, &second));
    sender_start(&sender, service.endpoint, second);
    EXPECT(worker_reaches(&sender.worker, THREAD_BLOCKED_CALL));
    close_handle(second);
    message_page()->accept = 1;
    EXPECT_OK(port_receive(service.port, service.reply, &received));
    EXPECT(received.kind == RECEIVE_CALL && tag_handles(received.tag) == 1);
    close_handle(message_page()->handles[0]);
    handle_t reply = 0;
    EXPECT_OK(reply_create(environment.account, &reply));
    EXPECT_OK(port_receive(service.port, reply, &received)); /* the call goes on */
    EXPECT(received.kind == RECEIVE_CLOSED && received.badge == 99);
    answer(service.reply);
    EXPECT(worker_end(&sender.worker));
    EXPECT_OK(sender.status);
    close_handle(service.endpoint);
    service.endpoint = 0;
    EXPECT_OK(port_receive(service.port, reply, &received));
    EXPECT(received.kind == RECEIVE_CLOSED && received.badge == SERVICE_BADGE);
    close_handle(reply);
    service_close(&service);
}

/* A call that nobody received ends with its thread: then what it carried is closed. */
static void test_never_arrived(void)
{
    static struct sender sender;
    struct service service;
    struct received received;
    handle_t second = 0;
    REQUIRE(service_open(&service));
    EXPECT_OK(port_mint(service.port, 99, ENDPOINT_KEEP, &second));
    sender_start(&sender, service.endpoint, second);
    EXPECT(worker_reaches(&sender.worker, THREAD_BLOCKED_CALL));
    close_handle(second);
    EXPECT_OK(thread_interrupt(sender.worker.thread));
    EXPECT(worker_end(&sender.worker));
    EXPECT_STATUS(STATUS_INTERRUPTED, sender.status);
    EXPECT_OK(port_receive(service.port, service.reply, &received));
    EXPECT(received.kind == RECEIVE_CLOSED && received.badge == 99);
    service_close(&service);
}

/* Each port's last handle waits in a call at the port before: the end of the first ends all. */
static void test_chain_of_ports(void)
{
    enum { PORTS = 30 };
    static struct sender senders[PORTS];
    struct service services[PORTS];
    for (unsigned i = 0; i < PORTS; i++) {
        REQUIRE(service_open(&services[i]));
    }
    for (unsigned i = 0; i + 1 < PORTS; i++) {
        sender_start(&senders[i], services[i].endpoint, services[i + 1].port);
    }
    for (unsigned i = 0; i + 1 < PORTS; i++) {
        EXPECT(worker_reaches(&senders[i].worker, THREAD_BLOCKED_CALL));
        close_handle(services[i + 1].port);
        services[i + 1].port = 0;
    }
    struct message message = {0};
    close_handle(services[0].port);
    services[0].port = 0;
    for (unsigned i = 0; i + 1 < PORTS; i++) {
        EXPECT(worker_end(&senders[i].worker));
        EXPECT_STATUS(STATUS_GONE, senders[i].status);
    }
    EVENTUALLY(port_call(services[PORTS - 1].endpoint, &message) == STATUS_GONE);
    for (unsigned i = 0; i < PORTS; i++) {
        service_close(&services[i]);
    }
}

const struct test closing_tests[] = {
    {"closing_closed", test_closed},
    {"closing_closed_each", test_closed_each},
    {"closing_port_gone", test_port_gone},
    {"closing_reply_closed", test_reply_closed},
    {"closing_revoke_drain", test_revoke},
    {"closing_server_killed", test_server_dies},
    {"closing_server_exits", test_server_exits_with_call},
    {"closing_policies", test_policies},
    {"closing_by_death", test_closed_by_death},
    {"closing_on_the_way", test_on_the_way},
    {"closing_never_arrived", test_never_arrived},
    {"closing_chain_of_ports", test_chain_of_ports},
    {NULL, NULL},
};
