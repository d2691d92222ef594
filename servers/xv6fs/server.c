/*
 * xv6's file system as a server: the file protocol on endpoints of its directories and files. The
 * argument is the path of the block device.
 *
 * One worker serves, and waits for the device; what clients read and write goes through the cache.
 * State store: what is open passes to the next instance; what was answered is in the device, and of
 * what was not, all or nothing of each transaction. A client repeats a call that was in flight:
 * reads, writes and appends come out as if nothing had happened; a name that was made, linked,
 * moved or removed already may be answered EXISTS or NOT_FOUND.
 *
 * The reason for its length: every method is one short function.
 */
#include <sinter/object.h>

#include <sinter/protocol/file.h>

#include "block_file.h"
#include "content.h"
#include "openings.h"
#include "positions.h"
#include "publish.h"
#include "state_store.h"
#include "tree.h"
#include "workers.h"

int server_main(const struct start_info *info);

SERVER_META(name, "xv6fs");
SERVER_META(version, "1.0");
SERVER_META(licence, "BSD-2-Clause");
SERVER_META(description, "xv6 file systems");
SERVER_META(kind, SERVICE);
SERVER_META(provides, "file 1.0");
SERVER_META(consumes, "file 1.0");
SERVER_META(restart, STATE);
SERVER_META(priority, 20);
SERVER_META(stack, 32768);

enum {
    EFFICIENT = 65536, /* bytes of a transfer */
    WORKERS = 1        /* the file system is not for several */
};

/* The state store. */
struct store {
    struct openings_saved openings;
    struct positions positions;
};

static struct server server;
static struct workers workers;
static struct block_file disk;
static struct openings openings;
static struct positions *positions;
static struct xv6fs fs;

/* ---- the device ----------------------------------------------------------------------------- */

static status_t read_disk(void *context, uint64_t offset, void *buffer, uint32_t length)
{
    return block_file_read(context, offset, buffer, length);
}

static status_t write_disk(void *context, uint64_t offset, const void *buffer, uint32_t length)
{
    return block_file_write(context, offset, buffer, length);
}

static status_t flush_disk(void *context)
{
    return block_file_sync(context);
}

static struct xv6fs_device device_of(struct block_file *block)
{
    return (struct xv6fs_device){block, block->size, read_disk, write_disk, flush_disk};
}

/* ---- the client of a call ------------------------------------------------------------------- */

static status_t copy(void *context, bool write, uint64_t at, void *bytes, uint32_t length)
{
    return write ? call_read(context, 0, at, bytes, length)
                 : call_write(context, 0, at, bytes, length);
}

/* ---- which inode ---------------------------------------------------------------------------- */

/* The number of what a call is about; 0: it is gone. */
static uint32_t number_of(const struct call *call)
{
    if (call->in.badge >> 32 == 0) {
        return XV6FS_ROOT;
    }
    const struct opening *opening = openings_find(&openings, call->in.badge);
    return opening == NULL ? 0 : opening->inode;
}

static status_t inode_of(const struct call *call, struct inode *inode)
{
    uint32_t number = number_of(call);
    if (number == 0) {
        return STATUS_GONE;
    }
    status_t status = xv6fs_put_in_order(&fs);
    return status == STATUS_OK ? inode_load(&fs, number, inode) : status;
}

static status_t directory_of(const struct call *call, uint32_t *number)
{
    *number = number_of(call);
    return *number == 0 ? STATUS_GONE : STATUS_OK;
}

/* A file with contents. */
static status_t file_of(const struct call *call, struct inode *inode)
{
    status_t status = inode_of(call, inode);
    if (status != STATUS_OK || inode->type == XV6FS_FILE) {
        return status;
    }
    return inode->type == XV6FS_DIRECTORY ? STATUS_IS_DIRECTORY : STATUS_UNSUPPORTED;
}

static status_t file_for_writing(const struct call *call, struct inode *inode)
{
    status_t status = file_of(call, inode);
    if (status != STATUS_OK) {
        return status;
    }
    const struct opening *opening = openings_find(&openings, call->in.badge);
    return opening != NULL && (opening->flags & FILE_WRITE) != 0 ? STATUS_OK : STATUS_READ_ONLY;
}

static uint32_t kind_of(const struct inode *inode)
{
    switch (inode->type) {
    case XV6FS_DIRECTORY:
        return FILE_KIND_DIRECTORY;
    case XV6FS_DEVICE:
        return FILE_KIND_CHARACTER;
    default:
        return FILE_KIND_REGULAR;
    }
}

/* ---- opening -------------------------------------------------------------------------------- */

/* The endpoint comes before its place is taken: should this server die between, it goes with it. */
static status_t open_inode(struct inode *inode, uint32_t flags, handle_t *file)
{
    uint64_t badge;
    struct opening *opening = openings_choose(&openings, &badge);
    status_t status = STATUS_OK;
    if (opening == NULL) {
        return STATUS_NO_HANDLES;
    }
    if ((flags & FILE_TRUNCATE) != 0 && inode->type == XV6FS_FILE) {
        status = xv6fs_resize(&fs, inode, 0);
    }
    if (status == STATUS_OK) {
        status = port_mint(workers.workers[0].server.port, badge, ENDPOINT_KEEP, file);
    }
    if (status == STATUS_OK) {
        openings_take(&openings, opening, badge, inode, flags);
        fs.references[inode->number]++;
    }
    return status;
}

static status_t serve_open(struct call *call, const uint8_t *path, size_t path_length,
                           uint32_t flags, uint32_t *kind, uint32_t *rest, handle_t *file)
{
    uint32_t directory;
    struct inode inode;
    status_t status = directory_of(call, &directory);
    if (status == STATUS_OK) {
        status = xv6fs_open(&fs, directory, (struct path){path, path_length}, flags, &inode);
    }
    if (status != STATUS_OK) {
        return status;
    }
    *rest = 0;
    *kind = kind_of(&inode);
    return open_inode(&inode, flags, file);
}

static status_t serve_attach(struct call *call, uint32_t flags, uint32_t *kind)
{
    struct inode inode;
    status_t status = inode_of(call, &inode);
    (void)flags;
    if (status == STATUS_OK) {
        *kind = kind_of(&inode);
    }
    return status;
}

/* ---- contents ------------------------------------------------------------------------------- */

static status_t serve_read(struct call *call, uint64_t offset, uint32_t flags, uint64_t *count)
{
    const struct xv6fs_client client = {call, copy};
    struct inode inode;
    status_t status = file_of(call, &inode);
    if (status != STATUS_OK) {
        return status;
    }
    offset = positions_take(positions, call->in.badge, offset, flags);
    status = xv6fs_read(&fs, &inode, offset, call_lease_length(call, 0), &client, count);
    if (status == STATUS_OK) {
        positions_moved(positions, call->in.badge, flags, offset + *count);
    }
    return status;
}

static status_t serve_write(struct call *call, uint64_t offset, uint32_t flags, uint64_t *count)
{
    const struct xv6fs_client client = {call, copy};
    struct inode inode;
    status_t status = file_for_writing(call, &inode);
    if (status != STATUS_OK) {
        return status;
    }
    bool append = (openings_find(&openings, call->in.badge)->flags & FILE_APPEND) != 0;
    uint64_t length = call_lease_length(call, 0);
    offset = append ? positions_append(positions, call->in.badge, offset, flags, inode.size, length)
                    : positions_take(positions, call->in.badge, offset, flags);
    if ((flags & FILE_NO_GAP) != 0 && offset > inode.size) {
        return STATUS_BAD_ARGUMENT;
    }
    status = xv6fs_write(&fs, &inode, offset, length, &client, count);
    if (status == STATUS_OK) {
        positions_moved(positions, call->in.badge, flags, offset + *count);
    }
    return status;
}

static status_t serve_seek(struct call *call, int64_t offset, uint32_t whence, uint64_t *position)
{
    struct inode inode;
    status_t status = file_of(call, &inode);
    return status != STATUS_OK
               ? status
               : positions_seek(positions, call->in.badge, offset, whence, inode.size, position);
}

static status_t serve_resize(struct call *call, uint64_t size)
{
    struct inode inode;
    status_t status = file_for_writing(call, &inode);
    if (status != STATUS_OK) {
        return status;
    }
    return xv6fs_resize(&fs, &inode, size);
}

/* ---- what is known of a file ---------------------------------------------------------------- */

static status_t serve_stat(struct call *call, uint32_t *kind, uint64_t *size, uint64_t *block_size)
{
    struct inode inode;
    status_t status = inode_of(call, &inode);
    if (status == STATUS_OK) {
        *kind = kind_of(&inode);
        *size = inode.size;
        *block_size = EFFICIENT;
    }
    return status;
}

/* The format has no times. */
static status_t serve_times(struct call *call, uint64_t *modified, uint64_t *identity)
{
    struct inode inode;
    status_t status = inode_of(call, &inode);
    if (status == STATUS_OK) {
        *modified = 0;
        *identity = inode.number;
    }
    return status;
}

static status_t serve_set_modified(struct call *call, uint64_t modified)
{
    (void)call;
    (void)modified;
    return STATUS_UNSUPPORTED;
}

static status_t serve_attributes(struct call *call, uint8_t *attributes, size_t capacity,
                                 size_t *length)
{
    struct inode inode;
    status_t status = inode_of(call, &inode);
    if (status == STATUS_OK && capacity < sizeof(struct file_attributes)) {
        status = STATUS_BAD_ARGUMENT;
    }
    if (status != STATUS_OK) {
        return status;
    }
    struct file_attributes known = {.valid = FILE_ATTRIBUTE_SIZE | FILE_ATTRIBUTE_IDENTITY |
                                             FILE_ATTRIBUTE_LINKS,
                                    .size = inode.size,
                                    .identity = inode.number,
                                    .links = inode.links,
                                    .kind = kind_of(&inode)};
    if (inode.type == XV6FS_DEVICE) {
        known.valid |= FILE_ATTRIBUTE_DEVICE;
        known.device = inode.device;
    }
    xv6fs_copy(attributes, &known, sizeof(known));
    *length = sizeof(known);
    return STATUS_OK;
}

/* ---- names ---------------------------------------------------------------------------------- */

static status_t serve_list(struct call *call, uint64_t position, uint64_t *next, uint32_t *kind,
                           uint64_t *size, uint8_t *name, size_t name_capacity, size_t *name_length)
{
    uint32_t directory;
    struct inode inode;
    struct entry_name found;
    status_t status = directory_of(call, &directory);
    if (status == STATUS_OK) {
        status = xv6fs_list(&fs, directory, &position, &inode, &found);
    }
    if (status != STATUS_OK) {
        return status;
    }
    *next = position;
    *kind = kind_of(&inode);
    *size = inode.size;
    *name_length = 0;
    while (*name_length < name_capacity && *name_length < XV6FS_NAME &&
           found.text[*name_length] != '\0') {
        name[*name_length] = found.text[*name_length];
        ++*name_length;
    }
    return STATUS_OK;
}

static status_t serve_make_directory(struct call *call, const uint8_t *path, size_t path_length)
{
    uint32_t directory;
    status_t status = directory_of(call, &directory);
    return status == STATUS_OK
               ? xv6fs_make_directory(&fs, directory, (struct path){path, path_length})
               : status;
}

static status_t serve_make_node(struct call *call, const uint8_t *path, size_t path_length,
                                uint32_t kind, uint64_t device)
{
    uint32_t directory;
    status_t status = directory_of(call, &directory);
    if (status != STATUS_OK) {
        return status;
    }
    if (kind != FILE_KIND_CHARACTER) {
        return kind == FILE_KIND_BLOCK ? STATUS_UNSUPPORTED : STATUS_BAD_ARGUMENT;
    }
    if (device > UINT32_MAX) {
        return STATUS_BAD_ARGUMENT;
    }
    return xv6fs_make_device(&fs, directory, (struct path){path, path_length}, (uint32_t)device);
}

static status_t serve_remove(struct call *call, const uint8_t *path, size_t path_length,
                             uint32_t flags)
{
    uint32_t directory;
    status_t status = directory_of(call, &directory);
    return status == STATUS_OK ? xv6fs_remove(&fs, directory, (struct path){path, path_length},
                                              (flags & FILE_DIRECTORY) != 0)
                               : status;
}

/* The two paths of rename and link. */
static status_t serve_two(struct call *call, const uint8_t *paths, size_t paths_length,
                          uint32_t from_length,
                          status_t (*operation)(struct xv6fs *, uint32_t, struct path, struct path))
{
    uint32_t directory;
    status_t status = directory_of(call, &directory);
    if (status == STATUS_OK && from_length > paths_length) {
        status = STATUS_BAD_ARGUMENT;
    }
    return status == STATUS_OK
               ? operation(&fs, directory, (struct path){paths, from_length},
                           (struct path){paths + from_length, paths_length - from_length})
               : status;
}

static status_t serve_rename(struct call *call, const uint8_t *paths, size_t paths_length,
                             uint32_t from_length)
{
    return serve_two(call, paths, paths_length, from_length, xv6fs_rename);
}

static status_t serve_link(struct call *call, const uint8_t *paths, size_t paths_length,
                           uint32_t from_length)
{
    return serve_two(call, paths, paths_length, from_length, xv6fs_link);
}

/* ---- the whole ------------------------------------------------------------------------------ */

static status_t serve_sync(struct call *call)
{
    (void)call;
    return xv6fs_sync(&fs);
}

static status_t serve_space(struct call *call, uint64_t *total, uint64_t *free)
{
    (void)call;
    return xv6fs_space(&fs, total, free);
}

static const struct file_operations operations = {
    .open = serve_open,
    .attach = serve_attach,
    .read = serve_read,
    .write = serve_write,
    .seek = serve_seek,
    .stat = serve_stat,
    .list = serve_list,
    .sync = serve_sync,
    .make_directory = serve_make_directory,
    .make_node = serve_make_node,
    .remove = serve_remove,
    .rename = serve_rename,
    .link = serve_link,
    .resize = serve_resize,
    .times = serve_times,
    .set_modified = serve_set_modified,
    .attributes = serve_attributes,
    .space = serve_space,
};

static void on_closed(struct server *at, uint64_t badge)
{
    (void)at;
    positions_forget(positions, badge);
    uint32_t number = openings_close(&openings, badge);
    if (number == 0) {
        return;
    }
    status_t status = xv6fs_close(&fs, number);
    if (status != STATUS_OK) {
        log_line("inode %u, which was removed, is freed at the next start: %s", (unsigned)number,
                 status_text(status));
    }
}

/* ---- the server ----------------------------------------------------------------------------- */

static bool is_same_disk(struct block_file *again, void *context)
{
    const struct xv6fs_device device = device_of(again);
    return xv6fs_is_on(context, &device);
}

static void on_lost(void *context)
{
    (void)context;
    openings_leave_none(&openings);
}

static bool end_of(uint64_t badge, uint64_t *end)
{
    struct inode inode;
    const struct opening *opening = openings_find(&openings, badge);
    if (opening == NULL || inode_look(&fs, opening->inode, &inode) != STATUS_OK) {
        return false;
    }
    *end = inode.size;
    return true;
}

static status_t mount(const char *path, struct store *store, const char **reason)
{
    const struct xv6fs_device device = device_of(&disk);
    status_t status = xv6fs_mount(&fs, &device, disk.read_only, reason);
    if (status != STATUS_OK) {
        return status;
    }
    openings_begin(&openings, &store->openings, &fs);
    positions = &store->positions;
    positions_begin(positions, end_of);
    status = xv6fs_free_nameless(&fs);
    if (status != STATUS_OK) {
        log_line("%s: files without a name are not freed: %s", path, status_text(status));
    }
    log_line("%s: xv6, %u blocks%s", path, (unsigned)fs.size, disk.read_only ? ", read-only" : "");
    return STATUS_OK;
}

static void on_ping(struct server *at)
{
    (void)at;
    workers_look_after(&workers);
}

static status_t begin(void)
{
    status_t status = server_add(&server, file_protocol(&operations));
    if (status == STATUS_OK) {
        workers.progress = &disk.calls;
        status = workers_begin(&workers, &server, WORKERS);
    }
    return status == STATUS_OK ? server_ready(&server) : status;
}

int server_main(const struct start_info *info)
{
    char holder[BLOCK_CLAIM_NAME];
    const char *reason = "";
    void *store;
    if (server_init(&server, info) != STATUS_OK) {
        return 1;
    }
    server.on_closed = on_closed;
    server.on_ping = on_ping;
    const char *path = publish_argument(&server, 0, NULL);
    if (path == NULL) {
        return server_refuse(&server, "no device is named: give its path as `args`");
    }
    status_t status = block_file_open(&disk, &server, path);
    if (status != STATUS_OK) {
        return server_refuse(&server, "%s: %s", path, status_text(status));
    }
    status = block_file_claim(&disk, info->name, holder);
    if (status != STATUS_OK) {
        return block_file_refuse_claim(&server, path, holder, status);
    }
    status = state_store_open(&server, sizeof(struct store),
                              "files that are open will not outlive a crash", &store);
    if (status != STATUS_OK) {
        return server_refuse(&server, "no memory for what is open: %s", status_text(status));
    }
    status = mount(path, store, &reason);
    if (status != STATUS_OK) {
        return server_refuse(&server, "%s: %s: %s", path, reason, status_text(status));
    }
    disk.is_same = is_same_disk;
    disk.on_lost = on_lost;
    disk.context = &fs;
    status = begin();
    if (status != STATUS_OK) {
        return server_refuse(&server, "its thread: %s", status_text(status));
    }
    int code = workers_run(&workers);
    status = xv6fs_sync(&fs);
    if (status != STATUS_OK) {
        log_line("%s: the log may have to be replayed: %s", path, status_text(status));
    }
    return code;
}
