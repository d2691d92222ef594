/* The threads of workers.h. */
#include "workers.h"

enum {
    STACK_SIZE = 32 << 10,
    STACK_GAP = LIMIT_PAGE_SIZE, /* not mapped, below each stack */
    ENDED_BIT = 0x1,
    PRIORITY_MOST = 31,
    FIRST_PATIENCE = 1000000, /* ns until a worker that has not ended is interrupted again */
};

/* A stack with a page below it that is not mapped. */
static status_t make_stack(handle_t account, uint64_t *top)
{
    handle_t memory;
    uint64_t mapped;
    status_t status = memory_create(account, STACK_SIZE + STACK_GAP, 0, &memory);
    if (status != STATUS_OK) {
        return status;
    }
    status = space_map(0, memory, 0, 0, STACK_SIZE + STACK_GAP, MAP_READ | MAP_WRITE, &mapped);
    status_ignore(handle_close(memory));
    if (status == STATUS_OK) {
        status = space_unmap(0, mapped, STACK_GAP);
        *top = mapped + STACK_GAP + STACK_SIZE;
    }
    return status;
}

static void worker_main(struct worker *worker)
{
    (void)server_run(&worker->server);
    worker->ended = true;
    status_ignore(event_signal(worker->workers->ended, ENDED_BIT));
    thread_exit();
}

/* The same priority as the first thread's, which is the most that it may give. */
static status_t create_thread(handle_t *thread, uint64_t *page)
{
    status_t status = STATUS_BAD_ARGUMENT;
    for (uint32_t priority = PRIORITY_MOST + 1; priority > 0 && status == STATUS_BAD_ARGUMENT;
         priority--) {
        status = thread_create(0, priority - 1, thread, page);
    }
    return status;
}

static status_t start_worker(struct worker *worker)
{
    const struct start_info *info = worker->server.info;
    uint64_t top = 0;
    uint64_t page = 0;
    uint64_t tls = 0;
    status_t status = reply_create(worker->server.account, &worker->server.reply);
    if (status == STATUS_OK) {
        status = make_stack(worker->server.account, &top);
    }
    if (status == STATUS_OK) {
        status = create_thread(&worker->thread, &page);
    }
    if (status != STATUS_OK) {
        return status;
    }
    void *stack = thread_setup(info, (void *)(uintptr_t)page, (void *)(uintptr_t)top, &tls);
    return thread_start(worker->thread, (uint64_t)(uintptr_t)worker_main,
                        (uint64_t)(uintptr_t)stack, (uint64_t)(uintptr_t)worker, tls);
}

/* A CANCEL comes to whichever worker receives; the one that waits withdraws or cancels its call. */
static void on_cancel(struct server *server, handle_t reply)
{
    struct workers *workers = ((struct worker *)server->context)->workers;
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

void workers_leave(struct call *call)
{
    ((struct worker *)call->server->context)->serving = 0;
}
