/* The server of serial_server.h. */
#include "serial_server.h"

#include <sinter/protocol/file.h>
#include <sinter/protocol/supervisor.h>

#include "publish.h"
#include "stream_server.h"

enum {
    INTERRUPT_BIT = 0x1,
    DRAIN_TIME = 500000000 /* ns; a full ring takes 360 ms at 115200 baud */
};

static struct server server;
static struct device device;
static struct serial serial;

static void cancel(struct stream_request *request, status_t status)
{
    serial_cancel(&serial, request, status);
}

static status_t serial_file_read(struct call *call, uint64_t offset, uint32_t flags,
                                 uint64_t *count)
{
    (void)offset;
    struct stream_request *request = stream_call_begin(call, flags);
    if (request == NULL) {
        return STATUS_BUSY;
    }
    serial_read(&serial, request);
    return stream_call_end(call, request, count, cancel);
}

static status_t serial_file_write(struct call *call, uint64_t offset, uint32_t flags,
                                  uint64_t *count)
{
    (void)offset;
    struct stream_request *request = stream_call_begin(call, flags);
    if (request == NULL) {
        return STATUS_BUSY;
    }
    serial_write(&serial, request);
    return stream_call_end(call, request, count, cancel);
}

static status_t serial_file_attach(struct call *call, uint32_t flags, uint32_t *kind)
{
    (void)call;
    (void)flags;
    *kind = FILE_KIND_CHARACTER;
    return STATUS_OK;
}

static status_t serial_file_stat(struct call *call, uint32_t *kind, uint64_t *size,
                                 uint64_t *block_size)
{
    (void)call;
    *kind = FILE_KIND_CHARACTER;
    *size = 0;
    *block_size = SERIAL_TRANSMIT_RING;
    return STATUS_OK;
}

/* Waits, a bounded time, until the last byte has left. */
static status_t drain(void)
{
    uint64_t deadline = clock_read() + DRAIN_TIME;
    while (!serial_sent(&serial) || !serial.uart->operations->idle(serial.uart)) {
        if (clock_read() > deadline) {
            return STATUS_IO_ERROR;
        }
        status_ignore(thread_yield());
        serial_progress(&serial);
    }
    return STATUS_OK;
}

static status_t serial_file_sync(struct call *call)
{
    (void)call;
    return drain();
}

static const struct file_operations operations = {
    .attach = serial_file_attach,
    .read = serial_file_read,
    .write = serial_file_write,
    .stat = serial_file_stat,
    .sync = serial_file_sync,
};

static void on_event(struct server *at, uint64_t bits)
{
    (void)at;
    if ((bits & INTERRUPT_BIT) != 0) {
        if (serial.uart->operations->acknowledge != NULL) {
            serial.uart->operations->acknowledge(serial.uart);
        }
        serial_progress(&serial);
        device_acknowledge(&device);
    }
}

static void on_closed(struct server *at, uint64_t badge)
{
    (void)at;
    stream_finish_badge(&serial.readers, badge, STATUS_INTERRUPTED);
    stream_finish_badge(&serial.writers, badge, STATUS_INTERRUPTED);
}

static void on_cancel(struct server *at, handle_t reply)
{
    (void)at;
    struct stream_request *request = stream_call_find(reply);
    if (request != NULL) {
        serial_cancel(&serial, request, STATUS_INTERRUPTED);
    }
}

/* Reads would wait for ever; writes are finished, with the interrupts still on. */
static void on_stop(struct server *at)
{
    (void)at;
    stream_finish_all(&serial.readers, STATUS_NOT_READY);
}

static status_t begin(const char *path, const char **step)
{
    *step = "its interrupt";
    status_t status = device_listen(&device, &server, INTERRUPT_BIT);
    if (status == STATUS_OK) {
        *step = "publishing";
        status = publish(&server, path, 0, FILE_KIND_CHARACTER);
    }
    if (status == STATUS_OK) {
        *step = "the file protocol";
        status = server_add(&server, file_protocol(&operations));
    }
    if (status == STATUS_OK) {
        *step = "saying ready";
        status = server_ready(&server);
    }
    return status;
}

int serial_server_run(const struct start_info *info, serial_start *start, const char *path)
{
    if (server_init(&server, info) != STATUS_OK) {
        return 1;
    }
    status_t status = device_open(&device, &server);
    if (status != STATUS_OK) {
        return server_refuse(&server, "no registers: %s", status_text(status));
    }
    struct uart *uart = start(&device);
    if (uart == NULL) {
        return server_refuse(&server,
                             "its device-tree node describes registers of an unknown form");
    }
    server.on_event = on_event;
    server.on_closed = on_closed;
    server.on_cancel = on_cancel;
    server.on_stop = on_stop;
    serial_init(&serial, uart, &stream_call_host);
    const char *step;
    status = begin(path, &step);
    if (status != STATUS_OK) {
        return server_refuse(&server, "%s: %s", step, status_text(status));
    }
    int code = server_run(&server);
    status_ignore(drain());
    uart->operations->set_interrupts(uart, false, false);
    return code;
}
