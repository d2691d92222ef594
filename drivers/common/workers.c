/* The threads of workers.h. */
#include "workers.h"

#include "side_thread.h"

enum {
    STACK_SIZE = 32 << 10,
    ENDED_BIT = 0x1,
    FIRST_PATIENCE = 1000000, /* ns until a worker that has not ended is interrupted again */
    HANG_LOOKS = 4,           /* one every half second or so */
    HANG_TIME = 1500000000,   /* ns of CPU time */
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

/* Held for moments; all threads have one priority. */
static void lock(struct worker *worker)
{
    while (atomic_flag_test_and_set_explicit(&worker->locked, memory_order_acquire)) {
        status_ignore(thread_yield());
    }
}

static void unlock(struct worker *worker)
{
    atomic_flag_clear_explicit(&worker->locked, memory_order_release);
}

/* A CANCEL can come when its call has been answered and the reply serves another: so it is asked
 * whether this one has been interrupted, while the worker cannot leave it. */
static void interrupt(struct worker *worker)
{
    lock(worker);
    if (worker->serving != 0 && reply_is_interrupted(worker->serving)) {
        status_ignore(thread_interrupt(worker->thread));
    }
    unlock(worker);
}

static void remind(struct workers *workers)
{
    for (uint32_t i = 0; i < workers->count; i++) {
        interrupt(&workers->workers[i]);
    }
}

/* A CANCEL comes to whichever worker receives; the one that waits withdraws or cancels its call. */
static void on_cancel(struct server *server, handle_t reply)
{
    struct workers *workers = ((struct worker *)server->context)->workers;
    if (workers->server->on_cancel != NULL) {
        workers->server->on_cancel(server, reply);
    }
    remind(workers);
}

static void init_worker(struct workers *workers, struct worker *worker)
{
    const struct server *from = workers->server;
    worker->workers = workers;
    atomic_flag_clear(&worker->locked);
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

static void serve(struct call *call, handle_t reply)
{
    struct worker *worker = call->server->context;
    lock(worker);
    worker->serving = reply;
    unlock(worker);
}

void workers_enter(struct call *call)
{
    serve(call, call->reply);
}

void workers_leave(struct call *call)
{
    serve(call, 0);
}

static uint32_t count(const _Atomic uint32_t *counter)
{
    return counter != NULL ? atomic_load_explicit(counter, memory_order_relaxed) : 0;
}

/* Each time that it was looked at it had something to do, all the time with the same call, and none
 * of another server came between. */
static bool hangs(struct worker *worker)
{
    uint32_t state = THREAD_DEAD;
    uint64_t cpu_time = 0;
    uint32_t turns = count(&worker->server.turns) + count(worker->workers->progress);
    status_ignore(thread_info(worker->thread, &state, NULL, &cpu_time, NULL));
    if ((state != THREAD_RUNNING && state != THREAD_READY) || turns != worker->watched.turns) {
        worker->watched.turns = turns;
        worker->watched.looks = 0;
        worker->watched.since = cpu_time;
        return false;
    }
    worker->watched.looks++;
    return worker->watched.looks >= HANG_LOOKS && cpu_time - worker->watched.since >= HANG_TIME;
}

void workers_look_after(struct workers *workers)
{
    remind(workers);
    for (uint32_t i = 0; i < workers->count; i++) {
        if (hangs(&workers->workers[i])) {
            log_line("worker %u hangs: one call has taken all its time; the server gives up",
                     (unsigned)i);
            task_exit(1);
        }
    }
}
