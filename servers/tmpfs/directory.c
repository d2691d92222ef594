/*
 * A file system in memory: directories; see volume.h. A directory's blocks hold places of one
 * size; a place without a node is free. An entry counts once its node is written, which is last.
 */
#include "volume_internal.h"

struct entry {
    uint32_t node; /* 0: the place is free; the root is in no directory */
    uint8_t length;
    char name[VOLUME_NAME];
};

enum { PLACES = VOLUME_BLOCK / sizeof(struct entry) }; /* in a block */

/* Null: there is no such place. */
static struct entry *entry_at(struct volume *volume, uint32_t directory, uint64_t place, bool make)
{
    uint8_t *block = volume_block(volume, directory, place / PLACES, make);
    return block == NULL ? NULL : (struct entry *)(void *)block + place % PLACES;
}

const char *volume_entry(const struct volume *volume, uint32_t directory, uint64_t place,
                         size_t *length, uint32_t *node)
{
    struct volume *changeable = (struct volume *)(uintptr_t)volume; /* nothing is made */
    const struct entry *entry = entry_at(changeable, directory, place, false);
    if (entry == NULL || entry->node == VOLUME_ROOT || entry->node >= VOLUME_NODES) {
        return NULL;
    }
    *length = entry->length;
    *node = entry->node;
    return entry->name;
}

static bool same(const char *a, const char *b, size_t length)
{
    size_t i = 0;
    while (i < length && a[i] == b[i]) {
        i++;
    }
    return i == length;
}

/* The place of a name; size: it has none. */
static uint64_t find_place(const struct volume *volume, uint32_t directory, const char *name,
                           size_t length, uint32_t *node)
{
    uint64_t size = volume->nodes[directory].size;
    for (uint64_t place = 0; place < size; place++) {
        size_t found_length;
        const char *found = volume_entry(volume, directory, place, &found_length, node);
        if (found != NULL && found_length == length && same(found, name, length)) {
            return place;
        }
    }
    *node = VOLUME_ROOT;
    return size;
}

/* Splits off the last part: what is left is the path of the directory that holds it. */
static size_t parent_length(const char *path, size_t length)
{
    while (length > 0 && path[length - 1] != '/') {
        length--;
    }
    return length > 0 ? length - 1 : 0;
}

status_t volume_find(const struct volume *volume, uint32_t at, const char *path, size_t length,
                     uint32_t *node)
{
    *node = at;
    for (size_t begin = 0; begin < length;) {
        size_t end = begin;
        while (end < length && path[end] != '/') {
            end++;
        }
        uint32_t directory = *node;
        if (volume->nodes[directory].kind != VOLUME_DIRECTORY) {
            return STATUS_NOT_DIRECTORY;
        }
        uint64_t place = find_place(volume, directory, path + begin, end - begin, node);
        if (place == volume->nodes[directory].size) {
            return STATUS_NOT_FOUND;
        }
        begin = end + 1;
    }
    return STATUS_OK;
}

/* Where a new or present name is to be: its directory, and the name itself. */
struct target {
    uint32_t directory;
    uint32_t node; /* VOLUME_ROOT: the name is free */
    uint64_t place;
    const char *name;
    size_t length;
};

static status_t find_target(const struct volume *volume, uint32_t at, const char *path,
                            size_t length, struct target *target)
{
    size_t parent = parent_length(path, length);
    status_t status = volume_find(volume, at, path, parent, &target->directory);
    if (status != STATUS_OK) {
        return status;
    }
    if (volume->nodes[target->directory].kind != VOLUME_DIRECTORY) {
        return STATUS_NOT_DIRECTORY;
    }
    target->name = path + parent + (parent > 0);
    target->length = length - parent - (parent > 0);
    if (target->length == 0) {
        return STATUS_BUSY; /* the directory itself */
    }
    /* A directory that has been removed, and is open, gets nothing new. */
    if (volume->nodes[target->directory].linked == 0) {
        return STATUS_NOT_FOUND;
    }
    target->place =
        find_place(volume, target->directory, target->name, target->length, &target->node);
    return STATUS_OK;
}

/* Whether a name can be looked up again: clients may send anything. */
static bool is_name(const char *name, size_t length)
{
    bool dots = name[0] == '.' && (length == 1 || (length == 2 && name[1] == '.'));
    for (size_t i = 0; i < length; i++) {
        if (name[i] == '/' || name[i] == '\0') {
            return false;
        }
    }
    return length <= VOLUME_NAME && !dots;
}

/* Writes a name at a free place. FULL: there is no room for one; BAD_ARGUMENT: it is no name. */
static status_t link(struct volume *volume, const struct target *target, uint32_t node,
                     uint64_t now)
{
    struct volume_node *directory = &volume->nodes[target->directory];
    uint64_t place = 0;
    struct entry *entry;
    if (!is_name(target->name, target->length)) {
        return STATUS_BAD_ARGUMENT;
    }
    while (place < directory->size &&
           (entry = entry_at(volume, target->directory, place, false)) != NULL &&
           entry->node != VOLUME_ROOT) {
        place++;
    }
    entry = entry_at(volume, target->directory, place, true);
    if (entry == NULL) {
        return STATUS_FULL;
    }
    for (size_t i = 0; i < target->length; i++) {
        entry->name[i] = target->name[i];
    }
    entry->length = (uint8_t)target->length;
    entry->node = node;
    directory->size = place < directory->size ? directory->size : place + 1;
    directory->modified = now;
    volume->nodes[node].linked = 1;
    volume->nodes[node].parent = target->directory;
    return STATUS_OK;
}

void volume_unlink_place(struct volume *volume, uint32_t directory, uint64_t place, uint64_t now)
{
    struct entry *entry = entry_at(volume, directory, place, false);
    if (entry != NULL) {
        entry->node = VOLUME_ROOT;
        volume->nodes[directory].modified = now;
    }
}

status_t volume_create(struct volume *volume, uint32_t at, const char *path, size_t length,
                       enum volume_kind kind, uint64_t now, uint32_t *node)
{
    struct target target;
    status_t status = find_target(volume, at, path, length, &target);
    if (status != STATUS_OK) {
        return status == STATUS_BUSY ? STATUS_EXISTS : status;
    }
    if (target.node != VOLUME_ROOT) {
        return STATUS_EXISTS;
    }
    *node = volume_take_node(volume, kind, now);
    if (*node == VOLUME_ROOT) {
        return STATUS_FULL;
    }
    status = link(volume, &target, *node, now);
    volume_drop_node(volume, *node); /* if it has no name */
    return status;
}

static bool is_empty(const struct volume *volume, uint32_t directory)
{
    for (uint64_t place = 0; place < volume->nodes[directory].size; place++) {
        size_t length;
        uint32_t node;
        if (volume_entry(volume, directory, place, &length, &node) != NULL) {
            return false;
        }
    }
    return true;
}

static status_t may_go(const struct volume *volume, uint32_t node, enum volume_kind kind)
{
    if ((enum volume_kind)volume->nodes[node].kind != kind) {
        return kind == VOLUME_FILE ? STATUS_IS_DIRECTORY : STATUS_NOT_DIRECTORY;
    }
    return kind == VOLUME_DIRECTORY && !is_empty(volume, node) ? STATUS_NOT_EMPTY : STATUS_OK;
}

status_t volume_remove(struct volume *volume, uint32_t at, const char *path, size_t length,
                       enum volume_kind kind, uint64_t now)
{
    struct target target;
    status_t status = find_target(volume, at, path, length, &target);
    if (status == STATUS_OK && target.node == VOLUME_ROOT) {
        status = STATUS_NOT_FOUND;
    }
    if (status == STATUS_OK) {
        status = may_go(volume, target.node, kind);
    }
    if (status != STATUS_OK) {
        return status;
    }
    volume_unlink_place(volume, target.directory, target.place, now);
    volume->nodes[target.node].linked = 0;
    volume_drop_node(volume, target.node);
    return STATUS_OK;
}

/* Whether a directory is `node` or lies below it. */
static bool lies_in(const struct volume *volume, uint32_t directory, uint32_t node)
{
    while (directory != node && directory != VOLUME_ROOT) {
        directory = volume->nodes[directory].parent;
    }
    return directory == node;
}

static status_t may_move(const struct volume *volume, const struct target *from,
                         const struct target *to)
{
    enum volume_kind kind = volume->nodes[from->node].kind;
    if (kind == VOLUME_DIRECTORY && lies_in(volume, to->directory, from->node)) {
        return STATUS_BAD_ARGUMENT;
    }
    return to->node == VOLUME_ROOT || to->node == from->node ? STATUS_OK
                                                             : may_go(volume, to->node, kind);
}

/* In the place of what has the name already, in one assignment. */
static void replace(struct volume *volume, const struct target *from, const struct target *to,
                    uint64_t now)
{
    struct entry *entry = entry_at(volume, to->directory, to->place, false);
    entry->node = from->node;
    volume->nodes[from->node].parent = to->directory;
    volume->nodes[to->directory].modified = now;
    volume->nodes[to->node].linked = 0;
    volume_drop_node(volume, to->node);
}

status_t volume_rename(struct volume *volume, uint32_t at, const char *from_path,
                       size_t from_length, const char *to_path, size_t to_length, uint64_t now)
{
    struct target from;
    struct target to;
    status_t status = find_target(volume, at, from_path, from_length, &from);
    if (status == STATUS_OK && from.node == VOLUME_ROOT) {
        status = STATUS_NOT_FOUND;
    }
    if (status == STATUS_OK) {
        status = find_target(volume, at, to_path, to_length, &to);
    }
    if (status == STATUS_OK) {
        status = may_move(volume, &from, &to);
    }
    if (status != STATUS_OK || to.node == from.node) {
        return status;
    }
    if (to.node != VOLUME_ROOT) {
        replace(volume, &from, &to, now);
    } else if ((status = link(volume, &to, from.node, now)) != STATUS_OK) {
        return status;
    }
    volume_unlink_place(volume, from.directory, from.place, now);
    return STATUS_OK;
}
