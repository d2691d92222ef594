/* Misbehaving towards the supervisor. */
#include <sinter/protocol/supervisor.h>

#include "publish.h"
#include "unruly.h"

enum { EXIT_CODE = 3 };

#define SLOW 2000000000ull /* ns */

int life_exits(struct server *server)
{
    (void)server;
    return EXIT_CODE;
}

/* Takes part in everything but says nothing. */
int life_is_never_ready(struct server *server)
{
    return server_run(server);
}

int life_refuses(struct server *server)
{
    return server_refuse(server, "it would %s", "rather not");
}

/* Exits long after it has refused, and says so with a byte that a terminal would obey. */
int life_refuses_slowly(struct server *server)
{
    handle_t never = 0;
    int code = server_refuse(server, "it \033would rather not");
    status_ignore(event_create(server->account, &never));
    status_ignore(event_wait(never, 1, clock_read() + SLOW, NULL));
    return code;
}

static _Noreturn void compute(void)
{
    for (;;) {
        __asm__ volatile("");
    }
}

int life_is_deaf(struct server *server)
{
    if (server_ready(server) != STATUS_OK) {
        return 1;
    }
    compute();
}

/* No heartbeat is asked of what is not ready yet. */
int life_computes(struct server *server)
{
    (void)server;
    compute();
}

static void forget_stop(struct server *server)
{
    server->stopping = false;
}

int life_ignores_stop(struct server *server)
{
    server->on_stop = forget_stop;
    return server_ready(server) == STATUS_OK ? server_run(server) : 1;
}

/* Takes the supervisor's time and the kernel log, without listening. */
int life_babbles(struct server *server)
{
    if (server_ready(server) != STATUS_OK) {
        return 1;
    }
    for (unsigned i = 0;; i++) {
        log_line("babble %u", i);
        status_ignore(supervisor_ready(server->supervisor));
        status_ignore(publish_as(server, "not-its-name", i, 0));
        status_ignore(publish_as(server, server->info->name, i, 0));
    }
}
