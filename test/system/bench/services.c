/*
 * bench_services: what starting a service costs whoever asks for it. A program for the prompt of
 * the whole system, allowed to command the supervisor (`program ... allow service`); its lines
 * are in the kernel log. Counted from the order to its answer, which comes when the service runs.
 */
#include <sinter/object.h>
#include <sinter/protocol/service.h>
#include <stdbool.h>

#include "format.h"
#include "instruction_counter.h"

#define SERVICE "fifo"
#define STARTS  10
#define CRASHES 1 /* the next one is restarted only after a delay */

SERVER_META(name, "bench_services");
SERVER_META(version, "1.0");
SERVER_META(author, "The Sinter authors");
SERVER_META(licence, "BSD-2-Clause");
SERVER_META(description, "Instruction counts of starting a service");
SERVER_META(kind, PROGRAM);

int server_main(const struct start_info *info);

static handle_t supervisor;

static bool order(const char *line)
{
    static char answer[LIMIT_MESSAGE_DATA];
    uint64_t length = 0;
    size_t size = 0;
    while (line[size] != '\0') {
        size++;
    }
    status_t status = service_command(supervisor, line, size, answer, sizeof(answer), &length);
    if (status != STATUS_OK) {
        log_line("FAILED: %s: %s", line, status_text(status));
    }
    return status == STATUS_OK;
}

/* The least of some rounds: what another service takes between is not the row's. 0: it failed. */
static uint64_t measure(unsigned rounds, const char *before, const char *first, const char *second)
{
    uint64_t least = ~UINT64_C(0);
    for (unsigned i = 0; i < rounds; i++) {
        if (before != NULL && !order(before)) {
            return 0;
        }
        uint64_t begun = instruction_count();
        if (!order(first) || (second != NULL && !order(second))) {
            return 0;
        }
        uint64_t count = instruction_count() - begun;
        least = count < least ? count : least;
    }
    return least;
}

int server_main(const struct start_info *info)
{
    const struct start_handle *found = start_handle_find(info, "service");
    if (found == NULL) {
        log_line("FAILED: no start handle `service`: allow it with the statement `program`");
        return 1;
    }
    supervisor = found->handle;
    uint64_t start = measure(STARTS, "stop " SERVICE, "start " SERVICE, NULL);
    uint64_t crash = measure(CRASHES, NULL, "kill " SERVICE, "wait " SERVICE);
    if (start == 0 || crash == 0) {
        return 1;
    }
    log_line("bench: load_start %lu", start);
    log_line("bench: crash_to_running %lu", crash);
    return 0;
}
