/* Names, as tree.h says. */
#include "tree.h"

#include <sinter/protocol/file.h>

#include "log.h"

/* ---- looking up ----------------------------------------------------------------------------- */

/* Where a path leads: its last part, and the directory of that. */
struct place {
    struct inode directory;
    struct entry entry; /* its inode is 0 if there is no such name */
};

static size_t part_length(struct path path)
{
    size_t part = 0;
    while (part < path.length && path.text[part] != '/') {
        part++;
    }
    return part;
}

static status_t load_directory(struct xv6fs *fs, uint32_t number, struct inode *directory)
{
    status_t status = inode_load(fs, number, directory);
    if (status == STATUS_OK && directory->type != XV6FS_DIRECTORY) {
        return STATUS_NOT_DIRECTORY;
    }
    return status;
}

/* Goes down to the directory of the last part, whose name is taken. BAD_ARGUMENT also if that leads
 * through the directory `avoid` (0: none). */
static status_t walk(struct xv6fs *fs, uint32_t from, struct path path, uint32_t avoid,
                     struct place *place)
{
    status_t status = xv6fs_put_in_order(fs);
    if (status == STATUS_OK) {
        status = load_directory(fs, from, &place->directory);
    }
    while (status == STATUS_OK) {
        struct entry_name name;
        size_t part = part_length(path);
        bool good = directory_name(path.text, part, &name);
        if (part == path.length || place->directory.number == avoid) {
            place->entry.name = name;
            return good && place->directory.number != avoid ? STATUS_OK : STATUS_BAD_ARGUMENT;
        }
        status =
            good ? directory_find(fs, &place->directory, &name, &place->entry) : STATUS_NOT_FOUND;
        if (status == STATUS_OK) {
            status = load_directory(fs, place->entry.inode, &place->directory);
        }
        path.text += part + 1;
        path.length -= part + 1;
    }
    return status;
}

static status_t find_last(struct xv6fs *fs, struct place *place)
{
    struct entry_name name = place->entry.name;
    status_t status = directory_find(fs, &place->directory, &name, &place->entry);
    if (status == STATUS_NOT_FOUND) {
        place->entry.inode = 0;
        return STATUS_OK;
    }
    return status;
}

/* The place of a path, whether there is such a name or not. */
static status_t look_up(struct xv6fs *fs, uint32_t from, struct path path, uint32_t avoid,
                        struct place *place)
{
    status_t status = walk(fs, from, path, avoid, place);
    return status == STATUS_OK ? find_last(fs, place) : status;
}

/* The same, and what has the name. */
static status_t look_up_inode(struct xv6fs *fs, uint32_t from, struct path path,
                              struct place *place, struct inode *inode)
{
    status_t status = look_up(fs, from, path, 0, place);
    if (status != STATUS_OK) {
        return status;
    }
    return place->entry.inode == 0 ? STATUS_NOT_FOUND : inode_load(fs, place->entry.inode, inode);
}

static status_t check_writable(const struct xv6fs *fs)
{
    return fs->read_only ? STATUS_READ_ONLY : STATUS_OK;
}

/* A directory that was removed takes nothing more: it would be lost with it. */
static status_t check_free(const struct place *place)
{
    if (place->entry.inode != 0) {
        return STATUS_EXISTS;
    }
    bool removed = place->directory.links == 0 && place->directory.number != XV6FS_ROOT;
    return removed ? STATUS_NOT_FOUND : STATUS_OK;
}

/* ---- making --------------------------------------------------------------------------------- */

/* Part of a transaction. */
static status_t make_inode(struct xv6fs *fs, struct place *place, uint32_t type, uint32_t device,
                           struct inode *inode)
{
    status_t status = inode_make(fs, type, device, inode);
    if (status == STATUS_OK && type == XV6FS_DIRECTORY) {
        status = directory_begin(fs, inode, place->directory.number);
        if (status == STATUS_OK) {
            status = inode_add_links(fs, place->directory.number, 1);
        }
    }
    return status == STATUS_OK
               ? directory_add(fs, &place->directory, &place->entry.name, inode->number)
               : status;
}

static status_t make_at(struct xv6fs *fs, struct place *place, uint32_t type, uint32_t device,
                        struct inode *inode)
{
    status_t status = check_writable(fs);
    if (status == STATUS_OK) {
        status = check_free(place);
    }
    if (status != STATUS_OK) {
        return status;
    }
    log_begin(fs);
    return log_end(fs, make_inode(fs, place, type, device, inode));
}

static status_t make(struct xv6fs *fs, uint32_t directory, struct path path, uint32_t type,
                     uint32_t device)
{
    struct place place;
    struct inode inode;
    status_t status = look_up(fs, directory, path, 0, &place);
    return status == STATUS_OK ? make_at(fs, &place, type, device, &inode) : status;
}

status_t xv6fs_make_directory(struct xv6fs *fs, uint32_t directory, struct path path)
{
    return make(fs, directory, path, XV6FS_DIRECTORY, 0);
}

status_t xv6fs_make_device(struct xv6fs *fs, uint32_t directory, struct path path, uint32_t device)
{
    return make(fs, directory, path, XV6FS_DEVICE, device);
}

/* ---- opening -------------------------------------------------------------------------------- */

static status_t check_flags(const struct xv6fs *fs, const struct inode *inode, uint32_t flags)
{
    bool writes = (flags & (FILE_WRITE | FILE_TRUNCATE)) != 0;
    if ((flags & FILE_CREATE) != 0 && (flags & FILE_EXCLUSIVE) != 0) {
        return STATUS_EXISTS;
    }
    if (inode->type == XV6FS_DIRECTORY) {
        return writes || (flags & FILE_APPEND) != 0 ? STATUS_IS_DIRECTORY : STATUS_OK;
    }
    if ((flags & FILE_DIRECTORY) != 0) {
        return STATUS_NOT_DIRECTORY;
    }
    return writes && inode->type == XV6FS_FILE ? check_writable(fs) : STATUS_OK;
}

status_t xv6fs_open(struct xv6fs *fs, uint32_t directory, struct path path, uint32_t flags,
                    struct inode *inode)
{
    struct place place;
    bool creates = (flags & FILE_CREATE) != 0;
    status_t status = STATUS_OK;
    if (path.length == 0) {
        status = xv6fs_put_in_order(fs);
        place.entry.inode = directory;
    } else {
        status = look_up(fs, directory, path, 0, &place);
    }
    if (status == STATUS_BAD_ARGUMENT && !creates) {
        return STATUS_NOT_FOUND; /* there is no file with such a name */
    }
    if (status != STATUS_OK) {
        return status;
    }
    if (place.entry.inode == 0) {
        return creates ? make_at(fs, &place, XV6FS_FILE, 0, inode) : STATUS_NOT_FOUND;
    }
    status = inode_load(fs, place.entry.inode, inode);
    return status == STATUS_OK ? check_flags(fs, inode, flags) : status;
}

/* ---- removing ------------------------------------------------------------------------------- */

/* One name less, which is the only one of a directory; frees it if nothing keeps it. Ends the
 * transaction. */
static status_t end_unlinking(struct xv6fs *fs, const struct inode *inode, status_t status)
{
    bool is_directory = inode->type == XV6FS_DIRECTORY;
    if (status == STATUS_OK) {
        status = inode_add_links(fs, inode->number, is_directory ? -XV6FS_LINKS_MOST : -1);
    }
    bool nameless = is_directory || inode->links <= 1;
    return nameless && fs->references[inode->number] == 0
               ? inode_end_without(fs, inode->number, status)
               : log_end(fs, status);
}

static status_t check_removal(struct xv6fs *fs, const struct inode *inode, bool is_directory)
{
    if (inode->type != XV6FS_DIRECTORY) {
        return is_directory ? STATUS_NOT_DIRECTORY : STATUS_OK;
    }
    if (inode->number == XV6FS_ROOT) {
        return STATUS_BUSY; /* a second name of the root, on a device tampered with */
    }
    return is_directory ? directory_check_empty(fs, inode) : STATUS_IS_DIRECTORY;
}

static status_t remove_at(struct xv6fs *fs, const struct place *place, const struct inode *inode)
{
    log_begin(fs);
    status_t status = directory_set(fs, &place->directory, &place->entry, 0);
    if (status == STATUS_OK && inode->type == XV6FS_DIRECTORY) {
        status = inode_add_links(fs, place->directory.number, -1);
    }
    return end_unlinking(fs, inode, status);
}

/* A name that leads to no inode that could be believed. */
static status_t remove_name(struct xv6fs *fs, const struct place *place)
{
    log_begin(fs);
    return log_end(fs, directory_set(fs, &place->directory, &place->entry, 0));
}

status_t xv6fs_remove(struct xv6fs *fs, uint32_t directory, struct path path, bool is_directory)
{
    struct place place;
    struct inode inode;
    status_t status = look_up(fs, directory, path, 0, &place);
    if (status == STATUS_OK) {
        status = place.entry.inode == 0 ? STATUS_NOT_FOUND : check_writable(fs);
    }
    if (status != STATUS_OK) {
        return status;
    }
    status = inode_look(fs, place.entry.inode, &inode);
    if (status == STATUS_BAD_FORMAT) {
        return remove_name(fs, &place);
    }
    if (status == STATUS_OK) {
        status = check_removal(fs, &inode, is_directory);
    }
    return status == STATUS_OK ? remove_at(fs, &place, &inode) : status;
}

status_t xv6fs_close(struct xv6fs *fs, uint32_t number)
{
    struct inode inode;
    if (--fs->references[number] > 0 || fs->read_only) {
        return STATUS_OK;
    }
    status_t status = xv6fs_put_in_order(fs);
    if (status == STATUS_OK) {
        status = inode_load(fs, number, &inode);
    }
    if (status != STATUS_OK || inode.links > 0 || number == XV6FS_ROOT) {
        return status;
    }
    log_begin(fs);
    return inode_end_without(fs, number, STATUS_OK);
}

/* ---- further names -------------------------------------------------------------------------- */

status_t xv6fs_link(struct xv6fs *fs, uint32_t directory, struct path from, struct path to)
{
    struct place source;
    struct place target;
    struct inode inode;
    status_t status = look_up_inode(fs, directory, from, &source, &inode);
    if (status == STATUS_OK && inode.type == XV6FS_DIRECTORY) {
        status = STATUS_IS_DIRECTORY;
    }
    if (status == STATUS_OK) {
        status = look_up(fs, directory, to, 0, &target);
    }
    if (status == STATUS_OK) {
        status = check_free(&target);
    }
    if (status == STATUS_OK) {
        status = check_writable(fs);
    }
    if (status != STATUS_OK) {
        return status;
    }
    log_begin(fs);
    status = inode_add_links(fs, inode.number, 1);
    if (status == STATUS_OK) {
        status = directory_add(fs, &target.directory, &target.entry.name, inode.number);
    }
    return log_end(fs, status);
}

/* What has the new name of a rename already. */
static status_t check_replaced(struct xv6fs *fs, const struct inode *moved,
                               const struct inode *replaced)
{
    bool is_directory = moved->type == XV6FS_DIRECTORY;
    return check_removal(fs, replaced, is_directory);
}

/* The directories that hold a directory which moves, and what it takes the place of. */
static status_t move_links(struct xv6fs *fs, const struct place *source, const struct place *target,
                           const struct inode *moved)
{
    uint32_t from = source->directory.number;
    uint32_t to = target->directory.number;
    status_t status = STATUS_OK;
    if (from != to) {
        status = directory_set_parent(fs, moved, to);
        if (status == STATUS_OK) {
            status = inode_add_links(fs, from, -1);
        }
    }
    int32_t more = (from != to) - (target->entry.inode != 0);
    return status == STATUS_OK && more != 0 ? inode_add_links(fs, to, more) : status;
}

static status_t move(struct xv6fs *fs, const struct place *source, struct place *target,
                     const struct inode *moved)
{
    bool replaces = target->entry.inode != 0;
    status_t status =
        replaces ? directory_set(fs, &target->directory, &target->entry, moved->number)
                 : directory_add(fs, &target->directory, &target->entry.name, moved->number);
    if (status == STATUS_OK) {
        status = directory_set(fs, &source->directory, &source->entry, 0);
    }
    return status == STATUS_OK && moved->type == XV6FS_DIRECTORY
               ? move_links(fs, source, target, moved)
               : status;
}

static status_t look_up_target(struct xv6fs *fs, uint32_t directory, struct path to,
                               const struct inode *moved, struct place *target,
                               struct inode *replaced)
{
    uint32_t avoid = moved->type == XV6FS_DIRECTORY ? moved->number : 0;
    status_t status = look_up(fs, directory, to, avoid, target);
    if (status != STATUS_OK) {
        return status;
    }
    if (target->entry.inode == 0) {
        return check_free(target);
    }
    status = inode_load(fs, target->entry.inode, replaced);
    bool same = status == STATUS_OK && replaced->number == moved->number;
    return status == STATUS_OK && !same ? check_replaced(fs, moved, replaced) : status;
}

status_t xv6fs_rename(struct xv6fs *fs, uint32_t directory, struct path from, struct path to)
{
    struct place source;
    struct place target;
    struct inode moved;
    struct inode replaced;
    status_t status = look_up_inode(fs, directory, from, &source, &moved);
    if (status == STATUS_OK && moved.number == XV6FS_ROOT) {
        status = STATUS_BUSY;
    }
    if (status == STATUS_OK) {
        status = check_writable(fs);
    }
    if (status == STATUS_OK) {
        status = look_up_target(fs, directory, to, &moved, &target, &replaced);
    }
    if (status != STATUS_OK || target.entry.inode == moved.number) {
        return status; /* two names of one file stay */
    }
    log_begin(fs);
    status = move(fs, &source, &target, &moved);
    return target.entry.inode == 0 ? log_end(fs, status) : end_unlinking(fs, &replaced, status);
}

/* ---- listing -------------------------------------------------------------------------------- */

status_t xv6fs_list(struct xv6fs *fs, uint32_t directory, uint64_t *position, struct inode *inode,
                    struct entry_name *name)
{
    struct inode from;
    struct entry entry;
    uint64_t most = XV6FS_FILE_BYTES / ENTRY_BYTES;
    status_t status = xv6fs_put_in_order(fs);
    if (status == STATUS_OK) {
        status = load_directory(fs, directory, &from);
    }
    if (status == STATUS_OK) {
        uint32_t index = (uint32_t)(*position < most ? *position : most);
        status = directory_next(fs, &from, index * ENTRY_BYTES, &entry);
    }
    if (status != STATUS_OK) {
        return status;
    }
    *position = entry.offset / ENTRY_BYTES + 1;
    *name = entry.name;
    status = inode_look(fs, entry.inode, inode);
    if (status == STATUS_BAD_FORMAT) {
        *inode = (struct inode){0};
        return STATUS_OK;
    }
    return status;
}
