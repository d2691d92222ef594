/*
 * The terminal: a line discipline in front of a serial device, as /dev/console.
 *
 *   console.c      the server: file and terminal protocols
 *   discipline     what typed bytes become, without a system call
 *   notice         lines of the supervisor between those of programs, likewise
 *   pump           the threads that read and write the device
 *
 * Arguments: the path of the device (/dev/serial0), the name to publish (console). Start handles:
 * namespace, and machine with RIGHT_MACHINE_LOG if the kernel shall leave the early console.
 *
 * State store: the mode passes to the next instance. A read in flight at a crash fails with
 * PEER_DIED and its client repeats it; input not yet read is lost. Output outlives the driver of
 * the device, not this server.
 */
#include <sinter/object.h>

#include <sinter/protocol/file.h>
#include <sinter/protocol/supervisor.h>
#include <sinter/protocol/terminal.h>

#include "discipline.h"
#include "notice.h"
#include "publish.h"
#include "pump.h"
#include "stream_server.h"

int server_main(const struct start_info *info);

#define PRIORITY 20

/* Of the control event, beside PUMP_ bits: the supervisor has a line for people. */
#define NOTICE_BIT 0x100u

SERVER_META(name, "console");
SERVER_META(version, "1.0");
SERVER_META(licence, "BSD-2-Clause");
SERVER_META(description, "Terminal on a serial line");
SERVER_META(kind, SERVICE);
SERVER_META(provides, "file 1.0");
SERVER_META(provides, "terminal 1.0");
SERVER_META(consumes, "file 1.0");
SERVER_META(resources, RESOURCE_CONSOLE);
SERVER_META(restart, STATE);
SERVER_META(priority, PRIORITY);
SERVER_META(path, "console");

enum {
    WAITING_CALLS = 16,
    STORE_BYTES = 4096,
    STORE_MAGIC = 0x4c4f534e, /* "NSOL" */
    DRAIN_TIME = 500000000    /* ns for the last output when the server is stopped */
};

struct store {
    uint32_t magic;
    uint32_t mode; /* TERMINAL_ constant */
};

/* A call without a buffer that waits: for ^C, or (synced) for output to leave. */
struct waiting {
    handle_t reply; /* 0: free */
    uint64_t badge;
    bool for_sync;
    uint32_t position; /* of the output that has to leave */
};

static struct server server;
static struct discipline discipline;
static struct pump pump;
static struct stream_queue readers = {.host = &stream_call_host};
static struct stream_queue writers = {.host = &stream_call_host};
static struct stream_queue interrupted = {.host = &stream_call_host}; /* readers at a ^C */
static uint64_t interrupter; /* who was told of that, and is about to wait again */
static struct waiting waiting[WAITING_CALLS];
static struct store own_store;
static struct store *store = &own_store;
static bool notices_wait; /* for room in the output */
static bool missed;       /* ^C came while who waits for it was about to wait again */

/* ---- calls that wait ------------------------------------------------------------------------ */

static status_t wait(struct call *call, bool for_sync, uint32_t position)
{
    for (int i = 0; i < WAITING_CALLS; i++) {
        if (waiting[i].reply == 0) {
            handle_t reply = call_defer(call);
            if (reply == 0) {
                return STATUS_NO_KERNEL_MEMORY;
            }
            waiting[i] = (struct waiting){reply, call->in.badge, for_sync, position};
            return STATUS_OK;
        }
    }
    return STATUS_BUSY;
}

static void end_wait(struct waiting *at, status_t status)
{
    server_answer(&server, at->reply, status);
    at->reply = 0;
}

/* Whether there were any. */
static bool end_waits_for_interrupt(status_t status)
{
    bool any = false;
    for (int i = 0; i < WAITING_CALLS; i++) {
        if (waiting[i].reply != 0 && !waiting[i].for_sync) {
            interrupter = waiting[i].badge;
            end_wait(&waiting[i], status);
            any = true;
        }
    }
    return any;
}

static void end_waits_for_sync(void)
{
    uint32_t synced = pump.synced;
    for (int i = 0; i < WAITING_CALLS; i++) {
        bool left = (int32_t)(synced - waiting[i].position) >= 0;
        if (waiting[i].reply != 0 && waiting[i].for_sync && left) {
            end_wait(&waiting[i], STATUS_OK);
        }
    }
}

/* ---- input ---------------------------------------------------------------------------------- */

/* Gives one reader what its read gets. An error is that of a copy. */
static status_t give(struct stream_request *reader)
{
    bool more = true;
    while (more && reader->done < reader->length) {
        const uint8_t *start;
        uint32_t piece = discipline_piece(&discipline, reader->length - reader->done, &start);
        status_t status = STATUS_OK;
        if (piece > 0) {
            status = stream_call_host.copy_out(reader, reader->done, start, piece);
        }
        if (status != STATUS_OK) {
            return status;
        }
        reader->done += piece;
        more = discipline_take(&discipline, piece);
    }
    return STATUS_OK;
}

static void serve_readers(void)
{
    while (readers.first != NULL && discipline_readable(&discipline)) {
        struct stream_request *reader = readers.first;
        (void)stream_finish(&readers, reader, give(reader));
    }
}

static void echo(void *context, const char *bytes, uint32_t count)
{
    (void)context;
    for (uint32_t i = 0; i < count; i++) {
        (void)byte_ring_put(&pump.output, (uint8_t)bytes[i]);
    }
    pump_output_added(&pump);
}

static void end_interrupted(void)
{
    stream_finish_all(&interrupted, STATUS_INTERRUPTED);
}

/* Who waits for ^C ends programs; their reads go with them. What reads still when it waits again is
 * told, and not before: a program that is to end would tell its user of an error. */
static void interrupt(void)
{
    end_interrupted();
    interrupted = readers;
    readers = (struct stream_queue){.host = &stream_call_host};
    missed = !end_waits_for_interrupt(STATUS_OK);
    if (missed) {
        end_interrupted();
    }
}

/* When nobody reads, ^C is looked for behind what has no place; all before it is dropped then. */
static bool find_interrupt(void)
{
    uint32_t used = byte_ring_used(&pump.input);
    for (uint32_t i = 0; i < used; i++) {
        if (discipline_interrupts(&discipline, byte_ring_peek(&pump.input, i))) {
            byte_ring_discard(&pump.input, i);
            return true;
        }
    }
    return false;
}

static void take_input(void)
{
    while (byte_ring_used(&pump.input) > 0) {
        uint8_t byte = byte_ring_peek(&pump.input, 0);
        enum discipline_result result = discipline_input(&discipline, byte);
        if (result == DISCIPLINE_FULL) {
            serve_readers();
            result = discipline_input(&discipline, byte);
        }
        if (result == DISCIPLINE_FULL) {
            if (!find_interrupt()) {
                break;
            }
            continue;
        }
        byte_ring_discard(&pump.input, 1);
        if (result == DISCIPLINE_INTERRUPT) {
            interrupt();
        }
    }
    serve_readers();
    pump_input_taken(&pump);
}

/* ---- the file protocol ---------------------------------------------------------------------- */

static void cancel(struct stream_request *request, status_t status)
{
    if (!stream_finish(&readers, request, status) &&
        !stream_finish(&interrupted, request, status)) {
        (void)stream_finish(&writers, request, status);
    }
}

/* Input that had no place may have one when this read is done. */
static status_t console_read(struct call *call, uint64_t offset, uint32_t flags, uint64_t *count)
{
    (void)offset;
    if (call_lease_length(call, 0) == 0) {
        *count = 0;
        return STATUS_OK;
    }
    struct stream_request *request = stream_call_begin(call, flags);
    if (request == NULL) {
        return STATUS_BUSY;
    }
    stream_enqueue(&readers, request);
    take_input();
    if (request->no_wait) {
        (void)stream_finish(&readers, request, STATUS_WOULD_BLOCK);
    }
    return stream_call_end(call, request, count, cancel);
}

/* While a line for people waits they leave it the room. */
static void serve_writers(void)
{
    if (!notices_wait && stream_serve_writers(&writers, &pump.output)) {
        pump_output_added(&pump);
    }
}

static status_t console_write(struct call *call, uint64_t offset, uint32_t flags, uint64_t *count)
{
    (void)offset;
    if (call_lease_length(call, 0) == 0) {
        *count = 0;
        return STATUS_OK;
    }
    if ((flags & FILE_NONBLOCK) != 0 && (writers.first != NULL || notices_wait)) {
        return STATUS_WOULD_BLOCK;
    }
    struct stream_request *request = stream_call_begin(call, flags);
    if (request == NULL) {
        return STATUS_BUSY;
    }
    stream_enqueue(&writers, request);
    serve_writers();
    return stream_call_end(call, request, count, cancel);
}

static status_t console_attach(struct call *call, uint32_t flags, uint32_t *kind)
{
    (void)call;
    (void)flags;
    *kind = FILE_KIND_TERMINAL;
    return STATUS_OK;
}

static status_t console_stat(struct call *call, uint32_t *kind, uint64_t *size,
                             uint64_t *block_size)
{
    (void)call;
    *kind = FILE_KIND_TERMINAL;
    *size = 0;
    *block_size = PUMP_RING;
    return STATUS_OK;
}

static status_t console_sync(struct call *call)
{
    uint32_t position = byte_ring_written(&pump.output);
    if (writers.first == NULL && pump.synced == position) {
        return STATUS_OK;
    }
    status_t status = wait(call, true, position);
    if (status == STATUS_OK) {
        pump_sync(&pump);
    }
    return status;
}

static const struct file_operations file_operations = {
    .attach = console_attach,
    .read = console_read,
    .write = console_write,
    .stat = console_stat,
    .sync = console_sync,
};

/* ---- the terminal protocol ------------------------------------------------------------------ */

static status_t console_set_mode(struct call *call, uint32_t mode, uint32_t *previous)
{
    (void)call;
    if (mode != TERMINAL_COOKED && mode != TERMINAL_RAW) {
        return STATUS_BAD_ARGUMENT;
    }
    *previous = store->mode;
    store->mode = mode;
    missed = missed && mode == TERMINAL_COOKED; /* at a prompt it would be an old one */
    if (discipline_set_raw(&discipline, mode == TERMINAL_RAW) == DISCIPLINE_INTERRUPT) {
        interrupt();
    }
    take_input();
    return STATUS_OK;
}

static status_t console_wait_interrupt(struct call *call)
{
    end_interrupted();
    if (missed) {
        missed = false;
        return STATUS_OK;
    }
    return wait(call, false, 0);
}

static const struct terminal_operations terminal_operations = {
    .set_mode = console_set_mode,
    .wait_interrupt = console_wait_interrupt,
};

/* ---- lines of the supervisor ---------------------------------------------------------------- */

static void show(const char *line, uint32_t length)
{
    static uint8_t bytes[NOTICE_BYTES];
    uint32_t count = notice_compose(&pump.output, line, length, bytes);
    for (uint32_t i = 0; i < count; i++) {
        (void)byte_ring_put(&pump.output, bytes[i]);
    }
    pump_output_added(&pump);
}

static void show_notices(void)
{
    char line[NOTICE_LINE];
    size_t length = 0;
    status_t status = STATUS_OK;
    while (status == STATUS_OK) {
        notices_wait = byte_ring_room(&pump.output) < NOTICE_BYTES;
        status = notices_wait ? STATUS_WOULD_BLOCK
                              : supervisor_notice(server.supervisor, NOTICE_BIT, line, sizeof(line),
                                                  &length);
        if (status == STATUS_OK) {
            show(line, (uint32_t)length);
        }
    }
}

/* ---- the server ----------------------------------------------------------------------------- */

static void on_event(struct server *at, uint64_t bits)
{
    (void)at;
    if ((bits & PUMP_INPUT) != 0) {
        take_input();
    }
    if ((bits & NOTICE_BIT) != 0 || notices_wait) {
        show_notices();
    }
    if ((bits & PUMP_ROOM) != 0) {
        serve_writers();
    }
    if ((bits & PUMP_SYNCED) != 0) {
        end_waits_for_sync();
    }
}

static void on_closed(struct server *at, uint64_t badge)
{
    (void)at;
    if (badge == interrupter) {
        end_interrupted();
    }
    stream_finish_badge(&readers, badge, STATUS_INTERRUPTED);
    stream_finish_badge(&interrupted, badge, STATUS_INTERRUPTED);
    stream_finish_badge(&writers, badge, STATUS_INTERRUPTED);
    for (int i = 0; i < WAITING_CALLS; i++) {
        if (waiting[i].reply != 0 && waiting[i].badge == badge) {
            end_wait(&waiting[i], STATUS_INTERRUPTED);
        }
    }
}

static void on_cancel(struct server *at, handle_t reply)
{
    (void)at;
    struct stream_request *request = stream_call_find(reply);
    if (request != NULL) {
        cancel(request, STATUS_INTERRUPTED);
        return;
    }
    for (int i = 0; i < WAITING_CALLS; i++) {
        if (waiting[i].reply == reply) {
            end_wait(&waiting[i], STATUS_INTERRUPTED);
        }
    }
}

/* Reads and waits for ^C would wait for ever; output is finished. */
static void on_stop(struct server *at)
{
    (void)at;
    stream_finish_all(&readers, STATUS_NOT_READY);
    stream_finish_all(&interrupted, STATUS_NOT_READY);
    (void)end_waits_for_interrupt(STATUS_NOT_READY);
}

static void drain(void)
{
    uint64_t deadline = clock_read() + DRAIN_TIME;
    while (byte_ring_used(&pump.output) > 0 && clock_read() < deadline) {
        status_ignore(thread_yield());
    }
}

/* Without a store the mode begins anew with each instance. */
static void open_store(void)
{
    handle_t memory = 0;
    uint64_t size = 0;
    uint64_t address = 0;
    if (supervisor_store(server.supervisor, STORE_BYTES, &size, &memory) == STATUS_OK &&
        size >= sizeof(struct store) &&
        space_map(0, memory, 0, 0, STORE_BYTES, MAP_READ | MAP_WRITE, &address) == STATUS_OK) {
        store = (struct store *)(uintptr_t)address;
    }
    if (store->magic != STORE_MAGIC || store->mode > TERMINAL_RAW) {
        *store = (struct store){STORE_MAGIC, TERMINAL_COOKED};
    }
}

static status_t begin(const char *name)
{
    status_t status = server_add(&server, file_protocol(&file_operations));
    if (status == STATUS_OK) {
        status = server_add(&server, terminal_protocol(&terminal_operations));
    }
    if (status == STATUS_OK) {
        status = publish_as(&server, name, 0, FILE_KIND_TERMINAL);
    }
    return status == STATUS_OK ? server_ready(&server) : status;
}

int server_main(const struct start_info *info)
{
    if (server_init(&server, info) != STATUS_OK) {
        return 1;
    }
    const char *path = publish_argument(&server, 0, "/dev/serial0");
    server.on_event = on_event;
    server.on_closed = on_closed;
    server.on_cancel = on_cancel;
    server.on_stop = on_stop;
    open_store();
    discipline_init(&discipline, echo, NULL);
    (void)discipline_set_raw(&discipline, store->mode == TERMINAL_RAW);
    status_t status = pump_start(&pump, &server, path, PRIORITY);
    if (status != STATUS_OK) {
        return server_refuse(&server, "%s: %s", path, status_text(status));
    }
    handle_t machine = server_handle(&server, "machine");
    if (machine != 0) {
        status_ignore(log_take_console(machine));
    }
    status = begin(publish_argument(&server, 1, "console"));
    if (status != STATUS_OK) {
        return server_refuse(&server, "publishing its name: %s", status_text(status));
    }
    show_notices();
    int code = server_run(&server);
    drain();
    return code;
}
