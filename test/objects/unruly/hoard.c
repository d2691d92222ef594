/*
 * Taking all that the account has, and more. Each logs what it was refused with, and serves on, as
 * far as that is possible.
 */
#include "unruly.h"

#include <sinter/protocol/file.h>

#include "publish.h"

#define PIECE (UINT64_C(64) << 10)

static int go_on(struct server *server, const char *what, unsigned count, status_t status)
{
    log_line("hoarded %u %s, then: %s", count, what, status_text(status));
    return server_ready(server) == STATUS_OK ? server_run(server) : 1;
}

static void write_all(void *memory, size_t size)
{
    volatile uint8_t *bytes = memory;
    for (size_t i = 0; i < size; i++) {
        bytes[i] = bytes[i];
    }
}

/* Contiguous memory is allocated when it is made. The pages of the stack that the last words need,
 * and those of the server, are written before: none is left then. */
int hoard_pages(struct server *server)
{
    handle_t memory;
    status_t status;
    unsigned count = 0;
    write_all(server, sizeof(*server));
    log_line("hoards pieces of %lu bytes", PIECE);
    while ((status = memory_create(server->account, PIECE, MEMORY_CONTIGUOUS, &memory)) ==
           STATUS_OK) {
        count++;
    }
    return go_on(server, "pieces", count, status);
}

int hoard_kernel_memory(struct server *server)
{
    handle_t event;
    status_t status;
    unsigned count = 0;
    while ((status = event_create(server->account, &event)) == STATUS_OK) {
        count++;
    }
    return go_on(server, "events", count, status);
}

/* Goes on behind the first refusal: that would fill the log if each was written there. */
int hoard_names(struct server *server)
{
    enum { NAMES = 1000, NAME = 24 };
    const char *place = publish_argument(server, 1, "");
    unsigned count = 0;
    status_t refused = STATUS_OK;
    for (unsigned i = 0; i < NAMES; i++) {
        char name[NAME];
        (void)format_text(name, sizeof(name), "unruly%s%u", place, i);
        status_t status = publish_as(server, name, i, FILE_KIND_CHARACTER);
        count += status == STATUS_OK ? 1 : 0;
        refused = status == STATUS_OK ? refused : status;
    }
    return go_on(server, "names", count, refused);
}

/* Pages that are allocated when they are first written: at the limit the write is a fault. */
int hoard_by_touch(struct server *server)
{
    handle_t memory;
    uint64_t address;
    if (server_ready(server) != STATUS_OK) {
        return 1;
    }
    for (;;) {
        status_t status = memory_create(server->account, PIECE, 0, &memory);
        if (status == STATUS_OK) {
            status = space_map(0, memory, 0, 0, PIECE, MAP_READ | MAP_WRITE, &address);
        }
        if (status != STATUS_OK) {
            return go_on(server, "pieces", 0, status);
        }
        for (uint64_t at = 0; at < PIECE; at += LIMIT_PAGE_SIZE) {
            *(volatile char *)(uintptr_t)(address + at) = 1;
        }
    }
}
