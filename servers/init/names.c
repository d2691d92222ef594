/*
 * The namespace: see names.h. Endpoints of directories and of the boot set's files carry all
 * there is to know in their badge, so nothing is kept for them.
 */
#include <sinter/protocol/file.h>

#include "names.h"

#include "dev.h"
#include "own_files.h"
#include "text.h"

/* Slots of BADGE_NAMESPACE; folders of the boot set follow. */
enum names_directory { DIRECTORY_ROOT, DIRECTORY_BOOT, DIRECTORY_DEV, DIRECTORY_FOLDERS };

enum { PATH_BYTES = 256, BLOCK = 4096 };

static handle_t root_endpoint;

handle_t names_root(void)
{
    return root_endpoint;
}

status_t names_begin(void)
{
    return init_mint(BADGE_NAMESPACE, 0, DIRECTORY_ROOT, &root_endpoint);
}

/* The folder of the boot set that a directory badge means: "" for /boot itself. */
static const char *folder_of(uint32_t slot)
{
    return slot < DIRECTORY_FOLDERS ? "" : catalog.files[slot - DIRECTORY_FOLDERS].name;
}

/* Takes the first part of a path off; null: it was not that. */
static const char *below(const char *path, const char *part)
{
    size_t length = text_length(part);
    if (!text_starts(path, part)) {
        return NULL;
    }
    return path[length] == '/' ? path + length + 1 : path[length] == '\0' ? path + length : NULL;
}

static status_t open_directory(uint32_t slot, uint32_t flags, uint32_t *kind, handle_t *file)
{
    if ((flags & (FILE_WRITE | FILE_CREATE)) != 0) {
        return STATUS_IS_DIRECTORY;
    }
    *kind = FILE_KIND_DIRECTORY;
    return init_mint(BADGE_NAMESPACE, 0, slot, file);
}

/* A copy of the one endpoint of a file; it is made when first wanted. */
static status_t open_boot(const char *name, uint32_t flags, uint32_t *kind, handle_t *file)
{
    struct boot_file *found = catalog_find(name);
    if (found == NULL) {
        return (flags & FILE_CREATE) != 0 ? STATUS_READ_ONLY : STATUS_NOT_FOUND;
    }
    uint32_t slot = (uint32_t)(found - catalog.files);
    if (found->directory) {
        return open_directory(DIRECTORY_FOLDERS + slot, flags, kind, file);
    }
    if ((flags & FILE_DIRECTORY) != 0) {
        return STATUS_NOT_DIRECTORY;
    }
    if ((flags & (FILE_WRITE | FILE_TRUNCATE | FILE_APPEND)) != 0) {
        return STATUS_READ_ONLY;
    }
    status_t status =
        found->endpoint != 0 ? STATUS_OK : init_mint(BADGE_FILE, 0, slot, &found->endpoint);
    *kind = FILE_KIND_REGULAR;
    return status == STATUS_OK ? handle_duplicate(found->endpoint, RIGHT_ALL, file) : status;
}

/* Joins the folder and the rest of the path. */
static status_t open_in_folder(uint32_t slot, const char *path, uint32_t flags, uint32_t *kind,
                               handle_t *file)
{
    char name[PATH_BYTES];
    struct text text = text_in(name, sizeof(name));
    const char *folder = folder_of(slot);
    TEXT_PUT(&text, folder, *folder == '\0' ? "" : "/", path);
    return text.full ? STATUS_NOT_FOUND : open_boot(name, flags, kind, file);
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
    if (own == OWN_FILES) {
        return dev_open(*device, kind, file);
    }
    *kind = own_file_kind(own);
    return init_mint(BADGE_OWN, 0, own, file);
}

static status_t open_at(uint32_t slot, const char *path, uint32_t flags, uint32_t *kind,
                        handle_t *file, struct dev_file **device)
{
    const char *rest;
    if (*path == '\0') {
        return open_directory(slot, flags, kind, file);
    }
    if (slot == DIRECTORY_ROOT) {
        if ((rest = below(path, "boot")) != NULL) {
            return open_at(DIRECTORY_BOOT, rest, flags, kind, file, device);
        }
        rest = below(path, "dev");
        return rest != NULL ? open_at(DIRECTORY_DEV, rest, flags, kind, file, device)
                            : STATUS_NOT_FOUND;
    }
    return slot == DIRECTORY_DEV ? open_device(path, flags, kind, file, device)
                                 : open_in_folder(slot, path, flags, kind, file);
}

status_t names_open(const char *path, uint32_t *kind, handle_t *file)
{
    struct dev_file *device = NULL;
    while (*path == '/') {
        path++;
    }
    return open_at(DIRECTORY_ROOT, path, FILE_READ, kind, file, &device);
}

static bool directory_of(const struct call *call, uint32_t *slot)
{
    *slot = badge_slot(call->in.badge);
    return badge_kind(call->in.badge) == BADGE_NAMESPACE &&
           *slot < DIRECTORY_FOLDERS + catalog.count;
}

static struct boot_file *file_of(const struct call *call)
{
    uint32_t slot = badge_slot(call->in.badge);
    return badge_kind(call->in.badge) == BADGE_FILE && slot < catalog.count ? &catalog.files[slot]
                                                                            : NULL;
}

static status_t serve_open(struct call *call, const uint8_t *path, size_t path_length,
                           uint32_t flags, uint32_t *kind, uint32_t *rest, handle_t *file)
{
    char text[PATH_BYTES];
    struct dev_file *device = NULL;
    uint32_t slot;
    *rest = 0;
    if (!directory_of(call, &slot)) {
        return STATUS_NOT_DIRECTORY;
    }
    if (!text_copy_bytes(text, sizeof(text), (const char *)path, path_length)) {
        return STATUS_NOT_FOUND;
    }
    status_t status = open_at(slot, text, flags, kind, file, &device);
    return status == STATUS_NOT_READY && device != NULL ? dev_wait(device, call) : status;
}

static status_t serve_attach(struct call *call, uint32_t flags, uint32_t *kind)
{
    uint32_t slot;
    uint32_t own = own_file_of(call);
    *kind = directory_of(call, &slot) ? FILE_KIND_DIRECTORY
            : own != OWN_FILES        ? own_file_kind(own)
                                      : FILE_KIND_REGULAR;
    return (flags & FILE_WRITE) != 0 && own != OWN_NULL ? STATUS_READ_ONLY : STATUS_OK;
}

static status_t serve_read(struct call *call, uint64_t offset, uint32_t flags, uint64_t *count)
{
    const struct boot_file *file = file_of(call);
    uint64_t length = call_lease_length(call, 0);
    (void)flags;
    if (own_file_of(call) != OWN_FILES) {
        return own_file_read(call, own_file_of(call), offset, count);
    }
    if (file == NULL) {
        return STATUS_IS_DIRECTORY;
    }
    if (offset >= file->size) {
        return STATUS_OK;
    }
    length = length < file->size - offset ? length : file->size - offset;
    *count = length;
    return call_write(call, 0, 0, init.archive.bytes + file->offset + offset, length);
}

static status_t serve_write(struct call *call, uint64_t offset, uint32_t flags, uint64_t *count)
{
    (void)offset;
    (void)flags;
    if (own_file_of(call) != OWN_FILES) {
        return own_file_write(call, own_file_of(call), count);
    }
    return file_of(call) == NULL ? STATUS_IS_DIRECTORY : STATUS_READ_ONLY;
}

static status_t serve_stat(struct call *call, uint32_t *kind, uint64_t *size, uint64_t *block_size)
{
    const struct boot_file *file = file_of(call);
    uint32_t own = own_file_of(call);
    *kind = file != NULL       ? FILE_KIND_REGULAR
            : own != OWN_FILES ? own_file_kind(own)
                               : FILE_KIND_DIRECTORY;
    *size = file == NULL ? 0 : file->size;
    *block_size = BLOCK;
    return STATUS_OK;
}

/* The `position`-th name directly in a folder of the boot set. */
static const struct boot_file *entry_in(const char *folder, uint64_t position, const char **name)
{
    size_t skip = *folder == '\0' ? 0 : text_length(folder) + 1;
    for (uint32_t i = 0; i < catalog.count; i++) {
        const struct boot_file *file = &catalog.files[i];
        bool inside = skip == 0 || (text_starts(file->name, folder) && file->name[skip - 1] == '/');
        *name = file->name + (inside ? skip : 0);
        for (const char *c = *name; inside && *c != '\0'; c++) {
            inside = *c != '/';
        }
        if (inside && position-- == 0) {
            return file;
        }
    }
    return NULL;
}

static status_t list_boot(const char *folder, uint64_t position, uint32_t *kind, uint64_t *size,
                          const char **name)
{
    const struct boot_file *file = entry_in(folder, position, name);
    if (file == NULL) {
        return STATUS_NOT_FOUND;
    }
    *kind = file->directory ? FILE_KIND_DIRECTORY : FILE_KIND_REGULAR;
    *size = file->size;
    return STATUS_OK;
}

static status_t list_root(uint64_t position, uint32_t *kind, const char **name)
{
    static const char *const names[] = {"boot", "dev"};
    if (position >= sizeof(names) / sizeof(names[0])) {
        return STATUS_NOT_FOUND;
    }
    *kind = FILE_KIND_DIRECTORY;
    *name = names[position];
    return STATUS_OK;
}

static status_t list_devices(uint64_t position, uint32_t *kind, const char **name)
{
    if (position >= OWN_FILES) {
        return dev_list(position - OWN_FILES, kind, name);
    }
    *kind = own_file_kind((uint32_t)position);
    *name = own_file_name((uint32_t)position);
    return STATUS_OK;
}

static status_t serve_list(struct call *call, uint64_t position, uint64_t *next, uint32_t *kind,
                           uint64_t *size, uint8_t *name, size_t name_capacity, size_t *name_length)
{
    const char *found = "";
    uint32_t slot;
    if (!directory_of(call, &slot)) {
        return STATUS_NOT_DIRECTORY;
    }
    *size = 0;
    status_t status = slot == DIRECTORY_ROOT ? list_root(position, kind, &found)
                      : slot == DIRECTORY_DEV
                          ? list_devices(position, kind, &found)
                          : list_boot(folder_of(slot), position, kind, size, &found);
    *next = position + 1;
    text_copy((char *)name, name_capacity, found);
    *name_length = text_length((const char *)name);
    return status;
}

static status_t serve_sync(struct call *call)
{
    (void)call;
    return STATUS_OK;
}

static status_t serve_memory(struct call *call, uint64_t *offset, uint64_t *size, handle_t *memory)
{
    const struct boot_file *file = file_of(call);
    if (file == NULL) {
        return STATUS_UNSUPPORTED;
    }
    *offset = init.initrd_offset + file->offset;
    *size = file->size;
    return handle_duplicate(
        init.initrd, RIGHT_DUPLICATE | RIGHT_TRANSFER | RIGHT_INSPECT | RIGHT_MEMORY_READ, memory);
}

const struct file_operations names_operations = {
    .open = serve_open,
    .attach = serve_attach,
    .read = serve_read,
    .write = serve_write,
    .stat = serve_stat,
    .list = serve_list,
    .sync = serve_sync,
    .memory = serve_memory,
};
