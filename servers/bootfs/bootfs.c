/*
 * The boot set as a file system, read-only: what lies below `boot/` in the archive that the
 * firmware loaded. init.rc allows it the archive with `bootset`.
 *
 * An endpoint's badge has the number of an entry of the archive in its upper half (0: the root) and
 * one of its own in the lower, so openings outlive an instance.
 */
#include <sinter/object.h>

#include <sinter/protocol/file.h>

#include "archive.h"
#include "positions.h"
#include "read_only.h"
#include "server.h"

int server_main(const struct start_info *info);

SERVER_META(name, "bootfs");
SERVER_META(version, "1.0");
SERVER_META(licence, "BSD-2-Clause");
SERVER_META(description, "The boot set as files");
SERVER_META(kind, SERVICE);
SERVER_META(provides, "file 1.0");
SERVER_META(restart, STATELESS);
SERVER_META(priority, 14);
SERVER_META(resources, RESOURCE_BOOTSET);

#define FOLDER "boot/"

enum { FOLDER_BYTES = sizeof(FOLDER) - 1, FILES = 512, ROOT = 0, BLOCK = 4096 };

struct entry {
    const char *name; /* below boot/, in the archive */
    uint64_t offset, size;
    bool directory;
};

static struct server server;
static struct archive archive;
static struct entry entries[FILES]; /* [ROOT] is the root */
static uint32_t entry_count;
static handle_t archive_memory;
static uint64_t archive_offset; /* of the archive in it */
static struct positions positions;
static uint32_t openings;

/* ---- names ---------------------------------------------------------------------------------- */

/* What follows `start` in `text`; null: it begins otherwise. */
static const char *after(const char *text, const char *start)
{
    while (*start != '\0' && *text == *start) {
        text++;
        start++;
    }
    return *start == '\0' ? text : NULL;
}

static bool is_path(const char *name, const char *path, size_t length)
{
    size_t i = 0;
    while (i < length && name[i] == path[i] && path[i] != '\0') {
        i++;
    }
    return i == length && name[i] == '\0';
}

/* What the entry is called in that folder; null: it is not directly there. */
static const char *name_in(const struct entry *folder, const struct entry *entry)
{
    const char *name = after(entry->name, folder->name);
    if (name != NULL && folder->name[0] != '\0') {
        name = *name == '/' ? name + 1 : NULL;
    }
    for (const char *c = name; c != NULL && *c != '\0'; c++) {
        if (*c == '/') {
            return NULL;
        }
    }
    return name != NULL && *name != '\0' ? name : NULL;
}

static void read_archive(void)
{
    uint64_t cursor = 0;
    struct archive_entry found;
    entries[entry_count++] = (struct entry){.name = "", .directory = true};
    while (archive_next(&archive, &cursor, &found)) {
        const char *name = after(found.name, FOLDER);
        if (name == NULL || *name == '\0') {
            continue;
        }
        if (entry_count == FILES) {
            log_line("the boot set has more than %d files; the rest is not shown", FILES - 1);
            return;
        }
        entries[entry_count++] = (struct entry){.name = name,
                                                .offset = found.offset,
                                                .size = found.size,
                                                .directory = archive_is_directory(&found)};
    }
}

/* ---- the file protocol ---------------------------------------------------------------------- */

/* Null: this badge was never given out. */
static const struct entry *entry_of(const struct call *call)
{
    uint64_t number = call->in.badge >> 32;
    return number < entry_count ? &entries[number] : NULL;
}

/* The number of what lies at a path below an entry, or entry_count. */
static uint32_t find(const struct entry *folder, const char *path, size_t length)
{
    for (uint32_t i = 0; i < entry_count; i++) {
        const char *rest = after(entries[i].name, folder->name);
        if (rest != NULL && length > 0 && folder->name[0] != '\0') {
            rest = *rest == '/' ? rest + 1 : NULL;
        }
        if (rest != NULL && is_path(rest, path, length)) {
            return i;
        }
    }
    return entry_count;
}

static status_t judge(const struct entry *entry, uint32_t flags)
{
    const uint32_t changing = FILE_WRITE | FILE_TRUNCATE | FILE_APPEND;
    if ((flags & FILE_EXCLUSIVE) != 0) {
        return STATUS_EXISTS;
    }
    if (entry->directory) {
        return (flags & changing) != 0 ? STATUS_IS_DIRECTORY : STATUS_OK;
    }
    if ((flags & FILE_DIRECTORY) != 0) {
        return STATUS_NOT_DIRECTORY;
    }
    return (flags & changing) != 0 ? STATUS_READ_ONLY : STATUS_OK;
}

static status_t serve_open(struct call *call, const uint8_t *path, size_t path_length,
                           uint32_t flags, uint32_t *kind, uint32_t *rest, handle_t *file)
{
    const struct entry *folder = entry_of(call);
    *rest = 0;
    if (folder == NULL || !folder->directory) {
        return folder == NULL ? STATUS_GONE : STATUS_NOT_DIRECTORY;
    }
    uint32_t number = find(folder, (const char *)path, path_length);
    if (number == entry_count) {
        return (flags & FILE_CREATE) != 0 ? STATUS_READ_ONLY : STATUS_NOT_FOUND;
    }
    status_t status = judge(&entries[number], flags);
    if (status != STATUS_OK) {
        return status;
    }
    *kind = entries[number].directory ? FILE_KIND_DIRECTORY : FILE_KIND_REGULAR;
    return port_mint(server.port, (uint64_t)number << 32 | ++openings, ENDPOINT_KEEP, file);
}

static status_t serve_attach(struct call *call, uint32_t flags, uint32_t *kind)
{
    const struct entry *entry = entry_of(call);
    if (entry == NULL) {
        return STATUS_GONE;
    }
    *kind = entry->directory ? FILE_KIND_DIRECTORY : FILE_KIND_REGULAR;
    return (flags & FILE_WRITE) != 0 ? STATUS_READ_ONLY : STATUS_OK;
}

static status_t serve_read(struct call *call, uint64_t offset, uint32_t flags, uint64_t *count)
{
    const struct entry *entry = entry_of(call);
    uint64_t length = call_lease_length(call, 0);
    if (entry == NULL || entry->directory) {
        return entry == NULL ? STATUS_GONE : STATUS_IS_DIRECTORY;
    }
    offset = positions_take(&positions, call->in.badge, offset, flags);
    if (offset >= entry->size) {
        return STATUS_OK;
    }
    length = length < entry->size - offset ? length : entry->size - offset;
    *count = length;
    status_t status = call_write(call, 0, 0, archive.bytes + entry->offset + offset, length);
    if (status == STATUS_OK) {
        positions_moved(&positions, call->in.badge, flags, offset + length);
    }
    return status;
}

static status_t serve_seek(struct call *call, int64_t offset, uint32_t whence, uint64_t *position)
{
    const struct entry *entry = entry_of(call);
    if (entry == NULL || entry->directory) {
        return entry == NULL ? STATUS_GONE : STATUS_IS_DIRECTORY;
    }
    return positions_seek(&positions, call->in.badge, offset, whence, entry->size, position);
}

static status_t serve_write(struct call *call, uint64_t offset, uint32_t flags, uint64_t *count)
{
    const struct entry *entry = entry_of(call);
    (void)offset;
    (void)flags;
    (void)count;
    return entry == NULL ? STATUS_GONE : entry->directory ? STATUS_IS_DIRECTORY : STATUS_READ_ONLY;
}

static status_t serve_stat(struct call *call, uint32_t *kind, uint64_t *size, uint64_t *block_size)
{
    const struct entry *entry = entry_of(call);
    if (entry == NULL) {
        return STATUS_GONE;
    }
    *kind = entry->directory ? FILE_KIND_DIRECTORY : FILE_KIND_REGULAR;
    *size = entry->size;
    *block_size = BLOCK;
    return STATUS_OK;
}

static status_t serve_list(struct call *call, uint64_t position, uint64_t *next, uint32_t *kind,
                           uint64_t *size, uint8_t *name, size_t name_capacity, size_t *name_length)
{
    const struct entry *folder = entry_of(call);
    if (folder == NULL || !folder->directory) {
        return folder == NULL ? STATUS_GONE : STATUS_NOT_DIRECTORY;
    }
    for (uint64_t i = position; i < entry_count; i++) {
        const char *found = name_in(folder, &entries[i]);
        if (found == NULL) {
            continue;
        }
        for (*name_length = 0; *found != '\0' && *name_length < name_capacity; found++) {
            name[(*name_length)++] = (uint8_t)*found;
        }
        *kind = entries[i].directory ? FILE_KIND_DIRECTORY : FILE_KIND_REGULAR;
        *size = entries[i].size;
        *next = i + 1;
        return STATUS_OK;
    }
    return STATUS_NOT_FOUND;
}

static status_t serve_memory(struct call *call, uint64_t *offset, uint64_t *size, handle_t *memory)
{
    const struct entry *entry = entry_of(call);
    if (entry == NULL || entry->directory) {
        return entry == NULL ? STATUS_GONE : STATUS_UNSUPPORTED;
    }
    *offset = archive_offset + entry->offset;
    *size = entry->size;
    return handle_duplicate(archive_memory, RIGHT_ALL, memory);
}

static status_t serve_space(struct call *call, uint64_t *total, uint64_t *unused)
{
    (void)call;
    *total = archive.size;
    *unused = 0;
    return STATUS_OK;
}

static const struct file_operations operations = {
    .open = serve_open,
    .attach = serve_attach,
    .read = serve_read,
    .write = serve_write,
    .seek = serve_seek,
    .stat = serve_stat,
    .list = serve_list,
    .sync = read_only_sync,
    .memory = serve_memory,
    .make_directory = read_only_make_directory,
    .remove = read_only_remove,
    .rename = read_only_rename,
    .space = serve_space,
};

/* ---- the server ----------------------------------------------------------------------------- */

/* The start handle's extra values: where in the memory the archive begins, and its bytes. */
static status_t map_archive(const struct start_info *info)
{
    uint64_t address = 0;
    const struct start_handle *start = start_handle_find(info, "bootset");
    if (start == NULL) {
        return STATUS_NOT_FOUND;
    }
    uint64_t page = start->extra[0] & ~(uint64_t)(LIMIT_PAGE_SIZE - 1);
    uint64_t end = start->extra[0] + start->extra[1];
    uint64_t length = (end - page + LIMIT_PAGE_SIZE - 1) & ~(uint64_t)(LIMIT_PAGE_SIZE - 1);
    status_t status = space_map(0, start->handle, 0, page, length, MAP_READ, &address);
    archive_memory = start->handle;
    archive_offset = start->extra[0];
    archive.bytes = (const uint8_t *)(uintptr_t)(address + (start->extra[0] - page));
    archive.size = start->extra[1];
    return status;
}

static void on_closed(struct server *at, uint64_t badge)
{
    (void)at;
    positions_forget(&positions, badge);
}

int server_main(const struct start_info *info)
{
    openings = (uint32_t)clock_read(); /* other numbers than the last instance's */
    server.on_closed = on_closed;
    if (server_init(&server, info) != STATUS_OK) {
        return 1;
    }
    status_t status = map_archive(info);
    if (status == STATUS_OK) {
        status = server_add(&server, file_protocol(&operations));
    }
    if (status != STATUS_OK) {
        return server_refuse(&server, "the boot set: %s", status_text(status));
    }
    read_archive();
    return server_ready(&server) == STATUS_OK ? server_run(&server) : 1;
}
