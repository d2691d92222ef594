/*
 * A disk behind virtio-mmio, modern or legacy: the file protocol at byte offsets, file_sync() as
 * flush. Published as its first argument says, otherwise as `disk*`, for which the supervisor
 * puts the next number; a node without a block device is refused with "no block device here".
 * Start handles: registers0, irq0.
 *
 * Client replays: a call in flight at a crash fails with PEER_DIED, and since it names the blocks
 * it is repeated as it was. Writes that were answered are in the device. State store: which disk
 * this is, for who knows what was on it, and who has claimed it (block_kept.h). The device goes on
 * writing to memory of a dead instance until the next one has reset it; the kernel keeps that
 * memory until then.
 */
#include <sinter/object.h>

#include <sinter/protocol/file.h>

#include "block_kept.h"
#include "publish.h"
#include "request.h"

int server_main(const struct start_info *info);

SERVER_META(name, "virtio-blk");
SERVER_META(version, "1.0");
SERVER_META(licence, "BSD-2-Clause");
SERVER_META(description, "Disk behind virtio-mmio");
SERVER_META(kind, DRIVER);
SERVER_META(provides, "file 1.0");
SERVER_META(device, "virtio,mmio:2"); /* the type of a block device */
SERVER_META(resources, RESOURCE_REGISTERS | RESOURCE_INTERRUPTS | RESOURCE_DMA);
SERVER_META(restart, REPLAY);
SERVER_META(priority, 22);
SERVER_META(path, "disk*");

enum control_bit { INTERRUPT_BIT = 0x1, WATCH_BIT = 0x2 };

enum {
    WATCH_TIME = 15 /* s: a device that ends nothing for one to two of them is reset */
};
#define NANOSECONDS 1000000000ull

static struct server server;
static struct disk disk;
static struct requests requests;
static struct block_kept *kept;

/* Looks now and then whether the device makes progress, while it has something to do. */
static struct {
    handle_t timer;
    bool armed;
    uint64_t completed; /* requests.completed when it looked last */
} watch;

/* ---- the device ----------------------------------------------------------------------------- */

/* A device that cannot be reset keeps its memory: the kernel holds it after the task has ended. */
static void restart_device(const char *why)
{
    const char *reason;
    log_line("resets the device: %s", why);
    status_t status = disk_restart(&disk, &reason);
    if (status != STATUS_OK) {
        log_line("gives up: %s: %s", reason, status_text(status));
        task_exit(1);
    }
    requests_abort(&requests);
}

static void keep_watch(void)
{
    if (watch.armed || !requests_in_flight(&requests)) {
        return;
    }
    watch.completed = requests.completed;
    uint64_t deadline = clock_read() + WATCH_TIME * NANOSECONDS;
    watch.armed = timer_set(watch.timer, deadline, 0) == STATUS_OK;
}

static void look(void)
{
    watch.armed = false;
    if (requests_in_flight(&requests) && requests.completed == watch.completed) {
        restart_device("it has ended nothing for a while");
    }
    keep_watch();
}

static void serve_interrupt(void)
{
    uint32_t bits = virtio_mmio_interrupts(&disk.virtio);
    if ((bits & VIRTIO_INTERRUPT_CONFIGURATION) != 0) {
        disk_read_size(&disk);
    }
    if (!requests_progress(&requests)) {
        restart_device("it answered what it was not asked");
    }
    device_acknowledge(&disk.device);
    keep_watch();
}

/* ---- the file protocol ---------------------------------------------------------------------- */

static status_t disk_file_attach(struct call *call, uint32_t flags, uint32_t *kind)
{
    (void)call;
    *kind = FILE_KIND_BLOCK;
    return (flags & FILE_WRITE) != 0 && disk.read_only ? STATUS_READ_ONLY : STATUS_OK;
}

static status_t disk_file_read(struct call *call, uint64_t offset, uint32_t flags, uint64_t *count)
{
    status_t status = requests_transfer(&requests, call, DISK_READ, offset, flags, count);
    keep_watch();
    return status;
}

static status_t disk_file_write(struct call *call, uint64_t offset, uint32_t flags, uint64_t *count)
{
    status_t status = requests_transfer(&requests, call, DISK_WRITE, offset, flags, count);
    keep_watch();
    return status;
}

static status_t disk_file_seek(struct call *call, int64_t offset, uint32_t whence,
                               uint64_t *position)
{
    return positions_seek(&requests.positions, call->in.badge, offset, whence, disk.size, position);
}

static status_t disk_file_stat(struct call *call, uint32_t *kind, uint64_t *size,
                               uint64_t *block_size)
{
    (void)call;
    *kind = FILE_KIND_BLOCK;
    *size = disk.size;
    *block_size = DISK_BOUNCE_BYTES;
    return STATUS_OK;
}

static status_t disk_file_times(struct call *call, uint64_t *modified, uint64_t *number)
{
    (void)call;
    *modified = 0;
    *number = kept->identity;
    return STATUS_OK;
}

static status_t disk_file_sync(struct call *call)
{
    status_t status = requests_flush(&requests, call);
    keep_watch();
    return status;
}

static status_t disk_file_claim(struct call *call, const uint8_t *name, size_t name_length,
                                uint64_t start, uint64_t length, handle_t *claim)
{
    return disk.read_only
               ? STATUS_READ_ONLY
               : block_kept_claim(kept, call, disk.size, name, name_length, start, length, claim);
}

static status_t disk_file_claimant(struct call *call, uint64_t start, uint64_t length,
                                   uint32_t *exact, uint8_t *name, size_t name_capacity,
                                   size_t *name_length)
{
    (void)call;
    return block_kept_claimant(kept, disk.size, start, length, exact, name, name_capacity,
                               name_length);
}

static const struct file_operations operations = {
    .attach = disk_file_attach,
    .read = disk_file_read,
    .write = disk_file_write,
    .seek = disk_file_seek,
    .stat = disk_file_stat,
    .sync = disk_file_sync,
    .times = disk_file_times,
    .claim = disk_file_claim,
    .claimant = disk_file_claimant,
};

/* ---- the server ----------------------------------------------------------------------------- */

static void on_event(struct server *at, uint64_t bits)
{
    (void)at;
    if ((bits & INTERRUPT_BIT) != 0) {
        serve_interrupt();
    }
    if ((bits & WATCH_BIT) != 0) {
        look();
    }
}

static void on_closed(struct server *at, uint64_t badge)
{
    (void)at;
    block_claims_closed(&kept->claims, badge);
    positions_forget(&requests.positions, badge);
}

static void on_cancel(struct server *at, handle_t reply)
{
    (void)at;
    requests_cancel(&requests, reply);
}

static status_t begin(void)
{
    status_t status = timer_make(server.account, server.control, WATCH_BIT, &watch.timer);
    if (status == STATUS_OK) {
        status = device_listen(&disk.device, &server, INTERRUPT_BIT);
    }
    if (status == STATUS_OK) {
        status = server_add(&server, file_protocol(&operations));
    }
    if (status == STATUS_OK) {
        status = publish(&server, "disk*", 0, FILE_KIND_BLOCK);
    }
    return status == STATUS_OK ? server_ready(&server) : status;
}

int server_main(const struct start_info *info)
{
    const char *reason;
    if (server_init(&server, info) != STATUS_OK) {
        return 1;
    }
    status_t status = device_open(&disk.device, &server);
    if (status != STATUS_OK) {
        return server_refuse(&server, "no registers: %s", status_text(status));
    }
    status = disk_open(&disk, server.account, &reason);
    if (status == STATUS_NO_DEVICE) {
        (void)server_refuse(&server, "%s", reason);
        return 0;
    }
    if (status != STATUS_OK) {
        return server_refuse(&server, "%s: %s", reason, status_text(status));
    }
    server.on_event = on_event;
    server.on_cancel = on_cancel;
    server.on_closed = on_closed;
    requests_init(&requests, &disk, &server);
    kept = block_kept_open(&server);
    status = begin();
    if (status != STATUS_OK) {
        return server_refuse(&server, "its interrupt, timer or name: %s", status_text(status));
    }
    int code = server_run(&server);
    disk_close(&disk);
    return code;
}
