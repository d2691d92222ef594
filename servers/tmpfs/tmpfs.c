/*
 * Files in memory. The first argument is how large all of it may grow (`args 16M`; 32 MiB without).
 *
 * All of it is the state store, which passes to the next instance: a crash loses nothing that was
 * answered. Memory of files that are removed is used again, but not given back before the service
 * is stopped, and then with what it holds.
 *
 * Badges: the node in the upper half; below, a number of the opening's own (20 bits), the node's
 * generation (8 bits) and how it was opened (4 bits). The root's, 0, are the supervisor's to mint.
 */
#include <sinter/object.h>

#include <sinter/protocol/file.h>
#include <sinter/protocol/supervisor.h>

#include "positions.h"
#include "server.h"
#include "volume.h"

int server_main(const struct start_info *info);

SERVER_META(name, "tmpfs");
SERVER_META(version, "1.0");
SERVER_META(licence, "BSD-2-Clause");
SERVER_META(description, "Files in memory");
SERVER_META(kind, SERVICE);
SERVER_META(provides, "file 1.0");
SERVER_META(restart, STATE);
SERVER_META(priority, 14);

#define SIZE_LEAST   (256u << 10) /* with its tables */
#define SIZE_DEFAULT (32u << 20)
#define SIZE_MOST    ((uint64_t)VOLUME_BLOCKS * VOLUME_BLOCK)

enum {
    NODE_SHIFT = 32,
    OPENING_SHIFT = 12,
    GENERATION_SHIFT = 4,
    GENERATION_MASK = 0xff,
    OPENED_WRITE = 1,
    OPENED_APPEND = 2,
    STEPS = 64, /* pieces of a file that one call copies at most: others wait meanwhile */
};

static struct server server;
static struct volume volume;
static handle_t range;
static struct positions *positions; /* in the range */
_Static_assert(sizeof(struct positions) <= VOLUME_SPARE, "they fit");
static uint32_t openings;

/* ---- openings ------------------------------------------------------------------------------- */

/* The node that a call is about; null: it is gone, or was never given out. */
static struct volume_node *node_of(uint64_t badge, uint32_t *number)
{
    uint64_t place = badge >> NODE_SHIFT;
    *number = (uint32_t)place;
    if (place >= VOLUME_NODES) {
        return NULL;
    }
    struct volume_node *node = &volume.nodes[place];
    bool same = place == VOLUME_ROOT ||
                ((node->generation ^ (badge >> GENERATION_SHIFT)) & GENERATION_MASK) == 0;
    return node->kind != VOLUME_FREE && same ? node : NULL;
}

static status_t mint(uint32_t number, uint32_t flags, handle_t *file)
{
    uint32_t generation = volume.nodes[number].generation & GENERATION_MASK;
    uint64_t badge = (uint64_t)number << NODE_SHIFT | (uint32_t)(++openings << OPENING_SHIFT) |
                     generation << GENERATION_SHIFT |
                     ((flags & FILE_WRITE) != 0 ? OPENED_WRITE : 0u) |
                     ((flags & FILE_APPEND) != 0 ? OPENED_APPEND : 0u);
    status_t status = port_mint(server.port, badge, ENDPOINT_KEEP, file);
    if (status == STATUS_OK && number != VOLUME_ROOT) {
        volume_opened(&volume, number);
    }
    return status;
}

static void on_closed(struct server *at, uint64_t badge)
{
    uint32_t number;
    (void)at;
    positions_forget(positions, badge);
    if (node_of(badge, &number) != NULL && number != VOLUME_ROOT) {
        volume_closed(&volume, number);
    }
}

/* ---- the file protocol ---------------------------------------------------------------------- */

static status_t directory_of(const struct call *call, uint32_t *number)
{
    const struct volume_node *node = node_of(call->in.badge, number);
    if (node == NULL) {
        return STATUS_GONE;
    }
    return node->kind == VOLUME_DIRECTORY ? STATUS_OK : STATUS_NOT_DIRECTORY;
}

static status_t file_of(const struct call *call, uint32_t *number)
{
    const struct volume_node *node = node_of(call->in.badge, number);
    if (node == NULL) {
        return STATUS_GONE;
    }
    return node->kind == VOLUME_FILE ? STATUS_OK : STATUS_IS_DIRECTORY;
}

/* What has the path already. */
static status_t open_present(uint32_t number, uint32_t flags)
{
    bool changes = (flags & (FILE_WRITE | FILE_TRUNCATE | FILE_APPEND)) != 0;
    if ((flags & FILE_EXCLUSIVE) != 0 && (flags & FILE_CREATE) != 0) {
        return STATUS_EXISTS;
    }
    if (volume.nodes[number].kind == VOLUME_DIRECTORY) {
        return changes ? STATUS_IS_DIRECTORY : STATUS_OK;
    }
    if ((flags & FILE_DIRECTORY) != 0) {
        return STATUS_NOT_DIRECTORY;
    }
    return (flags & FILE_TRUNCATE) != 0 ? volume_resize(&volume, number, 0, clock_read_wall())
                                        : STATUS_OK;
}

static status_t serve_open(struct call *call, const uint8_t *path, size_t path_length,
                           uint32_t flags, uint32_t *kind, uint32_t *rest, handle_t *file)
{
    const char *text = (const char *)path;
    uint32_t at;
    uint32_t number;
    status_t status = directory_of(call, &at);
    *rest = 0;
    if (status != STATUS_OK) {
        return status;
    }
    status = volume_find(&volume, at, text, path_length, &number);
    if (status == STATUS_OK) {
        status = open_present(number, flags);
    } else if (status == STATUS_NOT_FOUND && (flags & FILE_CREATE) != 0 &&
               (flags & FILE_DIRECTORY) == 0) {
        status =
            volume_create(&volume, at, text, path_length, VOLUME_FILE, clock_read_wall(), &number);
    }
    if (status != STATUS_OK) {
        return status;
    }
    *kind = volume.nodes[number].kind == VOLUME_FILE ? FILE_KIND_REGULAR : FILE_KIND_DIRECTORY;
    return mint(number, flags, file);
}

static status_t serve_attach(struct call *call, uint32_t flags, uint32_t *kind)
{
    uint32_t number;
    const struct volume_node *node = node_of(call->in.badge, &number);
    (void)flags;
    if (node == NULL) {
        return STATUS_GONE;
    }
    *kind = node->kind == VOLUME_FILE ? FILE_KIND_REGULAR : FILE_KIND_DIRECTORY;
    return STATUS_OK;
}

static status_t serve_read(struct call *call, uint64_t offset, uint32_t flags, uint64_t *count)
{
    static const uint8_t zeros[VOLUME_BLOCK];
    uint32_t number;
    uint64_t done = 0;
    uint64_t wanted = call_lease_length(call, 0);
    status_t status = file_of(call, &number);
    offset = positions_take(positions, call->in.badge, offset, flags);
    uint64_t size = status == STATUS_OK ? volume.nodes[number].size : 0;
    uint64_t left = offset < size ? size - offset : 0;
    wanted = wanted < left ? wanted : left;
    for (int step = 0; status == STATUS_OK && done < wanted && step < STEPS; step++) {
        uint64_t length = wanted - done;
        const uint8_t *piece = volume_read(&volume, number, offset + done, &length);
        length = piece != NULL || length < sizeof(zeros) ? length : sizeof(zeros);
        status = call_write(call, 0, done, piece != NULL ? piece : zeros, length);
        done += length;
    }
    if (status == STATUS_OK) {
        positions_moved(positions, call->in.badge, flags, offset + done);
    }
    *count = done;
    return status;
}

/* The end of the file, if it was opened for appending. */
static uint64_t write_offset(const struct call *call, uint32_t number, uint64_t offset,
                             uint32_t flags)
{
    return (call->in.badge & OPENED_APPEND) != 0
               ? positions_append(positions, call->in.badge, offset, flags,
                                  volume.nodes[number].size, call_lease_length(call, 0))
               : positions_take(positions, call->in.badge, offset, flags);
}

static status_t serve_write(struct call *call, uint64_t offset, uint32_t flags, uint64_t *count)
{
    uint32_t number;
    uint64_t done = 0;
    uint64_t wanted = call_lease_length(call, 0);
    status_t status = file_of(call, &number);
    if (status == STATUS_OK && (call->in.badge & OPENED_WRITE) == 0) {
        return STATUS_READ_ONLY;
    }
    offset = status == STATUS_OK ? write_offset(call, number, offset, flags) : offset;
    for (int step = 0; status == STATUS_OK && done < wanted && step < STEPS; step++) {
        uint64_t length = wanted - done;
        uint8_t *piece = volume_write(&volume, number, offset + done, &length);
        status = piece == NULL ? STATUS_FULL : call_read(call, 0, done, piece, length);
        done += status == STATUS_OK ? length : 0;
    }
    if (done > 0 && status == STATUS_FULL) {
        status = STATUS_OK; /* what had room; the next write is refused */
    }
    if (status == STATUS_OK && done > 0) {
        volume_written(&volume, number, offset + done, clock_read_wall());
        positions_moved(positions, call->in.badge, flags, offset + done);
    } else if (status != STATUS_GONE && status != STATUS_IS_DIRECTORY) {
        volume_trim(&volume, number);
    }
    *count = done;
    return status;
}

static status_t serve_seek(struct call *call, int64_t offset, uint32_t whence, uint64_t *position)
{
    uint32_t number;
    status_t status = file_of(call, &number);
    return status != STATUS_OK ? status
                               : positions_seek(positions, call->in.badge, offset, whence,
                                                volume.nodes[number].size, position);
}

static status_t serve_stat(struct call *call, uint32_t *kind, uint64_t *size, uint64_t *block_size)
{
    uint32_t number;
    const struct volume_node *node = node_of(call->in.badge, &number);
    if (node == NULL) {
        return STATUS_GONE;
    }
    *kind = node->kind == VOLUME_FILE ? FILE_KIND_REGULAR : FILE_KIND_DIRECTORY;
    *size = node->kind == VOLUME_FILE ? node->size : 0;
    *block_size = VOLUME_BLOCK;
    return STATUS_OK;
}

static status_t serve_list(struct call *call, uint64_t position, uint64_t *next, uint32_t *kind,
                           uint64_t *size, uint8_t *name, size_t name_capacity, size_t *name_length)
{
    uint32_t number;
    status_t status = directory_of(call, &number);
    if (status != STATUS_OK) {
        return status;
    }
    for (uint64_t place = position; place < volume.nodes[number].size; place++) {
        uint32_t child;
        const char *found = volume_entry(&volume, number, place, name_length, &child);
        if (found == NULL) {
            continue;
        }
        *name_length = *name_length < name_capacity ? *name_length : name_capacity;
        for (size_t i = 0; i < *name_length; i++) {
            name[i] = (uint8_t)found[i];
        }
        bool is_file = volume.nodes[child].kind == VOLUME_FILE;
        *kind = is_file ? FILE_KIND_REGULAR : FILE_KIND_DIRECTORY;
        *size = is_file ? volume.nodes[child].size : 0;
        *next = place + 1;
        return STATUS_OK;
    }
    return STATUS_NOT_FOUND;
}

static status_t serve_sync(struct call *call)
{
    (void)call;
    return STATUS_OK;
}

static status_t serve_make_directory(struct call *call, const uint8_t *path, size_t path_length)
{
    uint32_t at;
    uint32_t made;
    status_t status = directory_of(call, &at);
    return status != STATUS_OK ? status
                               : volume_create(&volume, at, (const char *)path, path_length,
                                               VOLUME_DIRECTORY, clock_read_wall(), &made);
}

static status_t serve_remove(struct call *call, const uint8_t *path, size_t path_length,
                             uint32_t flags)
{
    uint32_t at;
    status_t status = directory_of(call, &at);
    enum volume_kind kind = (flags & FILE_DIRECTORY) != 0 ? VOLUME_DIRECTORY : VOLUME_FILE;
    return status != STATUS_OK ? status
                               : volume_remove(&volume, at, (const char *)path, path_length, kind,
                                               clock_read_wall());
}

static status_t serve_rename(struct call *call, const uint8_t *paths, size_t paths_length,
                             uint32_t from_length)
{
    const char *text = (const char *)paths;
    uint32_t at;
    status_t status = directory_of(call, &at);
    if (status != STATUS_OK || from_length > paths_length) {
        return status != STATUS_OK ? status : STATUS_BAD_ARGUMENT;
    }
    return volume_rename(&volume, at, text, from_length, text + from_length,
                         paths_length - from_length, clock_read_wall());
}

static status_t serve_resize(struct call *call, uint64_t size)
{
    uint32_t number;
    status_t status = file_of(call, &number);
    if (status == STATUS_OK && (call->in.badge & OPENED_WRITE) == 0) {
        status = STATUS_READ_ONLY;
    }
    return status != STATUS_OK ? status : volume_resize(&volume, number, size, clock_read_wall());
}

static status_t serve_times(struct call *call, uint64_t *modified, uint64_t *identity)
{
    uint32_t number;
    const struct volume_node *node = node_of(call->in.badge, &number);
    if (node == NULL) {
        return STATUS_GONE;
    }
    *modified = node->modified;
    *identity = number + 1;
    return STATUS_OK;
}

static status_t serve_set_modified(struct call *call, uint64_t modified)
{
    uint32_t number;
    struct volume_node *node = node_of(call->in.badge, &number);
    if (node == NULL) {
        return STATUS_GONE;
    }
    node->modified = modified;
    return STATUS_OK;
}

/* What the account has left bounds it too. */
static status_t serve_space(struct call *call, uint64_t *total, uint64_t *unused)
{
    uint64_t pages = 0;
    uint64_t limit = 0;
    (void)call;
    status_t status = account_info(server.account, &pages, &limit, NULL, NULL, NULL);
    uint64_t more = limit > pages ? limit - pages : 0;
    uint64_t committed = volume_free_committed(&volume);
    uint64_t blocks = volume.free < committed + more ? volume.free : committed + more;
    *unused = blocks * VOLUME_BLOCK;
    *total = *unused + (uint64_t)(volume.blocks - volume.first - volume.free) * VOLUME_BLOCK;
    return status;
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

/* ---- the server ----------------------------------------------------------------------------- */

/* Bytes of "16M" or "512K"; 0: it is something else. */
static uint64_t size_of(const char *text)
{
    uint64_t value = 0;
    for (; *text >= '0' && *text <= '9' && value < UINT32_MAX; text++) {
        value = value * 10 + (uint64_t)(*text - '0');
    }
    unsigned shift = *text == 'M' ? 20 : *text == 'K' ? 10 : 0;
    return shift != 0 && text[1] == '\0' ? value << shift : 0;
}

static const char *argument(const struct start_info *info)
{
    const uint64_t *arguments = (const uint64_t *)(uintptr_t)info->arguments;
    return info->argument_count > 1 ? (const char *)(uintptr_t)arguments[1] : NULL;
}

static bool commit(struct volume *at, uint64_t offset, uint64_t length)
{
    (void)at;
    return memory_commit(range, offset, length) == STATUS_OK;
}

static bool end_of(uint64_t badge, uint64_t *end)
{
    uint32_t number;
    const struct volume_node *node = node_of(badge, &number);
    *end = node != NULL ? node->size : 0;
    return node != NULL;
}

/* Takes the range that an earlier instance left, whatever its size. */
static status_t open_range(uint64_t wanted)
{
    uint64_t size = 0;
    uint64_t address = 0;
    status_t status = supervisor_store(server.supervisor, wanted, &size, &range);
    if (status == STATUS_OK) {
        status = space_map(0, range, 0, 0, size, MAP_READ | MAP_WRITE, &address);
    }
    if (status != STATUS_OK) {
        return status;
    }
    if (!volume_open(&volume, (void *)(uintptr_t)address, size, commit)) {
        return STATUS_BAD_FORMAT;
    }
    positions = volume_spare(&volume);
    positions_begin(positions, end_of);
    return STATUS_OK;
}

int server_main(const struct start_info *info)
{
    if (server_init(&server, info) != STATUS_OK) {
        return 1;
    }
    server.on_closed = on_closed;
    openings = (uint32_t)clock_read(); /* other numbers than the last instance's */
    const char *given = argument(info);
    uint64_t wanted = given != NULL ? size_of(given) : SIZE_DEFAULT;
    if (wanted < SIZE_LEAST || wanted > SIZE_MOST) {
        return server_refuse(&server, "`%s` is no size; write it as 16M, from 256K to 1024M",
                             given);
    }
    status_t status = open_range(wanted);
    if (status == STATUS_OK) {
        status = server_add(&server, file_protocol(&operations));
    }
    if (status != STATUS_OK) {
        return server_refuse(&server, "its memory: %s", status_text(status));
    }
    return server_ready(&server) == STATUS_OK ? server_run(&server) : 1;
}
