/*
 * The receiving loop. A call is copied out of the message page before its operation runs, since
 * the operation may make calls of its own; its answer is put there directly before it is given.
 */
#include "orders.h"

#include <stdatomic.h>

#define ALL_BITS UINT64_MAX
#define FOR_EVER UINT64_MAX

enum next { NEXT_RECEIVE, NEXT_ANSWER, NEXT_END };

status_t server_add(struct server *server, struct server_protocol protocol)
{
    if (server->protocol_count == SERVER_PROTOCOLS) {
        return STATUS_FULL;
    }
    server->protocols[server->protocol_count++] = protocol;
    return STATUS_OK;
}

static void close_all(const handle_t *handles, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        if (handles[i] != 0) {
            status_ignore(handle_close(handles[i]));
        }
    }
}

/* Copies what came: the kernel guarantees the counts of the tag. */
static void take_call(struct call *call)
{
    const struct message_page *page = message_page();
    call->data_length = tag_bytes(call->in.tag);
    for (size_t i = 0; i < call->data_length; i++) {
        call->data[i] = page->data[i];
    }
    call->data[call->data_length] = 0;
    call->handle_count = tag_handles(call->in.tag);
    for (uint32_t i = 0; i < call->handle_count; i++) {
        call->handles[i] = page->handles[i];
    }
    call->lease_count = tag_leases(call->in.tag);
    for (uint32_t i = 0; i < call->lease_count; i++) {
        call->leases[i].length = page->leases[i].length;
        call->leases[i].flags = page->leases[i].flags;
    }
}

status_t call_check(struct call *call, bool data, uint32_t handles, uint32_t lease_flags)
{
    if ((!data && call->data_length > 0) || call->handle_count != handles) {
        return STATUS_BAD_ARGUMENT;
    }
    if (lease_flags != 0 &&
        (call->lease_count == 0 || (call->leases[0].flags & lease_flags) != lease_flags)) {
        return STATUS_BAD_LEASE;
    }
    call->accepted = true;
    return STATUS_OK;
}

/* protocol_negotiate(): the lower version of the two, if the major versions are the same. */
static status_t negotiate(const struct server_protocol *protocol, struct call *call)
{
    uint32_t offered = (uint32_t)call->in.words[0];
    bool same_major = offered >> PROTOCOL_MAJOR_SHIFT == protocol->version >> PROTOCOL_MAJOR_SHIFT;
    call->answer.words[0] = same_major && offered < protocol->version ? offered : protocol->version;
    return same_major ? STATUS_OK : STATUS_VERSION_MISMATCH;
}

static status_t dispatch(struct server *server, struct call *call)
{
    uint32_t method = tag_method(call->in.tag);
    const struct server_protocol *protocol = server->protocols;
    const struct server_protocol *end = protocol + server->protocol_count;
    while (protocol != end && protocol->number != method >> METHOD_PROTOCOL_SHIFT) {
        protocol++;
    }
    if (protocol == end) {
        return STATUS_BAD_METHOD;
    }
    return (method & METHOD_NUMBER_MASK) == METHOD_NEGOTIATE
               ? negotiate(protocol, call)
               : protocol->serve(protocol->operations, call);
}

/* Puts the answer together in `in`, whose tag and words are what is sent. */
static void put_answer(struct call *call, status_t status)
{
    struct message_page *page = message_page();
    uint32_t handles = status == STATUS_OK ? call->answer_handle_count : 0;
    uint32_t bytes = status == STATUS_OK ? (uint32_t)call->answer_length : 0;
    if (status == STATUS_RETRY_TOUCH) {
        call->answer.words[0] = call->retry.lease;
        call->answer.words[1] = call->retry.offset;
    }
    if (bytes > LIMIT_MESSAGE_DATA) {
        bytes = LIMIT_MESSAGE_DATA;
    }
    message_put_data(page, call->answer_data, bytes);
    for (uint32_t i = 0; i < handles; i++) {
        page->handles[i] = call->answer_handles[i];
    }
    call->answer_handle_count = handles;
    call->in.tag = message_tag((uint32_t)status, bytes, handles, 0);
    for (unsigned i = 0; i < LIMIT_MESSAGE_WORDS; i++) {
        call->in.words[i] = call->answer.words[i];
    }
}

static enum next serve(struct server *server, struct call *call)
{
    call->server = server;
    call->reply = server->reply;
    call->accepted = false;
    call->deferred = false;
    call->close_after = true;
    call->answer_handle_count = 0;
    call->answer_length = 0;
    message_begin(&call->answer, 0);
    take_call(call);
    status_t status = dispatch(server, call);
    if (!call->accepted) {
        close_all(call->handles, call->handle_count);
    }
    if (call->deferred) {
        return NEXT_RECEIVE;
    }
    put_answer(call, status);
    return NEXT_ANSWER;
}

static enum next handle(struct server *server, struct call *call)
{
    switch (call->in.kind) {
    case RECEIVE_CALL:
        return serve(server, call);
    case RECEIVE_CLOSED:
        if (server->on_closed != NULL) {
            server->on_closed(server, call->in.badge);
        }
        return NEXT_RECEIVE;
    case RECEIVE_CANCEL:
        if (server->on_cancel != NULL) {
            server->on_cancel(server, call->in.words[0]);
        }
        return NEXT_RECEIVE;
    case RECEIVE_EVENT:
        server_event(server, call->in.words[0]);
        return NEXT_RECEIVE;
    default:
        return NEXT_RECEIVE;
    }
}

/* An answer that cannot be given, because its handles do not fit or are bad, is replaced by the
 * reason. */
static status_t answer_failure(struct server *server, status_t status)
{
    struct message failure;
    message_begin(&failure, message_tag((uint32_t)status, 0, 0, 0));
    return port_reply(server->reply, &failure);
}

/* Gives the answer (if there is one) and receives. */
static status_t exchange(struct server *server, struct call *call, bool answer)
{
    struct message_page *page = message_page();
    handle_t sent[LIMIT_MESSAGE_HANDLES];
    uint32_t sent_count = answer && call->close_after ? call->answer_handle_count : 0;
    for (uint32_t i = 0; i < sent_count; i++) {
        sent[i] = call->answer_handles[i];
    }
    page->accept = LIMIT_MESSAGE_HANDLES;
    atomic_store_explicit(&server->turns,
                          atomic_load_explicit(&server->turns, memory_order_relaxed) + 1,
                          memory_order_relaxed);
    status_t status = answer ? port_reply_receive(server->port, server->reply, &call->in)
                             : port_receive(server->port, server->reply, &call->in);
    page->accept = 0;
    close_all(sent, sent_count);
    if (answer && status != STATUS_OK && status != STATUS_INTERRUPTED) {
        status = answer_failure(server, status) == STATUS_OK ? STATUS_INTERRUPTED : status;
    }
    return status;
}

/* Gives the answer and receives nothing, because it is the last or `closes_at_once` says so. */
static void answer_only(struct server *server, struct call *call)
{
    struct message message = {.tag = call->in.tag};
    for (unsigned i = 0; i < LIMIT_MESSAGE_WORDS; i++) {
        message.words[i] = call->in.words[i];
    }
    status_t status = port_reply(server->reply, &message);
    if (status != STATUS_OK) {
        status_ignore(answer_failure(server, status));
    }
    if (call->close_after) {
        close_all(call->answer_handles, call->answer_handle_count);
    }
}

/*
 * Until what was deferred has been answered. Nothing is received any more: calls that wait at the
 * port are for the next instance, or answer GONE when there is none.
 */
static int finish(struct server *server)
{
    while (server->deferred_count > 0 && server->control != 0) {
        uint64_t bits;
        status_t status = event_wait(server->control, ALL_BITS, FOR_EVER, &bits);
        if (status == STATUS_OK) {
            server_event(server, bits);
        } else if (status != STATUS_INTERRUPTED) {
            log_line("cannot wait: %s", status_text(status));
            return 1;
        }
    }
    return 0;
}

int server_run(struct server *server)
{
    struct call *call = &server->call;
    enum next next = NEXT_RECEIVE;
    while (!server->stopping) {
        status_t status = exchange(server, call, next == NEXT_ANSWER);
        next = NEXT_RECEIVE;
        if (status == STATUS_OK) {
            next = handle(server, call);
            if (next == NEXT_ANSWER && server->closes_at_once && call->answer_handle_count > 0) {
                answer_only(server, call);
                next = NEXT_RECEIVE;
            }
        } else if (status != STATUS_INTERRUPTED) {
            log_line("cannot receive: %s", status_text(status));
            return 1;
        }
    }
    if (next == NEXT_ANSWER) {
        answer_only(server, call);
    }
    return finish(server);
}
