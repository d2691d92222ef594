/* The threads of pump.h. */
#include "pump.h"

#include <sinter/protocol/file.h>

#include "discipline.h"
#include "walk.h"

enum {
    WAKE_BIT = 0x1,
    CHUNK = 512,                /* sent at once, and sent again if it was not confirmed */
    FIRST_DELAY = 10000000,     /* ns */
    LONGEST_DELAY = 1000000000, /* ns */
    RELATIVE = 1                /* characters of the leading slash of a path */
};

/* One thread's way to the device. */
struct line {
    struct pump *pump;
    handle_t event;
    handle_t file; /* 0 while it is not open */
    uint64_t delay;
};

static struct line reader_line;
static struct line writer_line;
static uint8_t reader_stack[PUMP_STACK] __attribute__((aligned(16)));
static uint8_t writer_stack[PUMP_STACK] __attribute__((aligned(16)));

/* ---- the device ----------------------------------------------------------------------------- */

static size_t length_of(const char *text)
{
    size_t length = 0;
    while (text[length] != '\0') {
        length++;
    }
    return length;
}

static status_t line_open(struct line *line, uint32_t flags)
{
    const char *path = line->pump->path;
    handle_t names = server_handle(line->pump->server, "namespace");
    if (path[0] == '/') {
        path += RELATIVE;
    }
    status_t status = walk_open(names, path, length_of(path), flags, NULL, &line->file);
    if (status == STATUS_OK) {
        status = file_attach(line->file, flags, NULL);
    }
    return status;
}

static void line_close(struct line *line)
{
    if (line->file != 0) {
        status_ignore(handle_close(line->file));
        line->file = 0;
    }
}

static void wait_a_while(struct line *line)
{
    uint64_t deadline = clock_read() + line->delay;
    while (event_wait(line->event, WAKE_BIT, deadline, NULL) == STATUS_OK) {
        status_ignore(thread_yield());
    }
    line->delay = line->delay * 2 < LONGEST_DELAY ? line->delay * 2 : LONGEST_DELAY;
}

/* Whether the device can be called now. */
static bool line_ready(struct line *line, uint32_t flags)
{
    if (line->file != 0) {
        return true;
    }
    if (line_open(line, flags) == STATUS_OK) {
        return true;
    }
    line_close(line);
    wait_a_while(line);
    return false;
}

/*
 * After a call: what to do so that the next one has a chance. A driver that died or stops is called
 * again at once, the first time; one that keeps dying is not hurried.
 */
static void line_judge(struct line *line, status_t status)
{
    if (status == STATUS_OK || status == STATUS_INTERRUPTED) {
        line->delay = FIRST_DELAY;
        return;
    }
    bool is_there = status == STATUS_PEER_DIED || status == STATUS_NOT_READY;
    if (!is_there || line->delay > FIRST_DELAY) {
        if (!is_there) {
            line_close(line);
        }
        wait_a_while(line);
        return;
    }
    line->delay++;
}

static void tell(const struct pump *pump, uint64_t bits)
{
    status_ignore(event_signal(pump->server->control, bits));
}

/* ---- reading -------------------------------------------------------------------------------- */

static void read_some(struct line *line)
{
    struct pump *pump = line->pump;
    uint8_t *start;
    uint64_t count = 0;
    uint32_t room = byte_ring_free_span(&pump->input, &start);
    if (room == 0) {
        status_ignore(event_wait(line->event, WAKE_BIT, ~0ull, NULL));
        return;
    }
    status_t status = file_read(line->file, 0, 0, start, room, &count);
    if (status == STATUS_OK && count > 0 && count <= room) {
        byte_ring_commit(&pump->input, (uint32_t)count);
        tell(pump, PUMP_INPUT);
    }
    line_judge(line, status == STATUS_OK && count == 0 ? STATUS_NOT_READY : status);
}

static void read_for_ever(void)
{
    for (;;) {
        if (line_ready(&reader_line, FILE_READ)) {
            read_some(&reader_line);
        }
    }
}

/* ---- writing -------------------------------------------------------------------------------- */

/* Writes all of a chunk, however often the driver dies on the way. */
static void write_chunk(struct line *line, const uint8_t *chunk, uint32_t length)
{
    uint32_t done = 0;
    while (done < length) {
        uint64_t count = 0;
        if (!line_ready(line, FILE_WRITE)) {
            continue;
        }
        status_t status = file_write(line->file, 0, 0, chunk + done, length - done, &count);
        if (status == STATUS_OK && count <= length - done) {
            done += (uint32_t)count;
        }
        line_judge(line, status == STATUS_OK && count == 0 ? STATUS_NOT_READY : status);
    }
}

static void write_some(struct line *line, uint8_t *last)
{
    static uint8_t chunk[CHUNK];
    struct pump *pump = line->pump;
    const uint8_t *start;
    uint32_t taken = 0;
    uint32_t used = byte_ring_used_span(&pump->output, &start);
    uint32_t length = discipline_output(last, start, used, &taken, chunk, CHUNK);
    write_chunk(line, chunk, length);
    byte_ring_discard(&pump->output, taken);
    tell(pump, PUMP_ROOM);
}

/* A driver that died has nothing left to send. */
static void sync_device(struct line *line)
{
    struct pump *pump = line->pump;
    if (line->file != 0) {
        line_judge(line, file_sync(line->file));
    }
    pump->synced = byte_ring_taken(&pump->output);
    tell(pump, PUMP_SYNCED);
}

static void write_for_ever(void)
{
    uint8_t last = 0;
    for (;;) {
        if (byte_ring_used(&writer_line.pump->output) > 0) {
            write_some(&writer_line, &last);
        } else if (atomic_exchange(&writer_line.pump->sync_wanted, 0) != 0) {
            sync_device(&writer_line);
        } else {
            status_ignore(event_wait(writer_line.event, WAKE_BIT, ~0ull, NULL));
        }
    }
}

/* ---- the thread that serves ----------------------------------------------------------------- */

void pump_input_taken(struct pump *pump)
{
    status_ignore(event_signal(pump->input_event, WAKE_BIT));
}

void pump_output_added(struct pump *pump)
{
    status_ignore(event_signal(pump->output_event, WAKE_BIT));
}

void pump_sync(struct pump *pump)
{
    pump->sync_wanted = 1;
    pump_output_added(pump);
}

/* init.rc may have given this task less than its note asks: no thread can have more. */
static status_t create_thread(uint32_t priority, handle_t *thread, uint64_t *page)
{
    status_t status = thread_create(0, priority, thread, page);
    while (status == STATUS_BAD_ARGUMENT && priority > 0) {
        priority--;
        status = thread_create(0, priority, thread, page);
    }
    return status;
}

static status_t start_thread(const struct pump *pump, uint8_t *stack, void (*entry)(void))
{
    handle_t thread = 0;
    uint64_t page = 0;
    uint64_t tls = 0;
    status_t status = create_thread(pump->priority, &thread, &page);
    if (status != STATUS_OK) {
        return status;
    }
    void *top = thread_setup(pump->server->info, (void *)(uintptr_t)page, stack + PUMP_STACK, &tls);
    return thread_start(thread, (uint64_t)(uintptr_t)entry, (uint64_t)(uintptr_t)top, 0, tls);
}

static status_t make_events(struct pump *pump)
{
    status_t status = event_create(pump->server->account, &pump->input_event);
    if (status == STATUS_OK) {
        status = event_create(pump->server->account, &pump->output_event);
    }
    return status;
}

status_t pump_start(struct pump *pump, struct server *server, const char *path, uint32_t priority)
{
    pump->server = server;
    pump->path = path;
    pump->priority = priority;
    byte_ring_init(&pump->input, pump->input_bytes, PUMP_RING);
    byte_ring_init(&pump->output, pump->output_bytes, PUMP_RING);
    status_t status = make_events(pump);
    if (status != STATUS_OK) {
        return status;
    }
    reader_line = (struct line){pump, pump->input_event, 0, FIRST_DELAY};
    writer_line = (struct line){pump, pump->output_event, 0, FIRST_DELAY};
    status = line_open(&reader_line, FILE_READ);
    if (status == STATUS_OK) {
        status = start_thread(pump, reader_stack, read_for_ever);
    }
    if (status == STATUS_OK) {
        status = start_thread(pump, writer_stack, write_for_ever);
    }
    return status;
}
