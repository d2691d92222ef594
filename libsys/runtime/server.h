/*
 * The server runtime: the receiving loop, answers, deferred answers, and the orders of the
 * supervisor (docs/SERVERS.md). One thread per struct server.
 *
 *     static struct server server;
 *     int server_main(const struct start_info *info) {
 *         if (server_init(&server, info) != STATUS_OK) { return 1; }
 *         server_add(&server, file_protocol(&operations));
 *         ...
 *         return server_ready(&server) == STATUS_OK ? server_run(&server) : 1;
 *     }
 */
#ifndef SERVER_H
#define SERVER_H

#include <sinter/message.h>
#include <stdbool.h>

#include "format.h"

#define SERVER_PROTOCOLS     8 /* that one server can register */
#define SERVER_SPARE_REPLIES 8 /* reply objects kept for later deferred calls */

struct server;

/* The call that an operation serves; operations read it, the runtime and the stubs write it. */
struct call {
    struct server *server;
    struct received in; /* in.badge says which endpoint was called */
    handle_t reply;     /* bound to the call; stays the runtime's unless call_defer() took it */
    struct {
        uint64_t length;
        uint32_t flags; /* LEASE_ bits */
    } leases[LIMIT_MESSAGE_LEASES];
    uint32_t lease_count;
    uint32_t handle_count;
    handle_t handles[LIMIT_MESSAGE_HANDLES];
    size_t data_length;
    uint8_t data[LIMIT_MESSAGE_DATA + 1]; /* a zero byte follows what came */

    bool accepted;              /* the operation ran: what came with the call is its own */
    bool deferred;              /* answered later */
    bool close_after;           /* close the handles given out once they were sent; true at first */
    struct message_retry retry; /* of the answer RETRY_TOUCH */
    struct message answer;
    uint32_t answer_handle_count;
    handle_t answer_handles[LIMIT_MESSAGE_HANDLES];
    size_t answer_length;
    uint8_t answer_data[LIMIT_MESSAGE_DATA];
};

/* Callbacks may be null. They run between calls, on the server's thread. */
struct server {
    handle_t account; /* start handles; 0 where there is none */
    handle_t supervisor;
    handle_t port;
    handle_t control;
    handle_t alive;
    const struct start_info *info;

    void (*on_event)(struct server *server, uint64_t bits); /* bits of `control` below CONTROL_ */
    void (*on_closed)(struct server *server, uint64_t badge);
    /* The supervisor asks whether the server is alive; it is once this returns. */
    void (*on_ping)(struct server *server);
    /* The caller of a deferred call wants its answer now. */
    void (*on_cancel)(struct server *server, handle_t reply);
    /* Nothing is received from now on, and the server ends once nothing is deferred. What would
     * wait for further calls is answered here: with NOT_READY if it moved nothing, and its client
     * calls again (and reaches the next instance, or is told that there is none). */
    void (*on_stop)(struct server *server);
    void *context; /* the server's own */
    /* The handles of an answer are closed before the next message, which may come late to one of
     * several threads: for who has to see at once that its caller has gone. Costs a call. */
    bool closes_at_once;

    bool stopping;
    _Atomic uint32_t turns; /* messages received, for another thread that watches this one */
    uint32_t deferred_count;
    uint32_t protocol_count;
    struct server_protocol protocols[SERVER_PROTOCOLS];
    handle_t reply; /* for the next call */
    uint32_t spare_count;
    handle_t spare_replies[SERVER_SPARE_REPLIES];
    struct call call;
};

/* The server's own: where libsys calls it, with the exit code as its result. */
int server_main(const struct start_info *info);

/* Finds the start handles, binds `control` to this thread, makes a reply object. What is missing
 * is logged: NOT_FOUND for a start handle, or what the system calls answer. */
SINTER_MUST_CHECK status_t server_init(struct server *server, const struct start_info *info);

/* Registers a protocol: server_add(&server, file_protocol(&operations)). FULL: too many. */
SINTER_MUST_CHECK status_t server_add(struct server *server, struct server_protocol protocol);

/* Tells the supervisor that the server serves, or why it cannot start: `return
 * server_refuse(&server, "no %s", what);` ends it with exit code 1. */
SINTER_MUST_CHECK status_t server_ready(struct server *server);
int server_refuse(struct server *server, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Serves until the supervisor says stop, or server_stop() was called; the exit code. */
int server_run(struct server *server);
void server_stop(struct server *server);

/* The start handle, or 0. */
handle_t server_handle(const struct server *server, const char *name);

/* Takes the call away for a later answer, with NAME_METHOD_answer() and server_reply_done(), or
 * with server_answer(). 0 if there is no memory for another reply object: answer now. What the
 * operation returns and gives out is then ignored. */
handle_t call_defer(struct call *call);
/* The same, for any thread to answer; then the reply object is for the operation to close, and the
 * server does not wait for it when it stops. */
handle_t call_take(struct call *call);
/* The reply object of a deferred call that was answered is free again. */
void server_reply_done(struct server *server, handle_t reply);
/* Answers a deferred call with a status alone, and does the above. */
void server_answer(struct server *server, handle_t reply, status_t status);
/* The same with RETRY_TOUCH, for `absent` of lease_transfer(). */
void server_answer_retry(struct server *server, handle_t reply, uint32_t lease, uint64_t absent);

/*
 * Copies from or to what the caller lent. RETRY_TOUCH: a page of the lender was absent; the
 * operation gives this back, having changed nothing, and will be called again. BAD_LEASE,
 * INTERRUPTED, NO_PAGES: see lease_copy().
 */
SINTER_MUST_CHECK status_t call_read(struct call *call, uint32_t lease, uint64_t offset,
                                     void *buffer, uint64_t length);
SINTER_MUST_CHECK status_t call_write(struct call *call, uint32_t lease, uint64_t offset,
                                      const void *buffer, uint64_t length);
/* For deferred calls: direction LEASE_READ or LEASE_WRITE; with RETRY_TOUCH *absent is the offset
 * to touch. */
SINTER_MUST_CHECK status_t lease_transfer(handle_t reply, uint32_t lease, uint64_t offset,
                                          void *buffer, uint64_t length, uint32_t direction,
                                          uint64_t *absent);
/* Whether the caller behind the reply has been interrupted or killed, and wants its answer now.
 * on_cancel may have been told so before the operation had a place where it looks: who is about to
 * wait asks once more. */
bool reply_is_interrupted(handle_t reply);
/* Length of a lease of the call, 0 if there is none. */
uint64_t call_lease_length(const struct call *call, uint32_t lease);
/* After a NAME_METHOD_lease() stub that lent on a lease of this call answered RETRY_TOUCH: makes
 * the answer ask the caller, and gives RETRY_TOUCH back for the operation to return. */
status_t call_retry_onward(struct call *call);

/* Of the generated code: checks what came with a call against its method. On success the
 * operation owns the handles. BAD_ARGUMENT, BAD_LEASE. */
SINTER_MUST_CHECK status_t call_check(struct call *call, bool data, uint32_t handles,
                                      uint32_t lease_flags);

#endif
