/*
 * bench_server: the other side of bench's calls; see bench_server.h. It answers as cheaply as the
 * interface allows, without the server runtime.
 */
#include <sinter/message.h>
#include <sinter/object.h>

#include "bench_server.h"
#include "instruction_counter.h"

#define FOR_EVER    (~UINT64_C(0))
#define BUFFER_SIZE 4096
#define WARM_COPIES 8

SERVER_META(name, "bench_server");
SERVER_META(version, "1.0");
SERVER_META(author, "The Sinter authors");
SERVER_META(licence, "BSD-2-Clause");
SERVER_META(description, "The server of bench");
SERVER_META(kind, SERVICE);
SERVER_META(restart, NEVER);

int server_main(const struct start_info *info);

static handle_t port, reply, ping, pong;

static void answer(struct received *received, status_t status)
{
    received->tag = message_tag((uint32_t)status, 0, 0, 0);
}

static void copies(struct received *received)
{
    static uint8_t buffer[BUFFER_SIZE] __attribute__((aligned(BUFFER_SIZE)));
    uint64_t copied = 0;
    uint64_t begun = 0;
    uint64_t count = received->words[0];
    uint64_t length = received->words[1] < BUFFER_SIZE ? received->words[1] : BUFFER_SIZE;
    status_t status = STATUS_OK;
    for (uint64_t i = 0; i < WARM_COPIES + count && status == STATUS_OK; i++) {
        if (i == WARM_COPIES) {
            begun = instruction_count();
        }
        status = lease_copy(reply, 0, 0, (uint64_t)(uintptr_t)buffer, length, LEASE_READ, &copied);
    }
    received->words[0] = instruction_count() - begun;
    received->words[1] = copied;
    answer(received, status);
}

/* Serves the events until all rounds are over; the call has been answered before. */
static status_t ping_pong(struct received *received)
{
    struct message message = {.tag = message_tag(STATUS_OK, 0, 0, 0)};
    uint64_t count = received->words[0];
    status_t status = port_reply(reply, &message);
    for (uint64_t i = 0; i < count && status == STATUS_OK; i++) {
        status = event_wait(ping, EVENT_BIT, FOR_EVER, NULL);
        if (status == STATUS_OK) {
            status = event_signal(pong, EVENT_BIT);
        }
    }
    return status == STATUS_OK ? port_receive(port, reply, received) : status;
}

static status_t serve(void)
{
    struct received received;
    status_t status = port_receive(port, reply, &received);
    while (status == STATUS_OK) {
        uint32_t method = tag_method(received.tag);
        if (method == METHOD_PING_PONG) {
            status = ping_pong(&received);
            continue;
        }
        if (method == METHOD_CLOSE) {
            answer(&received, handle_close(message_page()->handles[0]));
        } else if (method == METHOD_COPY) {
            copies(&received);
        } else {
            received.tag = message_tag(STATUS_OK, tag_bytes(received.tag), 0, 0);
        }
        status = port_reply_receive(port, reply, &received);
    }
    return status;
}

int server_main(const struct start_info *info)
{
    port = start_handle_find(info, "port")->handle;
    ping = start_handle_find(info, "ping")->handle;
    pong = start_handle_find(info, "pong")->handle;
    message_page()->accept = 1;
    if (reply_create(start_handle_find(info, "account")->handle, &reply) != STATUS_OK) {
        return 1;
    }
    return (int)serve();
}
