/*
 * The ways to misbehave: `svc start NAME object unruly.o args WAY`. The service's name is also
 * that of its file, if the way has one.
 */
#include "unruly.h"

#include <sinter/object.h>

#include "publish.h"

SERVER_META(name, "unruly");
SERVER_META(version, "1.0");
SERVER_META(licence, "BSD-2-Clause");
SERVER_META(description, "Misbehaves as its argument says, for tests");
SERVER_META(kind, SERVICE);
SERVER_META(provides, "file 1.0");
SERVER_META(path, "unruly*");
SERVER_META(restart, STATELESS);

static const struct way {
    const char *word;
    int (*go)(struct server *server);
} ways[] = {
    {"babble", life_babbles},
    {"compute", life_computes},
    {"crash", crash_when_ready},
    {"crash-at-once", crash_at_once},
    {"crash-by-stack", crash_by_stack},
    {"deaf", life_is_deaf},
    {"ended-terminal", file_is_ended_terminal},
    {"exit", life_exits},
    {"flood", file_floods},
    {"give-handles", file_gives_handles},
    {"hoard-kernel", hoard_kernel_memory},
    {"hoard-names", hoard_names},
    {"hoard-pages", hoard_pages},
    {"hoard-touch", hoard_by_touch},
    {"ignore-stop", life_ignores_stop},
    {"lie", file_lies},
    {"never-answer", file_never_answers},
    {"never-ready", life_is_never_ready},
    {"refuse", life_refuses},
    {"refuse-slowly", life_refuses_slowly},
    {"slow-program", file_is_slow_program},
    {"worker-loops", file_worker_loops},
};

static struct server server;

static bool is_same(const char *a, const char *b)
{
    while (*a != '\0' && *a == *b) {
        a++;
        b++;
    }
    return *a == *b;
}

int server_main(const struct start_info *info)
{
    if (server_init(&server, info) != STATUS_OK) {
        return 1;
    }
    const char *word = publish_argument(&server, 0, "");
    for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
        if (is_same(ways[i].word, word)) {
            return ways[i].go(&server);
        }
    }
    return server_refuse(&server, "`%s` is no way to misbehave", word);
}
