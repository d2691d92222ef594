/*
 * A FAT file system as a server: the file protocol on endpoints of its directories and files.
 * The argument is the path of the block device. init.rc mounts it.
 *
 * One worker serves, and waits for the device; what clients lend is lent on to it where whole
 * sectors are concerned. State store: what is open, and what is being changed, pass to the next
 * instance; what was answered is in the device. A client repeats a call that was in flight: reads,
 * writes and appends come out as if nothing had happened; a name that was made or removed already
 * may be answered EXISTS or NOT_FOUND.
 */
#include <sinter/object.h>

#include <sinter/protocol/file.h>

#include "block_file.h"
#include "content.h"
#include "openings.h"
#include "positions.h"
#include "publish.h"
#include "recover.h"
#include "state_store.h"
#include "tree.h"
#include "workers.h"

int server_main(const struct start_info *info);

SERVER_META(name, "fat");
SERVER_META(version, "1.0");
SERVER_META(licence, "BSD-2-Clause");
SERVER_META(description, "FAT12, FAT16 and FAT32 file systems");
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

static struct server server;
static struct workers workers;
static struct block_file disk;
/* The state store. */
struct store {
    struct openings openings;
    struct positions positions;
};

static struct openings *openings;
static struct positions *positions;
static struct fat fat;
static struct fat_node root;

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

/* ---- the client of a call ------------------------------------------------------------------- */

/* Whole sectors, which may be larger than the device's. */
static status_t lend(void *context, bool write, uint64_t device_offset, uint64_t at,
                     uint64_t length, uint64_t *count)
{
    *count = 0;
    do {
        uint64_t moved = 0;
        status_t status =
            block_file_lend(&disk, disk.file, context, write ? LEASE_READ : LEASE_WRITE,
                            device_offset + *count, at + *count, length - *count, &moved);
        if (status != STATUS_OK) {
            return status;
        }
        *count += moved;
    } while (*count % fat.sector_bytes != 0);
    return STATUS_OK;
}

static status_t copy(void *context, bool write, uint64_t at, void *bytes, uint32_t length)
{
    return write ? call_read(context, 0, at, bytes, length)
                 : call_write(context, 0, at, bytes, length);
}

/* ---- which node ----------------------------------------------------------------------------- */

/* Null: the opening is gone, or what it was of. */
static struct fat_node *node_of(const struct call *call)
{
    if (call->in.badge >> 32 == 0) {
        return &root;
    }
    const struct opening *opening = openings_find(openings, call->in.badge);
    if (opening == NULL) {
        return NULL;
    }
    if (opening->node == OPENING_ROOT) {
        return &root;
    }
    struct fat_node *node = &openings->fat.nodes[opening->node];
    return node->lost == 0 ? node : NULL;
}

static status_t directory_of(const struct call *call, struct fat_node **node)
{
    *node = node_of(call);
    if (*node == NULL) {
        return STATUS_GONE;
    }
    return fat_is_directory(*node) ? STATUS_OK : STATUS_NOT_DIRECTORY;
}

static status_t file_of(const struct call *call, struct fat_node **node)
{
    *node = node_of(call);
    if (*node == NULL) {
        return STATUS_GONE;
    }
    return fat_is_directory(*node) ? STATUS_IS_DIRECTORY : STATUS_OK;
}

static status_t file_for_writing(const struct call *call, struct fat_node **node)
{
    status_t status = file_of(call, node);
    if (status != STATUS_OK) {
        return status;
    }
    const struct opening *opening = openings_find(openings, call->in.badge);
    return opening != NULL && (opening->flags & FILE_WRITE) != 0 ? STATUS_OK : STATUS_READ_ONLY;
}

static uint32_t kind_of(const struct fat_node *node)
{
    return fat_is_directory(node) ? FILE_KIND_DIRECTORY : FILE_KIND_REGULAR;
}

/* ---- opening -------------------------------------------------------------------------------- */

/* The endpoint comes before its place is taken: should this server die between, it goes with it. */
static status_t open_loaded(const struct fat_node *loaded, uint32_t flags, handle_t *file)
{
    uint64_t badge;
    struct fat_node *node = NULL;
    struct opening *opening = openings_choose(openings, &badge);
    if (opening == NULL) {
        return STATUS_NO_HANDLES;
    }
    if (loaded->place.sector != 0) {
        node = fat_node_open(&fat, loaded);
        if (node == NULL) {
            return STATUS_NO_HANDLES;
        }
    }
    status_t status = STATUS_OK;
    if ((flags & FILE_TRUNCATE) != 0 && node != NULL && !fat_is_directory(node)) {
        status = fat_resize(&fat, node, 0);
    }
    if (status == STATUS_OK) {
        status = port_mint(workers.workers[0].server.port, badge, ENDPOINT_KEEP, file);
    }
    if (status == STATUS_OK) {
        openings_take(openings, opening, badge, node, flags);
    } else if (node != NULL) {
        fat_node_close(node);
    }
    return status;
}

static status_t serve_open(struct call *call, const uint8_t *path, size_t path_length,
                           uint32_t flags, uint32_t *kind, uint32_t *rest, handle_t *file)
{
    struct fat_node *directory;
    struct fat_node loaded;
    status_t status = directory_of(call, &directory);
    if (status == STATUS_OK) {
        status = fat_open(&fat, directory, path, path_length, flags, &loaded);
    }
    if (status != STATUS_OK) {
        return status;
    }
    *rest = 0;
    *kind = kind_of(&loaded);
    return open_loaded(&loaded, flags, file);
}

static status_t serve_attach(struct call *call, uint32_t flags, uint32_t *kind)
{
    const struct fat_node *node = node_of(call);
    (void)flags;
    if (node == NULL) {
        return STATUS_GONE;
    }
    *kind = kind_of(node);
    return STATUS_OK;
}

/* ---- contents ------------------------------------------------------------------------------- */

static status_t serve_read(struct call *call, uint64_t offset, uint32_t flags, uint64_t *count)
{
    const struct fat_client client = {call, lend, copy};
    struct fat_node *node;
    status_t status = file_of(call, &node);
    if (status != STATUS_OK) {
        return status;
    }
    offset = positions_take(positions, call->in.badge, offset, flags);
    status = fat_read(&fat, node, offset, call_lease_length(call, 0), &client, count);
    if (status == STATUS_OK) {
        positions_moved(positions, call->in.badge, flags, offset + *count);
    }
    return status;
}

static status_t serve_write(struct call *call, uint64_t offset, uint32_t flags, uint64_t *count)
{
    const struct fat_client client = {call, lend, copy};
    struct fat_node *node;
    status_t status = file_for_writing(call, &node);
    if (status != STATUS_OK) {
        return status;
    }
    bool append = (openings_find(openings, call->in.badge)->flags & FILE_APPEND) != 0;
    uint64_t length = call_lease_length(call, 0);
    offset = append ? positions_append(positions, call->in.badge, offset, flags, node->size, length)
                    : positions_take(positions, call->in.badge, offset, flags);
    status = fat_write(&fat, node, offset, length, &client, count);
    if (status == STATUS_OK) {
        positions_moved(positions, call->in.badge, flags, offset + *count);
    }
    return status;
}

static status_t serve_seek(struct call *call, int64_t offset, uint32_t whence, uint64_t *position)
{
    struct fat_node *node;
    status_t status = file_of(call, &node);
    return status != STATUS_OK
               ? status
               : positions_seek(positions, call->in.badge, offset, whence, node->size, position);
}

static status_t serve_resize(struct call *call, uint64_t size)
{
    struct fat_node *node;
    status_t status = file_for_writing(call, &node);
    if (status != STATUS_OK) {
        return status;
    }
    return fat_resize(&fat, node, size);
}

static status_t serve_stat(struct call *call, uint32_t *kind, uint64_t *size, uint64_t *block_size)
{
    const struct fat_node *node = node_of(call);
    if (node == NULL) {
        return STATUS_GONE;
    }
    *kind = kind_of(node);
    *size = node->size;
    *block_size = EFFICIENT;
    return STATUS_OK;
}

static status_t serve_times(struct call *call, uint64_t *modified, uint64_t *identity)
{
    const struct fat_node *node = node_of(call);
    if (node == NULL) {
        return STATUS_GONE;
    }
    *identity = fat_is_directory(node) ? node->first + 1ull : 0; /* files have no lasting number */
    return fat_node_modified(&fat, node, modified);
}

static status_t serve_set_modified(struct call *call, uint64_t modified)
{
    const struct fat_node *node = node_of(call);
    return node == NULL ? STATUS_GONE : fat_node_set_modified(&fat, node, modified);
}

/* ---- names ---------------------------------------------------------------------------------- */

static status_t serve_list(struct call *call, uint64_t position, uint64_t *next, uint32_t *kind,
                           uint64_t *size, uint8_t *name, size_t name_capacity, size_t *name_length)
{
    struct fat_node *directory;
    struct fat_node node;
    size_t most = name_capacity < FILE_NAME_BYTES ? name_capacity : FILE_NAME_BYTES;
    status_t status = directory_of(call, &directory);
    if (status == STATUS_OK) {
        status = fat_list(&fat, directory, &position, &node, name, most, name_length);
    }
    if (status == STATUS_OK) {
        *next = position;
        *kind = kind_of(&node);
        *size = node.size;
    }
    return status;
}

static status_t serve_make_directory(struct call *call, const uint8_t *path, size_t path_length)
{
    struct fat_node *directory;
    status_t status = directory_of(call, &directory);
    return status == STATUS_OK ? fat_make_directory(&fat, directory, path, path_length) : status;
}

static status_t serve_remove(struct call *call, const uint8_t *path, size_t path_length,
                             uint32_t flags)
{
    struct fat_node *directory;
    status_t status = directory_of(call, &directory);
    return status == STATUS_OK
               ? fat_remove(&fat, directory, path, path_length, (flags & FILE_DIRECTORY) != 0)
               : status;
}

static status_t serve_rename(struct call *call, const uint8_t *paths, size_t paths_length,
                             uint32_t from_length)
{
    struct fat_node *directory;
    status_t status = directory_of(call, &directory);
    if (status == STATUS_OK && from_length > paths_length) {
        status = STATUS_BAD_ARGUMENT;
    }
    return status == STATUS_OK ? fat_rename(&fat, directory, paths, from_length,
                                            paths + from_length, paths_length - from_length)
                               : status;
}

/* ---- the whole ------------------------------------------------------------------------------ */

static status_t serve_sync(struct call *call)
{
    (void)call;
    return fat_sync(&fat);
}

static status_t serve_space(struct call *call, uint64_t *total, uint64_t *free)
{
    (void)call;
    return fat_space(&fat, total, free);
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
    .remove = serve_remove,
    .rename = serve_rename,
    .resize = serve_resize,
    .times = serve_times,
    .set_modified = serve_set_modified,
    .space = serve_space,
};

static void on_closed(struct server *at, uint64_t badge)
{
    (void)at;
    positions_forget(positions, badge);
    openings_close(openings, badge);
}

/* ---- the server ----------------------------------------------------------------------------- */

static status_t open_store(void)
{
    void *address;
    status_t status = state_store_open(&server, sizeof(struct store),
                                       "files that are open will not outlive a crash", &address);
    struct store *store = address;
    openings = &store->openings;
    positions = &store->positions;
    return status;
}

static bool is_same_disk(struct block_file *again, void *context)
{
    const struct fat_device device = {again, again->size, read_disk, write_disk, flush_disk};
    return fat_is_on(context, &device);
}

static void on_lost(void *context)
{
    fat_saved_keep(context, false);
}

static bool end_of(uint64_t badge, uint64_t *end)
{
    const struct opening *opening = openings_find(openings, badge);
    if (opening == NULL || opening->node >= FAT_NODES) {
        return false;
    }
    *end = openings->fat.nodes[opening->node].size;
    return true;
}

static status_t mount(const char *path, const char **reason)
{
    struct fat_device device = {&disk, disk.size, read_disk, write_disk, flush_disk};
    openings_count(openings);
    status_t status =
        fat_mount(&fat, &device, &openings->fat, clock_read_wall, disk.read_only, reason);
    if (status != STATUS_OK) {
        return status;
    }
    openings_settle(openings);
    positions_begin(positions, end_of);
    fat_node_root(&fat, &root);
    log_line("%s: FAT%u%s%s", path, (unsigned)fat.type, disk.read_only ? ", read-only" : "",
             fat.found_dirty ? "; it was not left in order: check it with fsck.fat" : "");
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
    status = open_store();
    if (status != STATUS_OK) {
        return server_refuse(&server, "no memory for what is open: %s", status_text(status));
    }
    status = mount(path, &reason);
    if (status != STATUS_OK) {
        return server_refuse(&server, "%s: %s: %s", path, reason, status_text(status));
    }
    disk.is_same = is_same_disk;
    disk.on_lost = on_lost;
    disk.context = &fat;
    status = begin();
    if (status != STATUS_OK) {
        return server_refuse(&server, "its thread: %s", status_text(status));
    }
    int code = workers_run(&workers);
    status = fat_sync(&fat);
    if (status != STATUS_OK) {
        log_line("%s is left marked as being changed: %s", path, status_text(status));
    }
    return code;
}
