/*
 * A character device that gives bytes in the order in which they were written, and pipes.
 *
 * /dev/fifo: writers append, readers take, 64 KiB at most. A read of the empty fifo waits while
 * somebody has it open for writing and is the end of file otherwise; a write waits for room;
 * FILE_NONBLOCK answers WOULD_BLOCK instead. Opening never waits. Any endpoint of the server also
 * speaks the pipe protocol, so an instance with another name serves as the maker of pipes.
 *
 * State store: the bytes and who has the fifo open pass to the next instance. A call in flight at
 * a crash fails with PEER_DIED and its client repeats it, so bytes may come twice, none is lost.
 * Pipes end with the instance: their ends answer GONE.
 *
 * Badges: the upper half is 0 for openings of the fifo, otherwise 1 + the place of a pipe.
 */
#include <sinter/object.h>

#include <sinter/protocol/file.h>
#include <sinter/protocol/pipe.h>
#include <sinter/protocol/supervisor.h>

#include "fifo_core.h"
#include "publish.h"
#include "stream_server.h"

int server_main(const struct start_info *info);

SERVER_META(name, "fifo");
SERVER_META(version, "1.0");
SERVER_META(licence, "BSD-2-Clause");
SERVER_META(description, "First-in first-out device, and pipes");
SERVER_META(kind, DRIVER);
SERVER_META(provides, "file 1.0");
SERVER_META(provides, "pipe 1.0");
SERVER_META(restart, STATE);
SERVER_META(priority, 16);
SERVER_META(path, "fifo");

enum {
    RING_BYTES = 65536,
    SAVED_BYTES = 4096, /* before the ring, in the same memory */
    MEMORY_BYTES = SAVED_BYTES + RING_BYTES,
    PIPES = 64
};
_Static_assert(sizeof(struct fifo_saved) <= SAVED_BYTES, "the ring begins behind it");

enum pipe_end {
    PIPE_READER = 1, /* in the lowest bits of a badge */
    PIPE_WRITER = 2
};

/* A fifo in its memory. */
struct place {
    struct fifo fifo;
    handle_t memory;
    uint64_t address; /* 0: free */
    uint32_t serial;  /* of the pipe that lives here; with the end, the lower half of its badges */
};

static struct server server;
static struct place named;
static struct place pipes[PIPES];

/* ---- memory --------------------------------------------------------------------------------- */

/* Takes over `memory`, also on failure. */
static status_t open_place(struct place *place, handle_t memory, enum fifo_kind kind, bool *goes_on)
{
    uint64_t address = 0;
    status_t status = space_map(0, memory, 0, 0, MEMORY_BYTES, MAP_READ | MAP_WRITE, &address);
    if (status != STATUS_OK) {
        status_ignore(handle_close(memory));
        return status;
    }
    uint8_t *start = (uint8_t *)(uintptr_t)address;
    place->memory = memory;
    place->address = address;
    *goes_on = fifo_init(&place->fifo, &stream_call_host, kind, (struct fifo_saved *)(void *)start,
                         start + SAVED_BYTES, RING_BYTES);
    return STATUS_OK;
}

static void close_place(struct place *place)
{
    status_ignore(space_unmap(0, place->address, MEMORY_BYTES));
    status_ignore(handle_close(place->memory));
    place->address = 0;
}

/* Without a store (no supervisor, or one that is full) the fifo does not outlive its server. */
static status_t open_named(void)
{
    handle_t memory = 0;
    uint64_t size = 0;
    bool goes_on = false;
    status_t status = supervisor_store(server.supervisor, MEMORY_BYTES, &size, &memory);
    if (status == STATUS_OK && size < MEMORY_BYTES) {
        status_ignore(handle_close(memory));
        status = STATUS_TOO_LARGE;
    }
    if (status != STATUS_OK) {
        log_line("no state store: %s; what it holds is lost if it crashes", status_text(status));
        status = memory_create(server.account, MEMORY_BYTES, 0, &memory);
    }
    if (status == STATUS_OK) {
        status = open_place(&named, memory, FIFO_NAMED, &goes_on);
    }
    if (goes_on) {
        log_line("goes on with %u bytes", (unsigned)byte_ring_used(&named.fifo.ring));
    }
    return status;
}

/* ---- pipes ---------------------------------------------------------------------------------- */

static uint64_t pipe_badge(const struct place *place, enum pipe_end end)
{
    uint64_t number = (uint64_t)(place - pipes) + 1;
    return number << 32 | (uint32_t)(place->serial << 2 | (uint32_t)end);
}

/* The fifo that a badge belongs to, or null: of a pipe that is gone. */
static struct place *place_of(uint64_t badge)
{
    uint64_t number = badge >> 32;
    if (number == 0) {
        return &named;
    }
    struct place *place = number <= PIPES ? &pipes[number - 1] : NULL;
    bool same = place != NULL && place->address != 0 &&
                ((uint32_t)badge & ~3u) == (uint32_t)(place->serial << 2);
    return same ? place : NULL;
}

static struct place *free_place(void)
{
    for (int i = 0; i < PIPES; i++) {
        if (pipes[i].address == 0) {
            pipes[i].serial++;
            return &pipes[i];
        }
    }
    return NULL;
}

static status_t mint_ends(const struct place *place, handle_t *reader, handle_t *writer)
{
    status_t status = port_mint(server.port, pipe_badge(place, PIPE_READER), ENDPOINT_GONE, reader);
    if (status != STATUS_OK) {
        return status;
    }
    status = port_mint(server.port, pipe_badge(place, PIPE_WRITER), ENDPOINT_GONE, writer);
    if (status != STATUS_OK) {
        status_ignore(handle_close(*reader)); /* its CLOSED finds the place free, or another pipe */
    }
    return status;
}

/* The handles leave with the answer; should they not reach the caller, CLOSED says so. */
static status_t pipe_make(struct call *call, handle_t *reader, handle_t *writer)
{
    (void)call;
    handle_t memory = 0;
    bool goes_on = false;
    struct place *place = free_place();
    if (place == NULL) {
        return STATUS_FULL;
    }
    status_t status = memory_create(server.account, MEMORY_BYTES, 0, &memory);
    if (status == STATUS_OK) {
        status = open_place(place, memory, FIFO_PIPE, &goes_on);
    }
    if (status != STATUS_OK) {
        return status;
    }
    status = mint_ends(place, reader, writer);
    if (status != STATUS_OK) {
        close_place(place);
        return status;
    }
    status_ignore(fifo_attach(&place->fifo, pipe_badge(place, PIPE_READER), FIFO_READS));
    status_ignore(fifo_attach(&place->fifo, pipe_badge(place, PIPE_WRITER), FIFO_WRITES));
    return STATUS_OK;
}

/* ---- the file protocol ---------------------------------------------------------------------- */

static void cancel(struct stream_request *request, status_t status)
{
    struct place *place = place_of(request->badge);
    if (place != NULL) {
        fifo_cancel(&place->fifo, request, status);
    }
}

static status_t transfer(struct call *call, uint32_t flags, uint64_t *count,
                         void (*submit)(struct fifo *fifo, struct stream_request *request))
{
    struct place *place = place_of(call->in.badge);
    if (place == NULL) {
        return STATUS_GONE;
    }
    struct stream_request *request = stream_call_begin(call, flags);
    if (request == NULL) {
        return STATUS_BUSY;
    }
    submit(&place->fifo, request);
    return stream_call_end(call, request, count, cancel);
}

static status_t fifo_file_read(struct call *call, uint64_t offset, uint32_t flags, uint64_t *count)
{
    (void)offset;
    return transfer(call, flags, count, fifo_read);
}

static status_t fifo_file_write(struct call *call, uint64_t offset, uint32_t flags, uint64_t *count)
{
    (void)offset;
    return transfer(call, flags, count, fifo_write);
}

/* The end of a pipe was counted when it was made, and stays what it is. */
static status_t fifo_file_attach(struct call *call, uint32_t flags, uint32_t *kind)
{
    struct place *place = place_of(call->in.badge);
    if (place == NULL) {
        return STATUS_GONE;
    }
    if (place != &named) {
        *kind = FILE_KIND_PIPE;
        return STATUS_OK;
    }
    uint32_t use = ((flags & FILE_READ) != 0 ? FIFO_READS : 0u) |
                   ((flags & FILE_WRITE) != 0 ? FIFO_WRITES : 0u);
    *kind = FILE_KIND_CHARACTER;
    return fifo_attach(&named.fifo, call->in.badge, use);
}

static status_t fifo_file_stat(struct call *call, uint32_t *kind, uint64_t *size,
                               uint64_t *block_size)
{
    struct place *place = place_of(call->in.badge);
    if (place == NULL) {
        return STATUS_GONE;
    }
    *kind = place == &named ? FILE_KIND_CHARACTER : FILE_KIND_PIPE;
    *size = byte_ring_used(&place->fifo.ring);
    *block_size = RING_BYTES;
    return STATUS_OK;
}

static status_t fifo_file_sync(struct call *call)
{
    (void)call;
    return STATUS_OK;
}

static const struct file_operations file_operations = {
    .attach = fifo_file_attach,
    .read = fifo_file_read,
    .write = fifo_file_write,
    .stat = fifo_file_stat,
    .sync = fifo_file_sync,
};

static const struct pipe_operations pipe_operations = {
    .create = pipe_make,
};

/* ---- the server ----------------------------------------------------------------------------- */

static void on_closed(struct server *at, uint64_t badge)
{
    (void)at;
    struct place *place = place_of(badge);
    if (place == NULL) {
        return;
    }
    fifo_close(&place->fifo, badge);
    if (place != &named && place->fifo.reads == 0 && place->fifo.writes == 0) {
        close_place(place);
    }
}

static void on_cancel(struct server *at, handle_t reply)
{
    (void)at;
    struct stream_request *request = stream_call_find(reply);
    if (request != NULL) {
        cancel(request, STATUS_INTERRUPTED);
    }
}

/* What waits would wait for calls that are refused from now on. */
static void on_stop(struct server *at)
{
    (void)at;
    fifo_cancel_all(&named.fifo, STATUS_NOT_READY);
    for (int i = 0; i < PIPES; i++) {
        if (pipes[i].address != 0) {
            fifo_cancel_all(&pipes[i].fifo, STATUS_NOT_READY);
        }
    }
}

static status_t begin(void)
{
    status_t status = open_named();
    if (status == STATUS_OK) {
        status = server_add(&server, file_protocol(&file_operations));
    }
    if (status == STATUS_OK) {
        status = server_add(&server, pipe_protocol(&pipe_operations));
    }
    if (status == STATUS_OK) {
        status = publish(&server, server.info->name, 0, FILE_KIND_CHARACTER);
    }
    return status == STATUS_OK ? server_ready(&server) : status;
}

int server_main(const struct start_info *info)
{
    if (server_init(&server, info) != STATUS_OK) {
        return 1;
    }
    server.on_closed = on_closed;
    server.on_cancel = on_cancel;
    server.on_stop = on_stop;
    status_t status = begin();
    if (status != STATUS_OK) {
        return server_refuse(&server, "its memory or its name: %s", status_text(status));
    }
    return server_run(&server);
}
