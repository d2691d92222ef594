/* A personality as a whole: what its parts need before they are used. */
#include "c_string.h"
#include "console_terminal.h"
#include "exec.h"
#include "host_thread.h"
#include "pipe.h"
#include "terminal_pair.h"

enum { TABLE_PLACES = 200 };

struct personality host;

/*
 * Page tables stay when what they show has gone. They are made now, so that the account has as much
 * to give when a program ends as when it began: by reading a page at many of the random places. It
 * stays there: each place that is unmapped is a call to all other CPUs, which on a busy machine
 * took longer than a service may to become ready.
 */
static void make_tables(void)
{
    handle_t memory = 0;
    if (memory_create(host.account, PAGE, 0, &memory) != STATUS_OK) {
        return;
    }
    for (unsigned i = 0; i < TABLE_PLACES; i++) {
        uint64_t at = 0;
        if (space_map(0, memory, 0, 0, PAGE, MAP_READ, &at) == STATUS_OK) {
            (void)*(const volatile uint8_t *)(uintptr_t)at;
        }
    }
    status_ignore(handle_close(memory));
}

status_t personality_set_up(void)
{
    status_t status = arena_begin(&host.arena, host.account);
    if (status != STATUS_OK) {
        return status;
    }
    host.calls = (uint32_t)clock_read(); /* others begin with other numbers */
    host.open_files = (struct pool){
        .arena = &host.arena, .size = sizeof(struct open_file), .limit = host.abi->open_files};
    host.pipes = (struct pool){
        .arena = &host.arena, .size = sizeof(struct pipe), .limit = host.abi->open_files};
    host.consoles =
        (struct pool){.arena = &host.arena, .size = sizeof(struct console), .limit = PROCESSES};
    host.terminals =
        (struct pool){.arena = &host.arena, .size = console_terminal_bytes(), .limit = PROCESSES};
    host.pairs =
        (struct pool){.arena = &host.arena, .size = terminal_pair_bytes(), .limit = PROCESSES};
    host.attempts =
        (struct pool){.arena = &host.arena, .size = exec_attempt_bytes(), .limit = PROCESSES};
    memset(host.processes, 0, sizeof(host.processes)); /* from here on they take no more memory */
    make_tables();
    struct pool *pools[] = {&host.open_files, &host.pipes, &host.consoles, &host.terminals,
                            &host.attempts};
    for (unsigned i = 0; i < sizeof(pools) / sizeof(pools[0]); i++) {
        void *item = pool_take(pools[i]);
        if (item != NULL) {
            pool_give(pools[i], item);
        }
    }
    return STATUS_OK;
}
