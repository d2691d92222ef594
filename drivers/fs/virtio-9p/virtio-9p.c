/*
 * A directory of the host as a file server: a client of 9P2000.L over virtio-mmio, modern or
 * legacy. init.rc mounts it. Start handles: registers0, irq0.
 *
 * State store: which paths are open, and how. After a crash or a restart each is opened again on
 * the host, and clients go on; a call in flight fails with PEER_DIED and is repeated. A file whose
 * path names another one by then, or none, answers IO_ERROR. What is open cannot be removed or
 * replaced (BUSY): the host could not tell its attributes any more.
 */
#include <sinter/object.h>

#include <sinter/protocol/file.h>
#include <sinter/protocol/supervisor.h>

#include "operations.h"

int server_main(const struct start_info *info);

SERVER_META(name, "virtio-9p");
SERVER_META(version, "1.0");
SERVER_META(licence, "BSD-2-Clause");
SERVER_META(description, "Directory of the host, by 9P over virtio-mmio");
SERVER_META(kind, DRIVER);
SERVER_META(provides, "file 1.0");
SERVER_META(device, "virtio,mmio:9"); /* the type of a 9P transport */
SERVER_META(resources, RESOURCE_REGISTERS | RESOURCE_INTERRUPTS | RESOURCE_DMA);
SERVER_META(restart, STATE);
SERVER_META(priority, 16);

enum control_bit { INTERRUPT_BIT = 0x1 };

struct store {
    struct openings_saved openings;
    struct positions positions;
};

enum {
    STORE_BYTES = (sizeof(struct store) + LIMIT_PAGE_SIZE - 1) / LIMIT_PAGE_SIZE * LIMIT_PAGE_SIZE,
    ROOT_FID = 0,
    LEAST_DATA = CHANNEL_BOUNCE_BYTES
};
#define START_TIME 4000000000ull /* ns that the host has for the first messages */

static struct server server;
static status_t step_status; /* of what runs before the server serves */

/* ---- before serving ------------------------------------------------------------------------- */

static void serve_interrupt(void)
{
    (void)virtio_mmio_interrupts(&session.channel.virtio);
    if (!jobs_progress()) {
        log_line("gives up: the device answered what it was not asked");
        task_exit(1);
    }
    device_acknowledge(&session.channel.device);
}

/* Waits until no job runs; the supervisor's orders wait as long. */
static status_t settle(void)
{
    uint64_t deadline = clock_read() + START_TIME;
    while (jobs_run()) {
        uint64_t bits;
        status_t status = event_wait(server.control, INTERRUPT_BIT, deadline, &bits);
        if (status != STATUS_OK && status != STATUS_INTERRUPTED) {
            return status;
        }
        serve_interrupt();
    }
    return step_status;
}

static void have_root(struct job *job, status_t status)
{
    step_status = status;
    job_finish(job, STATUS_OK);
}

static void attach(struct job *job)
{
    struct ninep_writer *writer = job_message(job, NINEP_ATTACH);
    ninep_put_u32(writer, ROOT_FID);
    ninep_put_u32(writer, NINEP_NO_FID); /* no authentication */
    ninep_put_string(writer, "", 0);     /* user */
    ninep_put_string(writer, "", 0);     /* directory: the shared one */
    ninep_put_u32(writer, NINEP_NO_FID); /* user by number: none */
    job_send(job, have_root);
}

/* The host may want smaller messages. */
static void have_version(struct job *job, status_t status)
{
    uint32_t size = 0;
    if (status == STATUS_OK && !ninep_get_version(&job->reader, &size)) {
        status = STATUS_UNSUPPORTED;
    }
    if (status == STATUS_OK && size < LEAST_DATA + NINEP_IO_HEADER) {
        status = STATUS_UNSUPPORTED;
    }
    if (status != STATUS_OK) {
        have_root(job, status);
        return;
    }
    uint32_t data = size - NINEP_IO_HEADER;
    session.data_bytes = data < CHANNEL_DATA_BYTES ? data : CHANNEL_DATA_BYTES;
    attach(job);
}

/* The version ends whatever the host had for an instance before. */
static status_t open_session(void)
{
    struct job *job = job_begin_own();
    struct ninep_writer *writer = job_message(job, NINEP_VERSION);
    ninep_put_u32(writer, CHANNEL_DATA_BYTES + NINEP_IO_HEADER);
    ninep_put_string(writer, NINEP_VERSION_TEXT, sizeof(NINEP_VERSION_TEXT) - 1);
    job_send(job, have_version);
    return settle();
}

static status_t restore(void)
{
    for (uint32_t place = 0; place < OPENINGS; place++) {
        struct job *job = job_begin_own();
        operation_restore(job, &session.openings.saved->openings[place]);
        status_t status = settle();
        if (status != STATUS_OK) {
            return status;
        }
    }
    return STATUS_OK;
}

/* ---- the state store ------------------------------------------------------------------------ */

static status_t make_store(handle_t *memory)
{
    uint64_t size = 0;
    status_t status = supervisor_store(server.supervisor, STORE_BYTES, &size, memory);
    if (status == STATUS_OK && size < STORE_BYTES) {
        status_ignore(handle_close(*memory));
        status = STATUS_TOO_LARGE;
    }
    if (status != STATUS_OK) {
        log_line("no state store: %s; what is open is lost if it crashes", status_text(status));
        status = memory_create(server.account, STORE_BYTES, 0, memory);
    }
    return status;
}

static status_t open_store(void)
{
    handle_t memory = 0;
    uint64_t mapped = 0;
    status_t status = make_store(&memory);
    if (status == STATUS_OK) {
        status = space_map(0, memory, 0, 0, STORE_BYTES, MAP_READ | MAP_WRITE, &mapped);
    }
    if (status == STATUS_OK) {
        struct store *store = (struct store *)(uintptr_t)mapped;
        uint32_t count = openings_init(&session.openings, &store->openings);
        session.positions = &store->positions;
        positions_begin(session.positions, NULL);
        if (count != 0) {
            log_line("goes on with %u open files", (unsigned)count);
        }
    }
    return status;
}

/* ---- the server ----------------------------------------------------------------------------- */

static const struct file_operations operations = {
    .open = operation_open,
    .attach = operation_attach,
    .read = operation_read,
    .write = operation_write,
    .seek = operation_seek,
    .stat = operation_stat,
    .list = operation_list,
    .sync = operation_sync,
    .make_directory = operation_make_directory,
    .remove = operation_remove,
    .rename = operation_rename,
    .resize = operation_resize,
    .times = operation_times,
    .set_modified = operation_set_modified,
    .space = operation_space,
};

static void on_event(struct server *at, uint64_t bits)
{
    (void)at;
    if ((bits & INTERRUPT_BIT) != 0) {
        serve_interrupt();
    }
}

static void on_closed(struct server *at, uint64_t badge)
{
    (void)at;
    positions_forget(session.positions, badge);
    struct opening *opening = openings_find(&session.openings, badge);
    if (opening != NULL) {
        opening_release(opening);
    }
}

static void on_cancel(struct server *at, handle_t reply)
{
    (void)at;
    jobs_cancel(reply);
}

static status_t begin(const char **reason)
{
    *reason = "its interrupt";
    status_t status = device_listen(&session.channel.device, &server, INTERRUPT_BIT);
    if (status == STATUS_OK) {
        *reason = "the host does not take up the protocol";
        status = open_session();
    }
    if (status == STATUS_OK) {
        *reason = "no memory for what is open";
        status = open_store();
    }
    if (status == STATUS_OK) {
        *reason = "what was open cannot be opened again";
        status = restore();
    }
    if (status == STATUS_OK) {
        *reason = "its protocol";
        status = server_add(&server, file_protocol(&operations));
    }
    return status == STATUS_OK ? server_ready(&server) : status;
}

int server_main(const struct start_info *info)
{
    const char *reason;
    if (server_init(&server, info) != STATUS_OK) {
        return 1;
    }
    session.server = &server;
    status_t status = device_open(&session.channel.device, &server);
    if (status != STATUS_OK) {
        return server_refuse(&server, "no registers: %s", status_text(status));
    }
    status = channel_open(&session.channel, server.account, &reason);
    if (status == STATUS_OK) {
        log_line("the host shares a directory as `%s`", session.channel.tag);
        status = begin(&reason);
    }
    if (status != STATUS_OK) {
        return server_refuse(&server, "%s: %s", reason, status_text(status));
    }
    server.on_event = on_event;
    server.on_closed = on_closed;
    server.on_cancel = on_cancel;
    int code = server_run(&server);
    channel_close(&session.channel);
    return code;
}
