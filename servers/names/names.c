/*
 * The server of the namespace: `/`, and the directories above what is mounted.
 *
 * It opens nothing itself: a path below a mounted directory is answered with that directory's
 * endpoint and how much of the path is left (`rest`), so no file system can keep it waiting, and
 * reads and writes never come this way. What is mounted is told by the supervisor, which init.rc
 * allows with `names`; an instance that follows another hears the same.
 *
 * Badges: the upper half is the number of an own directory (bindings.h), 0 the root.
 */
#include <sinter/object.h>

#include <sinter/protocol/file.h>
#include <sinter/protocol/supervisor.h>

#include "bindings.h"
#include "read_only.h"
#include "server.h"

int server_main(const struct start_info *info);

SERVER_META(name, "names");
SERVER_META(version, "1.0");
SERVER_META(licence, "BSD-2-Clause");
SERVER_META(description, "The namespace: what is mounted where");
SERVER_META(kind, SERVICE);
SERVER_META(provides, "file 1.0");
SERVER_META(restart, STATELESS);
SERVER_META(priority, 16);
SERVER_META(resources, RESOURCE_NAMES);

enum { CHANGED_BIT = 1, BLOCK = 4096 };

static struct server server;
static struct bindings bindings;

/* ---- what is mounted ------------------------------------------------------------------------ */

static void unbind(struct binding *binding)
{
    if (binding->path[0] != '\0') {
        status_ignore(handle_close(binding->directory));
        binding->path[0] = '\0';
    }
}

static void bind(struct binding *binding, const char *path, size_t length, handle_t directory)
{
    unbind(binding);
    if (length == 0 || length >= BINDING_PATH) {
        log_line("a mount's path of %u bytes cannot be kept", (unsigned)length);
        status_ignore(handle_close(directory));
        return;
    }
    for (size_t i = 0; i < length; i++) {
        binding->path[i] = path[i];
    }
    binding->path[length] = '\0';
    binding->directory = directory;
    binding->used = false;
}

/* A place keeps its number in the supervisor's table, so that openings of directories go on. */
static status_t hear(void)
{
    char path[BINDING_PATH];
    uint64_t place = 0;
    for (;;) {
        uint64_t next = 0;
        size_t length = 0;
        handle_t directory = 0;
        status_t status = supervisor_binding(server.supervisor, place, CHANGED_BIT, &next, path,
                                             sizeof(path), &length, &directory);
        uint64_t told = status == STATUS_OK ? next - 1 : BINDINGS;
        for (; place < told && place < BINDINGS; place++) {
            unbind(&bindings.places[place]);
        }
        if (status != STATUS_OK) {
            return status == STATUS_NOT_FOUND ? STATUS_OK : status;
        }
        if (told >= BINDINGS) {
            status_ignore(handle_close(directory));
            return STATUS_OK;
        }
        bind(&bindings.places[told], path, length, directory);
        place = next;
    }
}

/* ---- the file protocol ---------------------------------------------------------------------- */

static bool path_of(const struct call *call, char path[BINDING_PATH], size_t *length)
{
    return bindings_directory_path(&bindings, (uint32_t)(call->in.badge >> 32), path, length);
}

/* Answers with a mounted directory, whose server goes on with the rest. */
static status_t lead_on(int place, size_t left, uint32_t flags, uint32_t *kind, uint32_t *rest,
                        handle_t *file)
{
    struct binding *binding = &bindings.places[place];
    if (left == 0 && (flags & (FILE_WRITE | FILE_TRUNCATE)) != 0) {
        return STATUS_IS_DIRECTORY;
    }
    if (left == 0 && (flags & FILE_EXCLUSIVE) != 0) {
        return STATUS_EXISTS;
    }
    if (!binding->used) { /* it may wait for its first use */
        binding->used = supervisor_use(server.supervisor, (uint64_t)place) == STATUS_OK;
    }
    *kind = FILE_KIND_DIRECTORY;
    *rest = (uint32_t)left;
    return handle_duplicate(binding->directory, RIGHT_ALL, file);
}

static status_t open_own(uint32_t number, uint32_t flags, uint32_t *kind, handle_t *file)
{
    if ((flags & (FILE_WRITE | FILE_TRUNCATE)) != 0) {
        return STATUS_IS_DIRECTORY;
    }
    if ((flags & FILE_EXCLUSIVE) != 0) {
        return STATUS_EXISTS;
    }
    *kind = FILE_KIND_DIRECTORY;
    return port_mint(server.port, (uint64_t)number << 32, ENDPOINT_KEEP, file);
}

static status_t serve_open(struct call *call, const uint8_t *path, size_t path_length,
                           uint32_t flags, uint32_t *kind, uint32_t *rest, handle_t *file)
{
    char whole[BINDING_PATH + 1 + LIMIT_MESSAGE_DATA];
    size_t length = 0;
    uint32_t number;
    *rest = 0;
    if (!path_of(call, whole, &length)) {
        return STATUS_GONE;
    }
    if (length > 0 && path_length > 0) {
        whole[length++] = '/';
    }
    for (size_t i = 0; i < path_length; i++) {
        whole[length++] = (char)path[i];
    }
    size_t left = 0;
    int place = bindings_find(&bindings, whole, length, &left);
    if (place != BINDINGS_NONE) {
        return lead_on(place, left, flags, kind, rest, file);
    }
    if (bindings_directory(&bindings, whole, length, &number)) {
        return open_own(number, flags, kind, file);
    }
    return (flags & FILE_CREATE) != 0 ? STATUS_READ_ONLY : STATUS_NOT_FOUND;
}

static status_t serve_attach(struct call *call, uint32_t flags, uint32_t *kind)
{
    (void)call;
    *kind = FILE_KIND_DIRECTORY;
    return (flags & FILE_WRITE) != 0 ? STATUS_READ_ONLY : STATUS_OK;
}

static status_t serve_read(struct call *call, uint64_t offset, uint32_t flags, uint64_t *count)
{
    (void)call;
    (void)offset;
    (void)flags;
    (void)count;
    return STATUS_IS_DIRECTORY;
}

static status_t serve_stat(struct call *call, uint32_t *kind, uint64_t *size, uint64_t *block_size)
{
    (void)call;
    *kind = FILE_KIND_DIRECTORY;
    *size = 0;
    *block_size = BLOCK;
    return STATUS_OK;
}

static status_t serve_list(struct call *call, uint64_t position, uint64_t *next, uint32_t *kind,
                           uint64_t *size, uint8_t *name, size_t name_capacity, size_t *name_length)
{
    const char *found;
    size_t length;
    if (!bindings_entry(&bindings, (uint32_t)(call->in.badge >> 32), position, &found, &length) ||
        length > name_capacity) {
        return STATUS_NOT_FOUND;
    }
    for (size_t i = 0; i < length; i++) {
        name[i] = (uint8_t)found[i];
    }
    *name_length = length;
    *kind = FILE_KIND_DIRECTORY;
    *size = 0;
    *next = position + 1;
    return STATUS_OK;
}

/* Only the supervisor changes the directories here; what is to move lies with other servers. */
static status_t serve_rename(struct call *call, const uint8_t *paths, size_t paths_length,
                             uint32_t from_length)
{
    (void)call;
    (void)paths;
    (void)paths_length;
    (void)from_length;
    return STATUS_OTHER_SERVER;
}

static const struct file_operations operations = {
    .open = serve_open,
    .attach = serve_attach,
    .read = serve_read,
    .stat = serve_stat,
    .list = serve_list,
    .sync = read_only_sync,
    .make_directory = read_only_make_directory,
    .remove = read_only_remove,
    .rename = serve_rename,
};

/* ---- the server ----------------------------------------------------------------------------- */

static void on_event(struct server *at, uint64_t bits)
{
    (void)at;
    status_t status = (bits & CHANGED_BIT) != 0 ? hear() : STATUS_OK;
    if (status != STATUS_OK) {
        log_line("the supervisor does not tell what is mounted: %s", status_text(status));
    }
}

int server_main(const struct start_info *info)
{
    if (server_init(&server, info) != STATUS_OK) {
        return 1;
    }
    server.on_event = on_event;
    status_t status = server_add(&server, file_protocol(&operations));
    if (status == STATUS_OK) {
        status = hear();
    }
    if (status != STATUS_OK) {
        return server_refuse(&server, "what is mounted: %s", status_text(status));
    }
    return server_ready(&server) == STATUS_OK ? server_run(&server) : 1;
}
