/*
 * The console device behind virtio-mmio, modern or legacy, with its one port (Virtual I/O Device
 * 1.2, section 5.3; without MULTIPORT): a stream of bytes each way, published as /dev/hvc0 and so
 * on. Start handles: registers0, irq0, node.
 *
 * To serial_server it is a UART: bytes received come out of buffers that the device has filled,
 * each of which it gets back when it is empty, so nothing is received that there is no room for;
 * bytes to be sent are collected in a buffer, which goes to the device when it is full or when
 * there are no more.
 *
 * Stateless: what was received and not yet read is lost with an instance.
 */
#include <sinter/object.h>

#include "dma_memory.h"
#include "serial_server.h"
#include "virtio-mmio.h"
#include "virtqueue.h"

int server_main(const struct start_info *info);

SERVER_META(name, "virtio-console");
SERVER_META(version, "1.0");
SERVER_META(licence, "BSD-2-Clause");
SERVER_META(description, "Stream of bytes to the host, behind virtio-mmio");
SERVER_META(kind, DRIVER);
SERVER_META(provides, "file 1.0");
SERVER_META(device, "virtio,mmio:3"); /* the type of a console */
SERVER_META(resources, RESOURCE_REGISTERS | RESOURCE_INTERRUPTS | RESOURCE_DMA);
SERVER_META(restart, STATELESS);
SERVER_META(priority, 16);
SERVER_META(path, "hvc*");

enum { RECEIVE, TRANSMIT, QUEUES }; /* 5.3.2 */

enum {
    BUFFER_BYTES = LIMIT_PAGE_SIZE,
    RECEIVE_BUFFERS = 4,
    TRANSMIT_BUFFERS = 2,
    BUFFERS = RECEIVE_BUFFERS + TRANSMIT_BUFFERS, /* those to receive into come first */
    MEMORY_BYTES = QUEUES * VIRTQUEUE_BYTES + BUFFERS * BUFFER_BYTES
};

struct buffer {
    uint8_t *bytes;
    uint64_t address; /* as the device sees it */
    uint32_t length;  /* bytes in it */
    uint32_t taken;   /* of those received */
    bool in_flight;   /* it is the device's */
};

static struct uart uart;
static struct virtio_mmio virtio;
static struct virtqueue queues[QUEUES];
static struct dma_memory memory;
static struct buffer buffers[BUFFERS];
static struct buffer *received; /* the one that bytes come out of; null: none */
static struct buffer *sent = &buffers[RECEIVE_BUFFERS]; /* the one that is being filled */
static handle_t account;

/* ---- buffers -------------------------------------------------------------------------------- */

static void give(uint32_t number, struct buffer *buffer, uint32_t length)
{
    struct virtqueue *queue = &queues[number];
    struct virtqueue_segment segment = {
        .address = buffer->address,
        .length = length,
        .device_writes = number == RECEIVE,
    };
    buffer->in_flight = virtqueue_add(queue, &segment, 1, buffer);
    if (buffer->in_flight && virtqueue_wants_notify(queue)) {
        virtio_mmio_notify(&virtio, number);
    }
}

/* A buffer that the device has done with, or null. The next instance resets one that errs. */
static struct buffer *take_back(uint32_t number, uint32_t *length)
{
    void *token = NULL;
    enum virtqueue_result result = virtqueue_take(&queues[number], &token, length);
    if (result == VIRTQUEUE_BROKEN) {
        log_line("gives up: the device answered what it was not asked");
        task_exit(1);
    }
    struct buffer *buffer = result == VIRTQUEUE_TAKEN ? token : NULL;
    if (buffer != NULL) {
        buffer->in_flight = false;
    }
    return buffer;
}

/* ---- a UART --------------------------------------------------------------------------------- */

static bool console_get(struct uart *at, uint8_t *byte)
{
    (void)at;
    while (received == NULL || received->taken == received->length) {
        if (received != NULL) {
            give(RECEIVE, received, BUFFER_BYTES);
        }
        uint32_t length = 0;
        received = take_back(RECEIVE, &length);
        if (received == NULL) {
            return false;
        }
        received->length = length;
        received->taken = 0;
    }
    *byte = received->bytes[received->taken++];
    return true;
}

static void flush(void)
{
    if (sent->length > 0 && !sent->in_flight) {
        give(TRANSMIT, sent, sent->length);
    }
}

static uint32_t console_room(struct uart *at)
{
    uint32_t length;
    struct buffer *done;
    (void)at;
    while ((done = take_back(TRANSMIT, &length)) != NULL) {
        done->length = 0;
    }
    if (sent->length == BUFFER_BYTES) {
        flush();
    }
    for (uint32_t i = RECEIVE_BUFFERS; i < BUFFERS && sent->in_flight; i++) {
        sent = buffers[i].in_flight ? sent : &buffers[i];
    }
    return sent->in_flight ? 0 : BUFFER_BYTES - sent->length;
}

static void console_put(struct uart *at, uint8_t byte)
{
    (void)at;
    sent->bytes[sent->length++] = byte;
}

/* Called when all that can be sent has been put: off it goes. The device always interrupts. */
static void console_set_interrupts(struct uart *at, bool receive, bool transmit)
{
    (void)at;
    (void)receive;
    (void)transmit;
    flush();
}

static bool console_idle(struct uart *at)
{
    bool idle = true;
    (void)at;
    for (uint32_t i = RECEIVE_BUFFERS; i < BUFFERS; i++) {
        idle = idle && buffers[i].length == 0;
    }
    return idle;
}

static void console_acknowledge(struct uart *at)
{
    (void)at;
    (void)virtio_mmio_interrupts(&virtio);
}

static const struct uart_operations operations = {
    .get = console_get,
    .room = console_room,
    .put = console_put,
    .set_interrupts = console_set_interrupts,
    .idle = console_idle,
    .acknowledge = console_acknowledge,
};

/* ---- the server ----------------------------------------------------------------------------- */

static status_t set_up_queue(uint32_t number)
{
    uint64_t offset = (uint64_t)number * VIRTQUEUE_BYTES;
    uint16_t size = virtio_mmio_queue_size(&virtio, number, RECEIVE_BUFFERS);
    if (size < RECEIVE_BUFFERS) {
        return STATUS_UNSUPPORTED;
    }
    virtqueue_init(&queues[number], memory.bytes + offset, size);
    return virtio_mmio_set_queue(&virtio, number, size, memory.address + offset);
}

static void make_buffers(void)
{
    for (uint32_t i = 0; i < BUFFERS; i++) {
        uint64_t offset = QUEUES * VIRTQUEUE_BYTES + (uint64_t)i * BUFFER_BYTES;
        buffers[i].bytes = memory.bytes + offset;
        buffers[i].address = memory.address + offset;
    }
}

static status_t bring_up(const struct device *device, const char **step)
{
    *step = "no console device here";
    status_t status = virtio_mmio_probe(&virtio, device->registers);
    if (status == STATUS_OK && virtio.device_id != VIRTIO_DEVICE_CONSOLE) {
        return STATUS_NO_DEVICE;
    }
    if (status == STATUS_OK) {
        *step = "the device does not reset";
        status = virtio_mmio_reset(&virtio);
    }
    if (status == STATUS_OK) {
        *step = "no memory for the device";
        status = pin_release(device->memory);
    }
    if (status == STATUS_OK) {
        status = dma_memory_make(&memory, device, account, MEMORY_BYTES);
    }
    if (status == STATUS_OK) {
        *step = "the device cannot be set up";
        status = virtio_mmio_negotiate(&virtio, 0);
    }
    for (uint32_t i = 0; i < QUEUES && status == STATUS_OK; i++) {
        status = set_up_queue(i);
    }
    return status;
}

static struct uart *start(const struct device *device)
{
    const char *step;
    status_t status = bring_up(device, &step);
    if (status != STATUS_OK) {
        log_line("%s: %s", step, status_text(status));
        return NULL;
    }
    make_buffers();
    virtio_mmio_start(&virtio);
    for (uint32_t i = 0; i < RECEIVE_BUFFERS; i++) {
        give(RECEIVE, &buffers[i], BUFFER_BYTES);
    }
    uart.operations = &operations;
    return &uart;
}

int server_main(const struct start_info *info)
{
    const struct start_handle *found = start_handle_find(info, "account");
    account = found != NULL ? found->handle : 0;
    int code = serial_server_run(info, start, "hvc*");
    if (memory.pin != 0 && virtio_mmio_reset(&virtio) == STATUS_OK) {
        dma_memory_release(&memory);
    }
    return code;
}
