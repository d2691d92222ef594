/* The server of block_server.h. */
#include "block_server.h"

#include <sinter/protocol/file.h>

#include "block_kept.h"
#include "plan.h"
#include "positions.h"
#include "publish.h"

static struct server server;
static struct block_device disk;
static struct positions positions;
static struct block_kept *kept;
static _Alignas(sizeof(uint64_t)) uint8_t buffer[BLOCK_SERVER_BUFFER];

static struct plan plan_call(struct call *call, uint64_t *offset, uint32_t flags)
{
    *offset = positions_take(&positions, call->in.badge, *offset, flags);
    return plan_transfer(disk.size, disk.block, disk.most, *offset, call_lease_length(call, 0));
}

static status_t disk_attach(struct call *call, uint32_t flags, uint32_t *kind)
{
    (void)call;
    *kind = FILE_KIND_BLOCK;
    return (flags & FILE_WRITE) != 0 && disk.read_only ? STATUS_READ_ONLY : STATUS_OK;
}

static status_t disk_read(struct call *call, uint64_t offset, uint32_t flags, uint64_t *count)
{
    struct plan plan = plan_call(call, &offset, flags);
    *count = 0;
    if (plan.count == 0) {
        return STATUS_OK;
    }
    status_t status = disk.read(plan.start, buffer, (uint32_t)plan.span);
    if (status == STATUS_OK) {
        status = call_write(call, 0, 0, buffer + plan.skip, plan.count);
    }
    if (status == STATUS_OK) {
        *count = plan.count;
        positions_moved(&positions, call->in.badge, flags, offset + plan.count);
    }
    return status;
}

static status_t disk_write(struct call *call, uint64_t offset, uint32_t flags, uint64_t *count)
{
    struct plan plan = plan_call(call, &offset, flags);
    status_t status = STATUS_OK;
    *count = 0;
    if (disk.read_only) {
        return STATUS_READ_ONLY;
    }
    if (plan.count == 0) {
        return call_lease_length(call, 0) > 0 ? STATUS_FULL : STATUS_OK;
    }
    if (plan_is_partial(&plan)) {
        status = disk.read(plan.start, buffer, (uint32_t)plan.span);
    }
    if (status == STATUS_OK) {
        status = call_read(call, 0, 0, buffer + plan.skip, plan.count);
    }
    if (status == STATUS_OK) {
        status = disk.write(plan.start, buffer, (uint32_t)plan.span);
    }
    if (status == STATUS_OK) {
        *count = plan.count;
        positions_moved(&positions, call->in.badge, flags, offset + plan.count);
    }
    return status;
}

static status_t disk_seek(struct call *call, int64_t offset, uint32_t whence, uint64_t *position)
{
    return positions_seek(&positions, call->in.badge, offset, whence, disk.size, position);
}

static status_t disk_stat(struct call *call, uint32_t *kind, uint64_t *size, uint64_t *block_size)
{
    (void)call;
    *kind = FILE_KIND_BLOCK;
    *size = disk.size;
    *block_size = disk.most;
    return STATUS_OK;
}

static status_t disk_times(struct call *call, uint64_t *modified, uint64_t *number)
{
    (void)call;
    *modified = 0;
    *number = kept->identity;
    return STATUS_OK;
}

static status_t disk_sync(struct call *call)
{
    (void)call;
    return STATUS_OK;
}

static status_t disk_claim(struct call *call, const uint8_t *name, size_t name_length,
                           uint64_t start, uint64_t length, handle_t *claim)
{
    return disk.read_only
               ? STATUS_READ_ONLY
               : block_kept_claim(kept, call, disk.size, name, name_length, start, length, claim);
}

static status_t disk_claimant(struct call *call, uint64_t start, uint64_t length, uint32_t *exact,
                              uint8_t *name, size_t name_capacity, size_t *name_length)
{
    (void)call;
    return block_kept_claimant(kept, disk.size, start, length, exact, name, name_capacity,
                               name_length);
}

static const struct file_operations operations = {
    .attach = disk_attach,
    .read = disk_read,
    .write = disk_write,
    .seek = disk_seek,
    .stat = disk_stat,
    .sync = disk_sync,
    .times = disk_times,
    .claim = disk_claim,
    .claimant = disk_claimant,
};

static void on_closed(struct server *at, uint64_t badge)
{
    (void)at;
    block_claims_closed(&kept->claims, badge);
    positions_forget(&positions, badge);
}

static int serve(void)
{
    server.on_closed = on_closed;
    kept = block_kept_open(&server);
    status_t status = server_add(&server, file_protocol(&operations));
    if (status == STATUS_OK) {
        status = publish(&server, "disk*", 0, FILE_KIND_BLOCK);
    }
    if (status == STATUS_OK) {
        status = server_ready(&server);
    }
    if (status != STATUS_OK) {
        return server_refuse(&server, "its name: %s", status_text(status));
    }
    int code = server_run(&server);
    if (disk.stop != NULL) {
        disk.stop();
    }
    return code;
}

int block_server_run(const struct start_info *info, struct device *registers, block_start *start)
{
    const char *reason;
    if (server_init(&server, info) != STATUS_OK) {
        return 1;
    }
    status_t status = device_open(registers, &server);
    if (status != STATUS_OK) {
        return server_refuse(&server, "no registers: %s", status_text(status));
    }
    status = start(&disk, server.account, &reason);
    if (status == STATUS_NO_DEVICE) {
        (void)server_refuse(&server, "%s", reason);
        return 0;
    }
    if (status != STATUS_OK) {
        return server_refuse(&server, "%s: %s", reason, status_text(status));
    }
    return serve();
}
