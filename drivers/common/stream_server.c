/* The calls of stream_server.h: a fixed number of places, each a request and its reply object. */
#include "stream_server.h"

#include <sinter/protocol/file.h>

struct stream_call {
    struct stream_request request; /* first: a request is found in its place */
    struct server *server;         /* null: the place is free */
    handle_t reply;
    bool current; /* its operation still runs: the answer is kept here */
    bool answered;
    status_t status;
    uint64_t count;
    uint64_t absent; /* offset to touch when a copy said RETRY_TOUCH */
};

static struct stream_call calls[STREAM_CALLS];

static struct stream_call *call_of(struct stream_request *request)
{
    return (struct stream_call *)(void *)request;
}

static status_t copy_in(struct stream_request *request, uint64_t offset, uint8_t *to,
                        uint32_t length)
{
    struct stream_call *at = call_of(request);
    return lease_transfer(at->reply, 0, offset, to, length, LEASE_READ, &at->absent);
}

/* The kernel only reads the buffer in this direction. */
static status_t copy_out(struct stream_request *request, uint64_t offset, const uint8_t *from,
                         uint32_t length)
{
    struct stream_call *at = call_of(request);
    return lease_transfer(at->reply, 0, offset, (void *)(uintptr_t)from, length, LEASE_WRITE,
                          &at->absent);
}

/* A read and a write have the same answer: a status and a count. */
static void answer(struct stream_request *request, status_t status, uint64_t count)
{
    struct stream_call *at = call_of(request);
    if (at->current) {
        at->answered = true;
        at->status = status;
        at->count = count;
        return;
    }
    if (status == STATUS_RETRY_TOUCH) {
        server_answer_retry(at->server, at->reply, 0, at->absent);
    } else {
        status_ignore(file_read_answer(at->reply, status, count));
        server_reply_done(at->server, at->reply);
    }
    at->server = NULL;
}

const struct stream_host stream_call_host = {
    .copy_in = copy_in,
    .copy_out = copy_out,
    .answer = answer,
};

struct stream_request *stream_call_begin(struct call *call, uint32_t flags)
{
    for (int i = 0; i < STREAM_CALLS; i++) {
        struct stream_call *at = &calls[i];
        if (at->server != NULL) {
            continue;
        }
        *at = (struct stream_call){.server = call->server, .reply = call->reply, .current = true};
        at->request.badge = call->in.badge;
        at->request.length = call_lease_length(call, 0);
        at->request.no_wait = (flags & FILE_NONBLOCK) != 0;
        return &at->request;
    }
    return NULL;
}

status_t stream_call_end(struct call *call, struct stream_request *request, uint64_t *count,
                         void (*cancel)(struct stream_request *request, status_t status))
{
    struct stream_call *at = call_of(request);
    if (!at->answered && call_defer(call) != 0) {
        at->current = false;
        return STATUS_OK;
    }
    if (!at->answered) {
        cancel(request, STATUS_NO_KERNEL_MEMORY);
    }
    *count = at->count;
    call->retry.lease = 0;
    call->retry.offset = at->absent;
    at->server = NULL;
    return at->status;
}

struct stream_request *stream_call_find(handle_t reply)
{
    for (int i = 0; i < STREAM_CALLS; i++) {
        if (calls[i].server != NULL && !calls[i].current && calls[i].reply == reply) {
            return &calls[i].request;
        }
    }
    return NULL;
}
