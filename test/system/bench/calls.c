/* Calls to bench_server and their answers. */
#include <sinter/message.h>

#include "bench.h"
#include "bench_server.h"
#include "spawn.h"
#include "peer.h"

#define WORDS       4
#define TRACE_BYTES ((uint64_t)64 << 10)
#define DATA_BYTES  928 /* 116 words, the most that seL4 carries with four of them in registers */

struct peer peer;

static bool call(struct message *message)
{
    return port_call(peer.endpoint, message) == STATUS_OK && tag_status(message->tag) == STATUS_OK;
}

static bool call_empty(void)
{
    struct message message;
    message.tag = message_tag(METHOD_ECHO, 0, 0, 0);
    return call(&message);
}

static bool call_words(void)
{
    static volatile uint64_t from = 7;
    struct message message;
    uint64_t sent = from;
    message.tag = message_tag(METHOD_ECHO, 0, 0, 0);
    for (unsigned i = 0; i < WORDS; i++) {
        message.words[i] = sent + i;
    }
    return call(&message) && message.words[WORDS - 1] == sent + WORDS - 1;
}

static bool call_data(void)
{
    struct message message;
    message.tag = message_tag(METHOD_ECHO, DATA_BYTES, 0, 0);
    return call(&message) && tag_bytes(message.tag) == DATA_BYTES;
}

static bool call_handle(void)
{
    struct message message;
    message.tag = message_tag(METHOD_CLOSE, 0, 1, 0);
    message_page()->handles[0] = peer.ping;
    return call(&message);
}

static void bench_lease_copy(void)
{
    uint64_t mapped = map_new(environment.account, PAGE);
    struct message message = {.tag = message_tag(METHOD_COPY, 0, 0, 1), .words = {ROUNDS, PAGE}};
    if (mapped == 0) {
        give_up("no page to lend");
    }
    *(volatile uint8_t *)at(mapped) = 1;
    message_page()->leases[0] = (struct lease){0, mapped, PAGE, LEASE_READ, 0};
    if (!call(&message) || message.words[1] != PAGE) {
        give_up("lease_copy failed");
    }
    report_total("lease_copy_4k", message.words[0]);
    unmap(mapped, PAGE);
}

/* A record for each call, its arrival and its answer. */
static void bench_traced_call(void)
{
    handle_t memory = 0;
    uint64_t records;
    uint32_t kinds = 1u << TRACE_CALL | 1u << TRACE_RECEIVE | 1u << TRACE_REPLY;
    if (memory_create(environment.account, TRACE_BYTES, MEMORY_CONTIGUOUS, &memory) != STATUS_OK ||
        trace_set(environment.machine, memory, kinds, &records) != STATUS_OK) {
        give_up("tracing does not begin");
    }
    measure("call_reply_traced", call_empty);
    close_handle(memory);
}

static bool start_peer(void)
{
    struct spawn spawn = {0};
    if (port_create(environment.account, &peer.port) != STATUS_OK ||
        port_mint(peer.port, 1, ENDPOINT_GONE, &peer.endpoint) != STATUS_OK ||
        event_create(environment.account, &peer.ping) != STATUS_OK ||
        event_create(environment.account, &peer.pong) != STATUS_OK) {
        return false;
    }
    spawn_give(&spawn, "account", environment.account);
    spawn_give(&spawn, "port", peer.port);
    spawn_give(&spawn, "ping", peer.ping);
    spawn_give(&spawn, "pong", peer.pong);
    return spawn_start(&spawn, "boot/bench_server.o", PEER_PRIORITY);
}

void bench_calls(void)
{
    if (!start_peer()) {
        give_up("the server does not start");
    }
    measure("call_reply", call_empty);
    measure("call_reply_4words", call_words);
    measure("call_reply_data", call_data);
    measure("call_handle", call_handle);
    bench_lease_copy();
    bench_traced_call();
}
