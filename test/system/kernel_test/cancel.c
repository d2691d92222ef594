/* Interrupted calls: withdrawn while queued, CANCEL once received. */
#include "server.h"

static void test_queued_is_withdrawn(void)
{
    struct service service;
    static struct caller caller;
    REQUIRE(service_open(&service));
    EXPECT_OK(caller_start(&caller, OTHER_PRIORITY, service.endpoint, 1, 0));
    EXPECT(worker_reaches(&caller.worker, THREAD_BLOCKED_CALL));
    EXPECT_OK(thread_interrupt(caller.worker.thread));
    EXPECT(worker_end(&caller.worker));
    EXPECT_STATUS(STATUS_INTERRUPTED, caller.status);
    service_close(&service);
}

/* The server hears of it once, the caller waits for the answer. */
static void interrupted_call(status_t status, uint64_t word)
{
    static struct server server;
    static struct caller caller;
    struct message answer;
    server = (struct server){0};
    REQUIRE(server_start(&server, true));
    EXPECT_OK(caller_start(&caller, OTHER_PRIORITY, server.own.endpoint, METHOD_HOLD, 1));
    EVENTUALLY(server.calls == 1);
    EXPECT(worker_state(&caller.worker) == THREAD_BLOCKED_CALL);
    EXPECT_OK(thread_interrupt(caller.worker.thread));
    EVENTUALLY(server.notice_count == 1);
    sleep_for(2 * MILLISECOND);
    EXPECT(server.notice_count == 1);
    EXPECT(server.notices[0].kind == RECEIVE_CANCEL);
    EXPECT(server.notices[0].words[0] == server.held_reply);
    EXPECT(worker_state(&caller.worker) == THREAD_BLOCKED_CALL);
    EXPECT_OK(call_words(server.own.endpoint, METHOD_RELEASE, (uint64_t)status, word, &answer));
    EXPECT(answer.words[0] == STATUS_OK);
    EXPECT(worker_end(&caller.worker));
    EXPECT(caller.status == STATUS_OK && tag_status(caller.message.tag) == status);
    EXPECT(caller.message.words[0] == word);
    server_end(&server);
}

static void test_answered_with_data(void)
{
    interrupted_call(STATUS_OK, 55);
}

static void test_answered_interrupted(void)
{
    interrupted_call(STATUS_INTERRUPTED, 0);
}

/* What a server asks that is about to wait for the caller behind its reply. */
static status_t ask(handle_t reply)
{
    uint64_t copied = 0;
    uint8_t byte;
    return lease_copy(reply, LIMIT_MESSAGE_LEASES, 0, address_of(&byte), 1, LEASE_READ, &copied);
}

/* A CANCEL that nobody has received yet goes when the call is answered, and so does what the reply
 * tells of it. */
static void test_cancel_goes_with_the_answer(void)
{
    struct service service;
    static struct caller caller;
    struct received received;
    struct message answer = {0};
    REQUIRE(service_open(&service));
    EXPECT_OK(caller_start(&caller, OTHER_PRIORITY, service.endpoint, 1, 0));
    EXPECT_STATUS(STATUS_BAD_STATE, ask(service.reply));
    EXPECT_OK(port_receive(service.port, service.reply, &received));
    EXPECT_STATUS(STATUS_BAD_LEASE, ask(service.reply));
    EXPECT_OK(thread_interrupt(caller.worker.thread));
    EXPECT_OK(thread_interrupt(caller.worker.thread));
    EXPECT_STATUS(STATUS_INTERRUPTED, ask(service.reply));
    EXPECT_OK(port_reply(service.reply, &answer));
    EXPECT_STATUS(STATUS_BAD_STATE, ask(service.reply));
    EXPECT(worker_end(&caller.worker));
    EXPECT_OK(caller.status);
    EXPECT_OK(caller_start(&caller, OTHER_PRIORITY, service.endpoint, 2, 0));
    EXPECT_OK(port_receive(service.port, service.reply, &received));
    EXPECT(received.kind == RECEIVE_CALL);
    EXPECT_STATUS(STATUS_BAD_LEASE, ask(service.reply));
    EXPECT_OK(port_reply(service.reply, &answer));
    EXPECT(worker_end(&caller.worker));
    service_close(&service);
}

static void spin(void *argument)
{
    volatile uint32_t *stop = argument;
    while (*stop == 0) {
    }
}

static void test_running_is_not_affected(void)
{
    struct worker worker;
    static uint32_t stop;
    stop = 0;
    EXPECT_OK(worker_start(&worker, 0, OTHER_PRIORITY, spin, &stop));
    sleep_for(MILLISECOND);
    EXPECT_OK(thread_interrupt(worker.thread));
    sleep_for(MILLISECOND);
    EXPECT(worker.finished == 0);
    stop = 1;
    EXPECT(worker_end(&worker));
}

static void test_errors(void)
{
    struct worker worker;
    static uint32_t stop;
    handle_t event = new_event();
    stop = 0;
    EXPECT_OK(worker_start(&worker, 0, OTHER_PRIORITY, spin, &stop));
    EXPECT_HANDLE_ERRORS(thread_interrupt(handle), event,
                         with_rights(worker.thread, RIGHT_ALL & ~RIGHT_THREAD_CONTROL));
    stop = 1;
    EVENTUALLY(worker_state(&worker) == THREAD_DEAD);
    EXPECT_OK(thread_interrupt(worker.thread));
    EXPECT(worker_end(&worker));
    close_handle(event);
}

/* Killing the caller of a received call: the server may still answer, into nothing. */
static void call_in_child(void *argument)
{
    struct caller *caller = argument;
    caller->status = port_call(caller->endpoint, &caller->message);
}

static void test_killed_caller(void)
{
    struct service service;
    static struct caller caller;
    struct received received;
    struct message answer = {0};
    handle_t task = 0;
    uint64_t copied = 0;
    uint8_t byte;
    REQUIRE(service_open(&service));
    caller = (struct caller){0};
    REQUIRE_OK(child_create("caller", &task));
    EXPECT_OK(task_install(task, service.endpoint, RIGHT_ALL, &caller.endpoint));
    EXPECT_OK(worker_start(&caller.worker, task, OTHER_PRIORITY, call_in_child, &caller));
    EXPECT_OK(port_receive(service.port, service.reply, &received));
    EXPECT_OK(task_kill(task, 1));
    EXPECT(worker_end(&caller.worker));
    EXPECT(task_ends(task));
    EXPECT_STATUS(STATUS_INTERRUPTED,
                  lease_copy(service.reply, 0, 0, address_of(&byte), 1, LEASE_READ, &copied));
    EXPECT_STATUS(STATUS_INTERRUPTED, ask(service.reply));
    EXPECT_STATUS(STATUS_BAD_STATE, port_receive(service.port, service.reply, &received));
    EXPECT_OK(port_reply(service.reply, &answer));
    EXPECT_STATUS(STATUS_BAD_STATE, port_reply(service.reply, &answer));
    close_handle(task);
    service_close(&service);
}

static void test_killed_while_queued(void)
{
    struct service service;
    static struct caller caller;
    struct received received;
    struct message answer = {0};
    handle_t task = 0;
    REQUIRE(service_open(&service));
    caller = (struct caller){0};
    REQUIRE_OK(child_create("caller", &task));
    EXPECT_OK(task_install(task, service.endpoint, RIGHT_ALL, &caller.endpoint));
    EXPECT_OK(worker_start(&caller.worker, task, OTHER_PRIORITY, call_in_child, &caller));
    EXPECT(worker_reaches(&caller.worker, THREAD_BLOCKED_CALL));
    EXPECT_OK(task_kill(task, 1));
    EXPECT(worker_end(&caller.worker));
    EXPECT(task_ends(task));
    close_handle(task);
    /* The next call is another one. */
    EXPECT_OK(caller_start(&caller, OTHER_PRIORITY, service.endpoint, 2, 8));
    EXPECT_OK(port_receive(service.port, service.reply, &received));
    EXPECT(tag_method(received.tag) == 2 && received.words[0] == 8);
    EXPECT_OK(port_reply(service.reply, &answer));
    EXPECT(worker_end(&caller.worker));
    service_close(&service);
}

const struct test cancel_tests[] = {
    {"cancel_queued", test_queued_is_withdrawn},
    {"cancel_data", test_answered_with_data},
    {"cancel_interrupted", test_answered_interrupted},
    {"cancel_goes_with_answer", test_cancel_goes_with_the_answer},
    {"cancel_running", test_running_is_not_affected},
    {"cancel_errors", test_errors},
    {"cancel_killed_caller", test_killed_caller},
    {"cancel_killed_queued", test_killed_while_queued},
    {NULL, NULL},
};
