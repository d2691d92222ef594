/*
 * A server whose calls have to wait for another server: several threads receive at its port, and
 * the first thread only obeys orders (heartbeat, stop, faults), so that a disk that takes its time
 * never looks like a hang; a worker that does hang it finds.
 *
 *     server.on_ping = ...                         which calls workers_look_after(&workers)
 *     workers_begin(&workers, &server, count);     after server_init() and server_add()
 *     server_ready(&server);
 *     workers_run(&workers);                       until the order to stop
 *
 * Operations run on the workers, several at once if there are several: they lock what they share.
 * call->server->context is the struct worker. Callbacks of `server` are taken over by the workers.
 */
#ifndef DRIVERS_COMMON_WORKERS_H
#define DRIVERS_COMMON_WORKERS_H

#include <stdatomic.h>

#include "server.h"

enum { WORKERS_MOST = 8 };

struct workers;

struct worker {
    struct server server;
    struct workers *workers;
    handle_t thread;
    atomic_flag locked;
    handle_t serving; /* reply of the call that it waits in another server for; 0: none. Locked */
    _Atomic bool ended;
    struct {
        uint32_t turns, looks;
        uint64_t since; /* its CPU time at the first look */
    } watched;
};

struct workers {
    struct server *server; /* of the first thread; its port is one that nobody calls */
    handle_t ended;        /* event: a worker has ended */
    uint32_t count;
    bool stacks_are_whole; /* set before: their pages are charged at once */
    /* Set before: counts what calls do on the way, as those of a device; null: nothing. */
    const _Atomic uint32_t *progress;
    struct worker workers[WORKERS_MOST];
};

/* Makes `count` threads that serve what `server` has registered. What the kernel answers. */
SINTER_MUST_CHECK status_t workers_begin(struct workers *workers, struct server *server,
                                         uint32_t count);

/* Obeys until the supervisor says stop; then the workers finish what runs, and end. The exit code
 * of the server. The first thread may call other servers again afterwards. */
int workers_run(struct workers *workers);

/* Around a call of another server that may be cancelled along with the call it serves. A CANCEL
 * that comes as the worker begins to wait is not noticed there, and none comes if the caller is
 * killed: workers_look_after() sees to both. */
void workers_enter(struct call *call);
void workers_leave(struct call *call);

/* For server->on_ping. Besides that it ends the server, with a line in the log, if a worker
 * computes at one call for seconds without progress: its supervisor then starts it again. What
 * takes so long by right has to show it. */
void workers_look_after(struct workers *workers);

#endif
