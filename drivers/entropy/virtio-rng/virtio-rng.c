/*
 * The entropy device behind virtio-mmio, modern or legacy (Virtual I/O Device 1.2, section 5.4).
 * At its start and every few minutes its bytes are mixed into the kernel's generator, which
 * /dev/random is read from; /dev/hwrng gives them as they come. Start handles: registers0, irq0,
 * machine with the right to add entropy.
 *
 * The device fills one buffer at a time, and does so when it likes; reads wait in the order of
 * arrival, and end at once when they are cancelled. A page at most is answered to a read.
 * Stateless: what the device has filled for a dead instance is lost, its reads are repeated.
 */
#include <sinter/object.h>

#include <sinter/protocol/file.h>

#include "dma_memory.h"
#include "publish.h"
#include "virtio-mmio.h"
#include "virtqueue.h"

int server_main(const struct start_info *info);

SERVER_META(name, "virtio-rng");
SERVER_META(version, "1.0");
SERVER_META(licence, "BSD-2-Clause");
SERVER_META(description, "Entropy device behind virtio-mmio");
SERVER_META(kind, DRIVER);
SERVER_META(provides, "file 1.0");
SERVER_META(device, "virtio,mmio:4"); /* the type of an entropy device */
SERVER_META(resources, RESOURCE_REGISTERS | RESOURCE_INTERRUPTS | RESOURCE_DMA | RESOURCE_ENTROPY);
SERVER_META(restart, STATELESS);
SERVER_META(priority, 16);
SERVER_META(path, "hwrng");

enum control_bit { INTERRUPT_BIT = 0x1, FEED_BIT = 0x2 };

enum {
    QUEUE = 0,
    QUEUE_SIZE = 2,
    BUFFER_OFFSET = VIRTQUEUE_BYTES,
    BUFFER_BYTES = LIMIT_PAGE_SIZE,
    MEMORY_BYTES = BUFFER_OFFSET + BUFFER_BYTES,
    FEED_BYTES = 256, /* limit of entropy_add() */
    READS = 16
};
#define FEED_PERIOD 300000000000ull /* ns: five minutes */

struct waiting_read {
    handle_t reply;
    uint64_t length;
};

static struct server server;
static struct device device;
static struct virtio_mmio virtio;
static struct virtqueue queue;
static struct dma_memory memory;
static handle_t machine;
static handle_t timer;

static struct waiting_read reads[READS]; /* in the order of arrival */
static uint32_t read_count;
static bool feed_wanted = true;

/* What the buffer is being filled for; ABANDONED: a read that was cancelled. */
static enum { IDLE, FEEDING, READING, ABANDONED } work;

/* ---- the device ----------------------------------------------------------------------------- */

static status_t bring_up(void)
{
    status_t status = virtio_mmio_negotiate(&virtio, 0);
    if (status != STATUS_OK) {
        return status;
    }
    uint16_t size = virtio_mmio_queue_size(&virtio, QUEUE, QUEUE_SIZE);
    if (size == 0) {
        return STATUS_UNSUPPORTED;
    }
    virtqueue_init(&queue, memory.bytes, size);
    status = virtio_mmio_set_queue(&virtio, QUEUE, size, memory.address);
    if (status == STATUS_OK) {
        virtio_mmio_start(&virtio);
    }
    return status;
}

static status_t open_device(const char **reason)
{
    *reason = "no registers";
    status_t status = device_open(&device, &server);
    if (status == STATUS_OK) {
        *reason = "no entropy device here";
        status = virtio_mmio_probe(&virtio, device.registers);
    }
    if (status == STATUS_OK && virtio.device_id != VIRTIO_DEVICE_ENTROPY) {
        return STATUS_NO_DEVICE;
    }
    if (status == STATUS_OK) {
        *reason = "the device does not reset";
        status = virtio_mmio_reset(&virtio);
    }
    if (status == STATUS_OK) {
        *reason = "no memory for the device";
        status = pin_release(device.memory);
    }
    if (status == STATUS_OK) {
        status = dma_memory_make(&memory, &device, server.account, MEMORY_BYTES);
    }
    if (status == STATUS_OK) {
        *reason = "the device cannot be set up";
        status = bring_up();
    }
    return status;
}

/* Has the device fill the buffer for what comes next, if it is idle. */
static void start_work(void)
{
    uint64_t length = feed_wanted ? FEED_BYTES : read_count > 0 ? reads[0].length : 0;
    if (work != IDLE || length == 0) {
        return;
    }
    struct virtqueue_segment segment = {
        .address = memory.address + BUFFER_OFFSET,
        .length = (uint32_t)(length < BUFFER_BYTES ? length : BUFFER_BYTES),
        .device_writes = true,
    };
    if (!virtqueue_add(&queue, &segment, 1, &work)) {
        return;
    }
    work = feed_wanted ? FEEDING : READING;
    if (virtqueue_wants_notify(&queue)) {
        virtio_mmio_notify(&virtio, QUEUE);
    }
}

/* ---- the generator -------------------------------------------------------------------------- */

static void feed(uint32_t length)
{
    feed_wanted = false;
    if (length == 0) {
        return;
    }
    message_put_data(message_page(), memory.bytes + BUFFER_OFFSET, length);
    status_t status = entropy_add(machine, length);
    if (status != STATUS_OK) {
        log_line("the kernel does not take its bytes: %s", status_text(status));
    }
}

/* ---- reads ---------------------------------------------------------------------------------- */

static void finish_read(uint32_t place, status_t status, uint64_t count, uint64_t absent)
{
    handle_t reply = reads[place].reply;
    read_count--;
    for (uint32_t i = place; i < read_count; i++) {
        reads[i] = reads[i + 1];
    }
    if (place == 0 && work == READING) {
        work = ABANDONED;
    }
    if (status == STATUS_RETRY_TOUCH) {
        server_answer_retry(&server, reply, 0, absent);
        return;
    }
    status_ignore(file_read_answer(reply, status, count));
    server_reply_done(&server, reply);
}

static void answer_read(uint32_t length)
{
    uint64_t absent = 0;
    work = IDLE;
    status_t status = length == 0
                          ? STATUS_IO_ERROR
                          : lease_transfer(reads[0].reply, 0, 0, memory.bytes + BUFFER_OFFSET,
                                           length, LEASE_WRITE, &absent);
    finish_read(0, status, length, absent);
}

static status_t rng_file_read(struct call *call, uint64_t offset, uint32_t flags, uint64_t *count)
{
    uint64_t length = call_lease_length(call, 0);
    (void)offset;
    (void)flags;
    *count = 0;
    if (length == 0) {
        return STATUS_OK;
    }
    handle_t reply = read_count < READS ? call_defer(call) : 0;
    if (reply == 0) {
        return read_count < READS ? STATUS_NO_KERNEL_MEMORY : STATUS_BUSY;
    }
    reads[read_count++] = (struct waiting_read){reply, length};
    start_work();
    return STATUS_OK;
}

static status_t rng_file_attach(struct call *call, uint32_t flags, uint32_t *kind)
{
    (void)call;
    *kind = FILE_KIND_CHARACTER;
    return (flags & FILE_WRITE) != 0 ? STATUS_READ_ONLY : STATUS_OK;
}

static status_t rng_file_stat(struct call *call, uint32_t *kind, uint64_t *size,
                              uint64_t *block_size)
{
    (void)call;
    *kind = FILE_KIND_CHARACTER;
    *size = 0;
    *block_size = BUFFER_BYTES;
    return STATUS_OK;
}

static const struct file_operations operations = {
    .attach = rng_file_attach,
    .read = rng_file_read,
    .stat = rng_file_stat,
};

/* ---- the server ----------------------------------------------------------------------------- */

static void take_work(uint32_t length)
{
    switch (work) {
    case FEEDING:
        feed(length);
        break;
    case READING:
        answer_read(length);
        break;
    default:
        break;
    }
    work = IDLE;
}

/* The next instance resets a device that does not keep to the protocol. */
static void serve_interrupt(void)
{
    void *token = NULL;
    uint32_t length = 0;
    (void)virtio_mmio_interrupts(&virtio);
    enum virtqueue_result result = virtqueue_take(&queue, &token, &length);
    if (result == VIRTQUEUE_BROKEN) {
        log_line("gives up: the device answered what it was not asked");
        task_exit(1);
    }
    if (result == VIRTQUEUE_TAKEN) {
        take_work(length);
    }
    device_acknowledge(&device);
    start_work();
}

static void on_event(struct server *at, uint64_t bits)
{
    (void)at;
    feed_wanted = feed_wanted || (bits & FEED_BIT) != 0;
    if ((bits & INTERRUPT_BIT) != 0) {
        serve_interrupt();
    }
    start_work();
}

static void on_cancel(struct server *at, handle_t reply)
{
    (void)at;
    for (uint32_t i = 0; i < read_count; i++) {
        if (reads[i].reply == reply) {
            finish_read(i, STATUS_INTERRUPTED, 0, 0);
            return;
        }
    }
}

static void on_stop(struct server *at)
{
    (void)at;
    while (read_count > 0) {
        finish_read(read_count - 1, STATUS_NOT_READY, 0, 0);
    }
}

static status_t begin(void)
{
    status_t status = timer_make(server.account, server.control, FEED_BIT, &timer);
    if (status == STATUS_OK) {
        status = timer_set(timer, clock_read() + FEED_PERIOD, FEED_PERIOD);
    }
    if (status == STATUS_OK) {
        status = device_listen(&device, &server, INTERRUPT_BIT);
    }
    if (status == STATUS_OK) {
        status = server_add(&server, file_protocol(&operations));
    }
    if (status == STATUS_OK) {
        status = publish(&server, "hwrng", 0, FILE_KIND_CHARACTER);
    }
    start_work();
    return status == STATUS_OK ? server_ready(&server) : status;
}

int server_main(const struct start_info *info)
{
    const char *reason;
    if (server_init(&server, info) != STATUS_OK) {
        return 1;
    }
    machine = server_handle(&server, "machine");
    if (machine == 0) {
        return server_refuse(&server, "no handle `machine`: let init.rc allow it entropy");
    }
    status_t status = open_device(&reason);
    if (status != STATUS_OK) {
        return server_refuse(&server, "%s: %s", reason, status_text(status));
    }
    server.on_event = on_event;
    server.on_cancel = on_cancel;
    server.on_stop = on_stop;
    status = begin();
    if (status != STATUS_OK) {
        return server_refuse(&server, "its interrupt, timer or name: %s", status_text(status));
    }
    int code = server_run(&server);
    if (virtio_mmio_reset(&virtio) == STATUS_OK) {
        dma_memory_release(&memory);
    }
    return code;
}
