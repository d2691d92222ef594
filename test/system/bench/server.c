/*
 * bench_server: the other side of bench's calls; see bench_server.h. It answers as cheaply as the
 * interface allows, without the server runtime.
 */
#include <sinter/message.h>
#include <sinter/object.h>

#include "bench_server.h"
#include "instruction_counter.h"
#include "test_machine.h"

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

static handle_t account, port, reply, ping, pong;

extern const uint8_t guest_code[], guest_code_end[];

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

struct rounds {
    uint64_t left, begun, total;
};

static bool count(void *context, uint64_t exit)
{
    struct rounds *rounds = context;
    (void)exit;
    return --rounds->left > 0;
}

/* A space with two instructions in it: a system call, again and again. */
static status_t make_guest(handle_t *guest, struct guest_state **state)
{
    handle_t space, memory;
    uint64_t window, code, page;
    status_t status;
    if ((status = memory_create(account, LIMIT_PAGE_SIZE, 0, &memory)) != STATUS_OK ||
        (status = space_map(0, memory, 0, 0, LIMIT_PAGE_SIZE, MAP_READ | MAP_WRITE, &window)) !=
            STATUS_OK) {
        return status;
    }
    __builtin_memcpy((void *)(uintptr_t)window, guest_code, (size_t)(guest_code_end - guest_code));
    if ((status = space_sync_code(0, window, LIMIT_PAGE_SIZE)) != STATUS_OK ||
        (status = space_create_guest(0, account, &space)) != STATUS_OK ||
        (status = space_map(space, memory, 0, 0, LIMIT_PAGE_SIZE, MAP_READ | MAP_EXECUTE, &code)) !=
            STATUS_OK ||
        (status = guest_create(space, account, guest, &page)) != STATUS_OK) {
        return status;
    }
    *state = (struct guest_state *)(uintptr_t)page;
    (*state)->registers[GUEST_PC] = code;
    return guest_attach(*guest);
}

static void guest_calls(struct received *received)
{
    struct rounds rounds = {.left = WARM_COPIES};
    const struct guest_handler handler = {(uint64_t)(uintptr_t)count, (uint64_t)(uintptr_t)&rounds};
    struct guest_state *state;
    handle_t guest;
    status_t status = make_guest(&guest, &state);
    if (status == STATUS_OK) {
        status = guest_run(&handler);
        rounds.left = received->words[0];
        rounds.begun = instruction_count();
        received->words[0] = guest_run(&handler) == STATUS_OK;
        received->words[0] = instruction_count() - rounds.begun;
    }
    answer(received, status);
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
        } else if (method == METHOD_GUEST) {
            guest_calls(&received);
        } else {
            received.tag = message_tag(STATUS_OK, tag_bytes(received.tag), 0, 0);
        }
        status = port_reply_receive(port, reply, &received);
    }
    return status;
}

int server_main(const struct start_info *info)
{
    const struct start_handle *given = start_handle_find(info, "ping");
    account = start_handle_find(info, "account")->handle;
    port = start_handle_find(info, "port")->handle;
    ping = given != NULL ? given->handle : 0;
    given = start_handle_find(info, "pong");
    pong = given != NULL ? given->handle : 0;
    message_page()->accept = 1;
    if (reply_create(account, &reply) != STATUS_OK) {
        return 1;
    }
    return (int)serve();
}
