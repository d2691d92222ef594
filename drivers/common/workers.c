/* The threads of workers.h. */
#include "workers.h"

#include "side_thread.h"

enum {
    STACK_SIZE = 32 << 10,
    ENDED_BIT = 0x1,
    FIRST_PATIENCE = 1000000, /* ns until a worker that has not ended is interrupted again */
};

static void worker_main(void *argument)
{
    struct worker *worker = argument;
    (void)server_run(&worker->server);
    worker->ended = true;
    status_ignore(event_signal(worker->workers->ended, ENDED_BIT));
}

static status_t start_worker(struct worker *worker)
{
    const struct side_thread thread = {.function = worker_main,
                                       .argument = worker,
                                       .account = worker->server.account,
                                       .stack_size = STACK_SIZE,
                                       .priority = SIDE_THREAD_AS_MAKER,
                                       .stack_is_whole = worker->workers->stacks_are_whole};
    status_t status = reply_create(worker->server.account, &worker->server.reply);
    if (status != STATUS_OK) {
        return status;
    }
    return side_thread_run(worker->server.info, &thread, &worker->thread);
}

/* The call may not be where it is looked for yet: who serves it finds this when it gets there. */
static void mark_cancelled(struct workers *workers, handle_t reply)
{
    for (uint32_t i = 0; i < workers->count; i++) {
        struct server *server = &workers->workers[i].server;
        if (__atomic_load_n(&server->reply, __ATOMIC_RELAXED) == reply) {
            server->call.cancelled = true;
        }
    }
}

/* A CANCEL comes to whichever worker receives; the one that waits withdraws or cancels its call. */
static void on_cancel(struct server *server, handle_t reply)
{
    struct workers *workers = ((struct worker *)server->context)->workers;
    mark_cancelled(workers, reply);
    if (workers->server->on_cancel != NULL) {
        workers->server->on_cancel(server, reply);
    }
    for (uint32_t i = 0; i < workers->count; i++) {
        if (workers->workers[i].serving == reply) {
            status_ignore(thread_interrupt(workers->workers[i].thread));
        }
    }
}

static void init_worker(struct workers *workers, struct worker *worker)
{
    const struct server *from = workers->server;
    worker->workers = workers;
    worker->server.account = from->account;
    worker->server.supervisor = from->supervisor;
    worker->server.port = from->port;
    worker->server.info = from->info;
    worker->server.on_closed = from->on_closed;
    worker->server.on_cancel = on_cancel;
    worker->server.closes_at_once = from->closes_at_once;
    worker->server.context = worker;
    worker->server.protocol_count = from->protocol_count;
    for (uint32_t i = 0; i < from->protocol_count; i++) {
        worker->server.protocols[i] = from->protocols[i];
    }
}

status_t workers_begin(struct workers *workers, struct server *server, uint32_t count)
{
    handle_t own_port = 0;
    workers->server = server;
    workers->count = count < WORKERS_MOST ? count : WORKERS_MOST;
    status_t status = event_create(server->account, &workers->ended);
    if (status == STATUS_OK) {
        status = port_create(server->account, &own_port);
    }
    for (uint32_t i = 0; i < workers->count && status == STATUS_OK; i++) {
        init_worker(workers, &workers->workers[i]);
    }
    for (uint32_t i = 0; i < workers->count && status == STATUS_OK; i++) {
        status = start_worker(&workers->workers[i]);
    }
    server->port = own_port;
    return status;
}

/* A worker on its way into a receive does not notice an interruption, so it is repeated, ever more
 * slowly: interrupting what waits for a disk only makes it call again. */
static void end_worker(struct workers *workers, struct worker *worker)
{
    uint64_t patience = FIRST_PATIENCE;
    worker->server.stopping = true;
    while (!worker->ended) {
        status_ignore(thread_interrupt(worker->thread));
        status_ignore(event_wait(workers->ended, ENDED_BIT, clock_read() + patience, NULL));
        patience *= 2;
    }
}

int workers_run(struct workers *workers)
{
    int code = server_run(workers->server);
    for (uint32_t i = 0; i < workers->count; i++) {
        workers->workers[i].server.stopping = true;
    }
    for (uint32_t i = 0; i < workers->count; i++) {
        end_worker(workers, &workers->workers[i]);
    }
    return code;
}

void workers_enter(struct call *call)
{
    ((struct worker *)call->server->context)->serving = call->reply;
}

/* No notice comes of that. Asked for a lease that no call has, the kernel tells it. */
static bool caller_is_killed(handle_t reply)
{
    uint8_t byte;
    return lease_copy(reply, LIMIT_MESSAGE_LEASES, 0, (uint64_t)(uintptr_t)&byte, sizeof(byte),
                      LEASE_READ, NULL) == STATUS_INTERRUPTED;
}

void workers_remind(struct workers *workers)
{
    for (uint32_t i = 0; i < workers->count; i++) {
        struct worker *worker = &workers->workers[i];
        handle_t reply = worker->serving;
        if (reply != 0 && (worker->server.call.cancelled || caller_is_killed(reply))) {
            status_ignore(thread_interrupt(worker->thread));
        }
    }
}

void workers_leave(struct call *call)
{
    ((struct worker *)call->server->context)->serving = 0;
}
