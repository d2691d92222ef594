/* Calls that are answered later: each keeps a reply object until it is answered. */
#include "server.h"

/* A free reply object, or 0. */
static handle_t spare_reply(struct server *server)
{
    handle_t reply = 0;
    if (server->spare_count > 0) {
        return server->spare_replies[--server->spare_count];
    }
    return reply_create(server->account, &reply) == STATUS_OK ? reply : 0;
}

handle_t call_take(struct call *call)
{
    handle_t spare = spare_reply(call->server);
    if (spare == 0) {
        return 0;
    }
    __atomic_store_n(&call->server->reply, spare, __ATOMIC_RELAXED);
    call->deferred = true;
    return call->reply;
}

handle_t call_defer(struct call *call)
{
    handle_t reply = call_take(call);
    call->server->deferred_count += reply != 0;
    return reply;
}

void server_reply_done(struct server *server, handle_t reply)
{
    server->deferred_count--;
    if (server->spare_count < SERVER_SPARE_REPLIES) {
        server->spare_replies[server->spare_count++] = reply;
    } else {
        status_ignore(handle_close(reply));
    }
}

static void answer_words(struct server *server, handle_t reply, status_t status, uint64_t first,
                         uint64_t second)
{
    struct message message;
    message_begin(&message, message_tag((uint32_t)status, 0, 0, 0));
    message.words[0] = first;
    message.words[1] = second;
    status_ignore(port_reply(reply, &message));
    server_reply_done(server, reply);
}

void server_answer(struct server *server, handle_t reply, status_t status)
{
    answer_words(server, reply, status, 0, 0);
}

void server_answer_retry(struct server *server, handle_t reply, uint32_t lease, uint64_t absent)
{
    answer_words(server, reply, STATUS_RETRY_TOUCH, lease, absent);
}
