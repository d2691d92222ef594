/*
 * The scripted server and callers: see server.h.
 */
#include "server.h"

enum { SUM_BUFFER = 8192 };

static void answer(struct server *server, struct received *received, status_t status)
{
    (void)server;
    received->tag = message_tag((uint32_t)status, 0, 0, 0);
}

static uint64_t sum(const uint8_t *bytes, uint64_t count)
{
    uint64_t total = 0;
    for (uint64_t i = 0; i < count; i++) {
        total += bytes[i];
    }
    return total;
}

static void serve_lease(struct server *server, struct received *received, uint32_t direction)
{
    uint8_t buffer[SUM_BUFFER];
    uint64_t copied = 0;
    uint64_t count = received->words[2] <= SUM_BUFFER ? received->words[2] : SUM_BUFFER;
    if (direction == LEASE_WRITE) {
        for (uint64_t i = 0; i < count; i++) {
            buffer[i] = (uint8_t)(received->words[3] + i);
        }
    }
    status_t status = lease_copy(server->reply, (uint32_t)received->words[0], received->words[1],
                                 address_of(buffer), count, direction, &copied);
    if (status == STATUS_LENDER_ABSENT) {
        received->words[1] += copied;
        status = STATUS_RETRY_TOUCH;
    } else {
        received->words[0] = sum(buffer, copied);
        received->words[1] = copied;
    }
    answer(server, received, status);
}

static void serve_copy(struct server *server, struct received *received)
{
    uint64_t copied = 0;
    received->words[0] = (uint64_t)lease_copy(
        server->reply, (uint32_t)received->words[0], received->words[1], received->words[2],
        received->words[3], (uint32_t)received->words[4], &copied);
    received->words[1] = copied;
    answer(server, received, STATUS_OK);
}

/* words: lease, how many servers are still to be passed, bytes. */
static void serve_onward(struct server *server, struct received *received)
{
    struct message message = {0};
    uint64_t left = received->words[1];
    message_page()->leases[0] =
        (struct lease){server->reply, 0, received->words[2], LEASE_READ | LEASE_ONWARD,
                       (uint32_t)received->words[0]};
    message.tag = message_tag(left == 0 ? METHOD_READ : METHOD_ONWARD, 0, 0, 1);
    message.words[1] = left == 0 ? 0 : left - 1;
    message.words[2] = received->words[2];
    status_t status = port_call(server->next, &message);
    received->words[0] = message.words[0];
    received->words[1] = message.words[1];
    answer(server, received, status == STATUS_OK ? tag_status(message.tag) : status);
}

static void release_held(struct server *server, struct received *received)
{
    struct message message = {.tag = message_tag((uint32_t)received->words[0], 0, 0, 0),
                              .words = {received->words[1]}};
    handle_t held = server->held_reply;
    server->held_reply = 0;
    received->words[0] = (uint64_t)port_reply(held, &message);
    status_ignore(handle_close(held));
    answer(server, received, STATUS_OK);
}

static void serve_echo(struct server *server, struct received *received)
{
    (void)server;
    for (unsigned i = 0; i < LIMIT_MESSAGE_WORDS; i++) {
        received->words[i]++;
    }
    received->tag = message_tag(STATUS_OK, tag_bytes(received->tag), tag_handles(received->tag), 0);
}

/* True: there is an answer to give. */
static bool serve(struct server *server, struct received *received)
{
    switch (tag_method(received->tag)) {
    case METHOD_ECHO:
        serve_echo(server, received);
        return true;
    case METHOD_STATUS:
        answer(server, received, (status_t)received->words[0]);
        return true;
    case METHOD_HOLD: {
        handle_t other = server->held_reply;
        server->held_reply = server->reply;
        server->reply = other;
        return false;
    }
    case METHOD_RELEASE:
        release_held(server, received);
        return true;
    case METHOD_DIE:
        task_exit(3);
    case METHOD_READ:
        serve_lease(server, received, LEASE_READ);
        return true;
    case METHOD_WRITE:
        serve_lease(server, received, LEASE_WRITE);
        return true;
    case METHOD_ONWARD:
        serve_onward(server, received);
        return true;
    case METHOD_COPY:
        serve_copy(server, received);
        return true;
    default:
        answer(server, received, STATUS_OK);
        return true;
    }
}

static void note(struct server *server, const struct received *received)
{
    if (received->kind == RECEIVE_CALL) {
        server->log[server->calls % NOTES] = *received;
        server->calls++;
    } else {
        server->notices[server->notice_count % NOTES] = *received;
        server->notice_count++;
    }
}

static void close_echoed(uint64_t tag, const struct received *received)
{
    (void)received;
    for (uint32_t i = 0; i < tag_handles(tag); i++) {
        status_ignore(handle_close(message_page()->handles[i]));
    }
}

static void run_server(void *argument)
{
    struct server *server = argument;
    struct received received;
    message_page()->accept = server->accept;
    server->last = port_receive(server->port, server->reply, &received);
    while (server->last == STATUS_OK) {
        note(server, &received);
        uint32_t method = tag_method(received.tag);
        uint64_t came = received.tag;
        bool answers = received.kind == RECEIVE_CALL && serve(server, &received);
        message_page()->accept = server->accept;
        if (answers) {
            struct message message = {.tag = received.tag};
            for (unsigned i = 0; i < LIMIT_MESSAGE_WORDS; i++) {
                message.words[i] = received.words[i];
            }
            server->last = port_reply(server->reply, &message);
            if (server->last != STATUS_OK) { /* what was to be sent is the server's still */
                message.tag = message_tag((uint32_t)server->last, 0, 0, 0);
                status_ignore(port_reply(server->reply, &message));
            }
            close_echoed(came, &received);
            if (method == METHOD_END) {
                return;
            }
        }
        server->last = port_receive(server->port, server->reply, &received);
    }
}

static handle_t give(struct server *server, handle_t handle)
{
    uint64_t installed = 0;
    if (server->task == 0) {
        EXPECT_OK(handle_duplicate(handle, RIGHT_ALL, &installed));
    } else {
        EXPECT_OK(task_install(server->task, handle, RIGHT_ALL, &installed));
    }
    return installed;
}

bool server_start(struct server *server, bool in_child)
{
    handle_t next = server->next;
    handle_t second = 0;
    if (!service_open(&server->own)) {
        return false;
    }
    server->task = 0;
    server->calls = server->notice_count = 0;
    server->last = STATUS_OK;
    if (in_child) {
        EXPECT_OK(child_create("server", &server->task));
    }
    server->port = give(server, server->own.port);
    server->reply = give(server, server->own.reply);
    close_handle(server->own.reply); /* it must be the server's only */
    server->own.reply = 0;
    EXPECT_OK(reply_create(environment.account, &second));
    server->held_reply = give(server, second);
    close_handle(second);
    server->next = next != 0 ? give(server, next) : 0;
    status_t status =
        worker_start(&server->worker, server->task,
                     server->priority != 0 ? server->priority : OTHER_PRIORITY, run_server, server);
    EXPECT_OK(status);
    return status == STATUS_OK;
}

void server_close(struct server *server)
{
    EXPECT(worker_end(&server->worker));
    if (server->task != 0) {
        EXPECT(task_ends(server->task));
        close_handle(server->task);
    } else {
        close_handle(server->port);
        close_handle(server->reply);
        close_handle(server->held_reply);
        close_handle(server->next);
    }
    service_close(&server->own);
}

void server_end(struct server *server)
{
    EXPECT_OK(call_words(server->own.endpoint, METHOD_END, 0, 0, NULL));
    server_close(server);
}

status_t call_words(handle_t endpoint, uint32_t method, uint64_t word0, uint64_t word1,
                    struct message *answered)
{
    struct message message = {.tag = message_tag(method, 0, 0, 0), .words = {word0, word1}};
    status_t status = port_call(endpoint, &message);
    if (answered != NULL) {
        *answered = message;
    }
    return status;
}

static uint32_t ended;

void caller_reset(void)
{
    ended = 0;
}

static void run_caller(void *argument)
{
    struct caller *caller = argument;
    caller->status = port_call(caller->endpoint, &caller->message);
    caller->order = __atomic_add_fetch(&ended, 1, __ATOMIC_SEQ_CST);
}

status_t caller_start(struct caller *caller, uint32_t priority, handle_t endpoint, uint32_t method,
                      uint64_t word0)
{
    caller->endpoint = endpoint;
    caller->message = (struct message){.tag = message_tag(method, 0, 0, 0), .words = {word0}};
    caller->status = STATUS_BAD_CALL;
    caller->order = 0;
    return worker_start(&caller->worker, 0, priority, run_caller, caller);
}
