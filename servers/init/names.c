/*
 * The directory /dev: see names.h. Its endpoints carry all there is to know in their badge.
 */
#include <sinter/protocol/file.h>

#include "names.h"

#include "dev.h"
#include "own_files.h"
#include "read_only.h"
#include "text.h"

#define DEV_FOLDER "/dev/"

enum { PATH_BYTES = 256, BLOCK = 4096 };

status_t names_mint_dev(handle_t *directory)
{
    return init_mint(BADGE_DEV, 0, 0, directory);
}

static status_t open_directory(uint32_t flags, uint32_t *kind, handle_t *file)
{
    if ((flags & (FILE_WRITE | FILE_CREATE)) != 0) {
        return STATUS_IS_DIRECTORY;
    }
    *kind = FILE_KIND_DIRECTORY;
    return names_mint_dev(file);
}

/* A file of a service, or one of init's own. */
static status_t open_device(const char *path, uint32_t flags, uint32_t *kind, handle_t *file,
                            struct dev_file **device)
{
    uint32_t own = own_file_find(path);
    *device = dev_find(path);
    if (own == OWN_FILES && *device == NULL) {
        return STATUS_NOT_FOUND;
    }
    if ((flags & FILE_DIRECTORY) != 0) {
        return STATUS_NOT_DIRECTORY;
    }
    if ((flags & FILE_EXCLUSIVE) != 0) {
        return STATUS_EXISTS;
    }
    if (own == OWN_FILES) {
        return dev_open(*device, kind, file);
    }
    *kind = own_file_kind(own);
    return init_mint(BADGE_OWN, 0, own, file);
}

status_t names_open(const char *path, uint32_t *kind, handle_t *file)
{
    struct dev_file *device;
    return text_starts(path, DEV_FOLDER)
               ? open_device(path + sizeof(DEV_FOLDER) - 1, FILE_READ, kind, file, &device)
               : STATUS_NOT_FOUND;
}

static bool is_directory(const struct call *call)
{
    return badge_kind(call->in.badge) == BADGE_DEV;
}

static status_t serve_open(struct call *call, const uint8_t *path, size_t path_length,
                           uint32_t flags, uint32_t *kind, uint32_t *rest, handle_t *file)
{
    char text[PATH_BYTES];
    struct dev_file *device = NULL;
    *rest = 0;
    if (!is_directory(call)) {
        return STATUS_NOT_DIRECTORY;
    }
    if (path_length == 0) {
        return open_directory(flags, kind, file);
    }
    if (!text_copy_bytes(text, sizeof(text), (const char *)path, path_length)) {
        return STATUS_NOT_FOUND;
    }
    status_t status = open_device(text, flags, kind, file, &device);
    return status == STATUS_NOT_READY && device != NULL ? dev_wait(device, call) : status;
}

static status_t serve_attach(struct call *call, uint32_t flags, uint32_t *kind)
{
    uint32_t own = own_file_of(call);
    *kind = own != OWN_FILES ? own_file_kind(own) : FILE_KIND_DIRECTORY;
    return (flags & FILE_WRITE) != 0 && own != OWN_NULL ? STATUS_READ_ONLY : STATUS_OK;
}

static status_t serve_read(struct call *call, uint64_t offset, uint32_t flags, uint64_t *count)
{
    uint32_t own = own_file_of(call);
    (void)flags;
    return own != OWN_FILES ? own_file_read(call, own, offset, count) : STATUS_IS_DIRECTORY;
}

static status_t serve_write(struct call *call, uint64_t offset, uint32_t flags, uint64_t *count)
{
    uint32_t own = own_file_of(call);
    (void)offset;
    (void)flags;
    return own != OWN_FILES ? own_file_write(call, own, count) : STATUS_IS_DIRECTORY;
}

static status_t serve_stat(struct call *call, uint32_t *kind, uint64_t *size, uint64_t *block_size)
{
    uint32_t own = own_file_of(call);
    *kind = own != OWN_FILES ? own_file_kind(own) : FILE_KIND_DIRECTORY;
    *size = 0;
    *block_size = BLOCK;
    return STATUS_OK;
}

static status_t serve_list(struct call *call, uint64_t position, uint64_t *next, uint32_t *kind,
                           uint64_t *size, uint8_t *name, size_t name_capacity, size_t *name_length)
{
    const char *found = "";
    if (!is_directory(call)) {
        return STATUS_NOT_DIRECTORY;
    }
    if (position >= OWN_FILES) {
        status_t status = dev_list(position - OWN_FILES, kind, &found);
        if (status != STATUS_OK) {
            return status;
        }
    } else {
        *kind = own_file_kind((uint32_t)position);
        found = own_file_name((uint32_t)position);
    }
    *size = 0;
    *next = position + 1;
    text_copy((char *)name, name_capacity, found);
    *name_length = text_length((const char *)name);
    return STATUS_OK;
}

const struct file_operations names_operations = {
    .open = serve_open,
    .attach = serve_attach,
    .read = serve_read,
    .write = serve_write,
    .stat = serve_stat,
    .list = serve_list,
    .sync = read_only_sync,
    .make_directory = read_only_make_directory,
    .remove = read_only_remove,
    .rename = read_only_rename,
};
