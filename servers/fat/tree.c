/* Names, as tree.h says. */
#include "tree.h"

#include <sinter/protocol/file.h>

#include "recover.h"
#include "table.h"

enum {
    DEPTH = 1024, /* directories above one another, at most */
    DOT_DOT = 1   /* slot of `..` */
};

/* ---- looking up ----------------------------------------------------------------------------- */

/* Takes the first part off a path. */
static size_t part_length(const uint8_t *path, size_t length)
{
    size_t part = 0;
    while (part < length && path[part] != '/') {
        part++;
    }
    return part;
}

/* Goes down to the directory of the last part, whose name is taken. */
static status_t walk(struct fat *fat, const struct fat_node *from, const uint8_t *path,
                     size_t length, struct fat_node *directory, struct fat_name *name)
{
    struct fat_found found;
    fat_put_in_order(fat);
    *directory = *from;
    fat_node_forget(directory);
    for (;;) {
        size_t part = part_length(path, length);
        bool good = fat_name_from_text(path, part, name);
        if (part == length) {
            return good ? STATUS_OK : STATUS_BAD_ARGUMENT;
        }
        status_t status =
            good ? fat_directory_find(fat, directory, name, &found) : STATUS_NOT_FOUND;
        if (status == STATUS_OK) {
            status = (found.entry[ENTRY_ATTRIBUTES] & ATTRIBUTE_DIRECTORY) != 0
                         ? fat_node_load(fat, &found.place, found.entry, directory)
                         : STATUS_NOT_DIRECTORY;
        }
        if (status != STATUS_OK) {
            return status;
        }
        path += part + 1;
        length -= part + 1;
    }
}

static status_t check_flags(const struct fat *fat, const struct fat_node *node, uint32_t flags)
{
    if ((flags & FILE_CREATE) != 0 && (flags & FILE_EXCLUSIVE) != 0) {
        return STATUS_EXISTS;
    }
    if (fat_is_directory(node)) {
        bool changes = (flags & (FILE_WRITE | FILE_TRUNCATE | FILE_APPEND)) != 0;
        return changes ? STATUS_IS_DIRECTORY : STATUS_OK;
    }
    if ((flags & FILE_DIRECTORY) != 0) {
        return STATUS_NOT_DIRECTORY;
    }
    bool writes = (flags & (FILE_WRITE | FILE_TRUNCATE)) != 0;
    bool fixed = fat->read_only || (node->attributes & ATTRIBUTE_READ_ONLY) != 0;
    return writes && fixed ? STATUS_READ_ONLY : STATUS_OK;
}

static void fill_entry(const struct fat *fat, uint8_t attributes, uint32_t cluster,
                       uint8_t entry[FAT_ENTRY_BYTES])
{
    struct fat_time now = fat_time_from_wall(fat->wall());
    fat_zero(entry, FAT_ENTRY_BYTES);
    entry[ENTRY_ATTRIBUTES] = attributes;
    fat_entry_set_cluster(entry, cluster);
    fat_put16(entry + ENTRY_CREATED_TIME, now.time);
    fat_put16(entry + ENTRY_CREATED_DATE, now.date);
    fat_put16(entry + ENTRY_ACCESSED_DATE, now.date);
    fat_put16(entry + ENTRY_TIME, now.time);
    fat_put16(entry + ENTRY_DATE, now.date);
}

static status_t create(struct fat *fat, struct fat_node *directory, const struct fat_name *name,
                       struct fat_node *node)
{
    uint8_t entry[FAT_ENTRY_BYTES];
    struct fat_place place;
    status_t status = fat_begin_change(fat);
    if (status != STATUS_OK) {
        return status;
    }
    fill_entry(fat, ATTRIBUTE_ARCHIVE, 0, entry);
    status = fat_directory_add(fat, directory, name, NULL, entry, &place);
    if (status == STATUS_OK) {
        fat_intend_name(fat, &place);
        status = fat_stage(fat);
        fat_intend_nothing(fat);
    }
    return status == STATUS_OK ? fat_node_load(fat, &place, entry, node) : status;
}

status_t fat_open(struct fat *fat, const struct fat_node *from, const uint8_t *path, size_t length,
                  uint32_t flags, struct fat_node *node)
{
    struct fat_node directory;
    struct fat_name name;
    struct fat_found found;
    bool creates = (flags & FILE_CREATE) != 0;
    if (length == 0) {
        *node = *from;
        return check_flags(fat, node, flags);
    }
    status_t status = walk(fat, from, path, length, &directory, &name);
    if (status == STATUS_BAD_ARGUMENT && !creates) {
        return STATUS_NOT_FOUND;
    }
    if (status == STATUS_OK) {
        status = fat_directory_find(fat, &directory, &name, &found);
        if (status == STATUS_NOT_FOUND && creates) {
            return create(fat, &directory, &name, node);
        }
    }
    if (status == STATUS_OK) {
        status = fat_node_load(fat, &found.place, found.entry, node);
    }
    return status == STATUS_OK ? check_flags(fat, node, flags) : status;
}

status_t fat_list(struct fat *fat, struct fat_node *directory, uint64_t *position,
                  struct fat_node *node, uint8_t *name, size_t size, size_t *name_length)
{
    struct fat_found found;
    uint32_t slot = *position < FAT_DIRECTORY_SLOTS ? (uint32_t)*position : FAT_DIRECTORY_SLOTS;
    status_t status = fat_directory_next(fat, directory, &slot, &found);
    if (status != STATUS_OK) {
        return status;
    }
    *position = slot;
    *name_length = fat_name_to_text(&found.name, name, size);
    if (*name_length == 0) {
        *name_length = fat_name_to_text(&found.alias, name, size);
    }
    status = fat_node_load(fat, &found.place, found.entry, node);
    return status == STATUS_IO_ERROR ? STATUS_OK : status; /* it is there, though it is broken */
}

/* ---- directories ---------------------------------------------------------------------------- */

/* How a directory is named in `..` of those in it: the root has no number. */
static uint32_t as_parent(const struct fat *fat, const struct fat_node *directory)
{
    return directory->first == fat->root_cluster ? 0 : directory->first;
}

static status_t make_directory(struct fat *fat, struct fat_node *directory,
                               const struct fat_name *name, const struct fat_run *run)
{
    uint8_t entry[FAT_ENTRY_BYTES];
    struct fat_place place;
    fill_entry(fat, ATTRIBUTE_DIRECTORY, run->first, entry);
    (void)fat_intend(fat, FAT_INTENT_ALLOCATE, run, 1);
    status_t status = fat_directory_format(fat, run->first, as_parent(fat, directory), entry);
    if (status == STATUS_OK) {
        status = fat_enter_filled(fat, run);
    }
    if (status == STATUS_OK) {
        status = fat_directory_add(fat, directory, name, NULL, entry, &place);
    }
    if (status == STATUS_OK) {
        fat_intend(fat, FAT_INTENT_ALLOCATE, run, 1)->place = place;
        status = fat_stage(fat);
    }
    return status;
}

status_t fat_make_directory(struct fat *fat, const struct fat_node *from, const uint8_t *path,
                            size_t length)
{
    struct fat_node directory;
    struct fat_name name;
    struct fat_found found;
    struct fat_run runs[FAT_RUNS];
    uint32_t run_count = 0;
    uint32_t count = 0;
    status_t status = walk(fat, from, path, length, &directory, &name);
    if (status == STATUS_OK) {
        status = fat_directory_find(fat, &directory, &name, &found);
        status = status == STATUS_NOT_FOUND ? fat_begin_change(fat)
                 : status == STATUS_OK      ? STATUS_EXISTS
                                            : status;
    }
    if (status == STATUS_OK) {
        status = fat_choose(fat, 1, runs, &run_count, &count);
    }
    if (status != STATUS_OK || count == 0) {
        return status != STATUS_OK ? status : STATUS_FULL;
    }
    status = make_directory(fat, &directory, &name, runs);
    if (status == STATUS_FULL) { /* of names; the cluster has no owner yet */
        status_t undone = fat_free_runs(fat, runs, 1);
        undone = undone == STATUS_OK ? fat_stage(fat) : undone;
        status = undone == STATUS_OK ? STATUS_FULL : undone;
    }
    fat_intend_nothing(fat);
    return status;
}

/* ---- removing ------------------------------------------------------------------------------- */

/* Whether something may go, or be replaced. */
static status_t check_removable(struct fat *fat, struct fat_found *found, bool is_directory)
{
    struct fat_node node;
    bool directory = (found->entry[ENTRY_ATTRIBUTES] & ATTRIBUTE_DIRECTORY) != 0;
    if (directory != is_directory) {
        return directory ? STATUS_IS_DIRECTORY : STATUS_NOT_DIRECTORY;
    }
    if (fat_node_find(fat, &found->place) != NULL) {
        return STATUS_BUSY;
    }
    if (!directory) {
        return STATUS_OK;
    }
    status_t status = fat_node_load(fat, &found->place, found->entry, &node);
    return status == STATUS_OK ? fat_directory_check_empty(fat, &node) : status;
}

status_t fat_remove(struct fat *fat, const struct fat_node *from, const uint8_t *path,
                    size_t length, bool is_directory)
{
    struct fat_node directory;
    struct fat_name name;
    struct fat_found found;
    status_t status = walk(fat, from, path, length, &directory, &name);
    if (status == STATUS_OK) {
        status = fat_directory_find(fat, &directory, &name, &found);
    }
    if (status == STATUS_OK) {
        status = check_removable(fat, &found, is_directory);
    }
    if (status == STATUS_OK) {
        status = fat_begin_change(fat);
    }
    if (status != STATUS_OK) {
        return status == STATUS_BAD_ARGUMENT ? STATUS_NOT_FOUND : status;
    }
    uint32_t first = fat_entry_cluster(fat, found.entry);
    fat_intend_free(fat, first, &found.place);
    status = fat_directory_drop(fat, &found.place);
    if (status == STATUS_OK) {
        status = fat_barrier(fat);
    }
    if (status == STATUS_OK && fat_is_cluster(fat, first)) {
        status = fat_free_chain(fat, first);
    }
    fat_intend_nothing(fat);
    return status;
}

/* ---- renaming ------------------------------------------------------------------------------- */

/* A rename on its way. */
struct renaming {
    struct fat_node to_directory;
    struct fat_name to_name;
    struct fat_found from;
    struct fat_found to; /* what is replaced, if something is */
    bool replaces;
    bool changes; /* at all */
};

/* Whether `directory` lies in the directory that begins with `first`, or is it. */
static status_t check_not_below(struct fat *fat, const struct fat_node *directory, uint32_t first)
{
    struct fat_node at = *directory;
    for (unsigned depth = 0; depth < DEPTH; depth++) {
        uint32_t parent;
        if (at.first == first) {
            return STATUS_BAD_ARGUMENT;
        }
        if (at.first == fat->root_cluster) {
            return STATUS_OK;
        }
        status_t status = fat_directory_parent(fat, &at, &parent);
        if (status != STATUS_OK) {
            return status;
        }
        at = (struct fat_node){.attributes = ATTRIBUTE_DIRECTORY,
                               .first = parent == 0 ? fat->root_cluster : parent};
    }
    return STATUS_IO_ERROR;
}

static bool is_same(const struct fat_place *one, const struct fat_place *other)
{
    return one->sector == other->sector && one->offset == other->offset;
}

static bool is_spelt(const struct fat_name *one, const struct fat_name *other)
{
    return one->length == other->length &&
           __builtin_memcmp(one->units, other->units, one->length * sizeof(one->units[0])) == 0;
}

static status_t check_rename(struct fat *fat, struct renaming *renaming)
{
    bool directory = (renaming->from.entry[ENTRY_ATTRIBUTES] & ATTRIBUTE_DIRECTORY) != 0;
    status_t status = STATUS_OK;
    if (directory) {
        status = check_not_below(fat, &renaming->to_directory,
                                 fat_entry_cluster(fat, renaming->from.entry));
    }
    if (status != STATUS_OK) {
        return status;
    }
    status = fat_directory_find(fat, &renaming->to_directory, &renaming->to_name, &renaming->to);
    if (status == STATUS_NOT_FOUND) {
        return STATUS_OK;
    }
    if (status != STATUS_OK || is_same(&renaming->to.place, &renaming->from.place)) {
        renaming->changes = !is_spelt(&renaming->to.name, &renaming->to_name);
        return status;
    }
    renaming->replaces = true;
    return check_removable(fat, &renaming->to, directory);
}

/* `..` of a directory that has moved. */
static status_t set_parent(struct fat *fat, uint32_t first, uint32_t parent)
{
    struct fat_node node = {.attributes = ATTRIBUTE_DIRECTORY, .first = first};
    uint32_t sector;
    uint32_t offset;
    uint8_t *bytes;
    status_t status = fat_slot_place(fat, &node, DOT_DOT, &sector, &offset);
    if (status == STATUS_OK) {
        status = fat_cache_change(&fat->cache, sector, false, &bytes);
    }
    if (status == STATUS_OK) {
        fat_entry_set_cluster(bytes + offset, parent);
    }
    return status;
}

/* Drops the old name; tells what is open and, if it is a directory, itself, where it is now. */
status_t fat_rename_finish(struct fat *fat, const struct fat_intent *intent)
{
    struct fat_node *open = fat_node_find(fat, &intent->from);
    struct fat_place place = intent->place;
    uint8_t *bytes;
    uint8_t entry[FAT_ENTRY_BYTES];
    status_t status = fat_directory_drop(fat, &intent->from);
    if (status == STATUS_OK) {
        status = fat_cache_read(&fat->cache, place.sector, &bytes);
    }
    if (status != STATUS_OK) {
        return status;
    }
    fat_copy(entry, bytes + place.offset, sizeof(entry));
    uint32_t first = fat_entry_cluster(fat, entry);
    if ((entry[ENTRY_ATTRIBUTES] & ATTRIBUTE_DIRECTORY) != 0 &&
        intent->from.directory != place.directory && fat_is_cluster(fat, first)) {
        status = set_parent(fat, first, place.directory == fat->root_cluster ? 0 : place.directory);
    }
    if (status == STATUS_OK) {
        status = fat_stage(fat);
    }
    if (open != NULL) {
        open->place = place;
        fat_copy(open->short_name, entry, FAT_SHORT_BYTES);
    }
    return status;
}

/* The new name: in the slots of what is replaced, or in new ones. */
static status_t put_name(struct fat *fat, struct renaming *renaming, struct fat_place *place)
{
    uint8_t entry[FAT_ENTRY_BYTES];
    uint8_t *bytes;
    fat_copy(entry, renaming->from.entry, sizeof(entry));
    if (!renaming->replaces) {
        entry[ENTRY_CASE] = 0;
        return fat_directory_add(fat, &renaming->to_directory, &renaming->to_name,
                                 &renaming->from.place, entry, place);
    }
    *place = renaming->to.place;
    fat_copy(entry, renaming->to.entry, FAT_SHORT_BYTES);
    entry[ENTRY_CASE] = renaming->to.entry[ENTRY_CASE];
    status_t status = fat_cache_change(&fat->cache, place->sector, false, &bytes);
    if (status == STATUS_OK) {
        fat_copy(bytes + place->offset, entry, sizeof(entry));
    }
    return status;
}

/* Both names in one sector change in one step; otherwise the new one comes before the old one
 * goes, so that power lost between leaves the file under both. */
static status_t rename_to(struct fat *fat, struct renaming *renaming)
{
    struct fat_place place;
    uint32_t replaced = renaming->replaces ? fat_entry_cluster(fat, renaming->to.entry) : 0;
    if (replaced == fat_entry_cluster(fat, renaming->from.entry)) {
        replaced = 0; /* one file under both names, as power lost within a rename leaves it */
    }
    status_t status = put_name(fat, renaming, &place);
    if (status != STATUS_OK) {
        return status;
    }
    struct fat_intent *intent = fat_intend(fat, FAT_INTENT_NONE, NULL, 0);
    intent->place = place;
    intent->from = renaming->from.place;
    intent->next = replaced;
    intent->kind = FAT_INTENT_RENAME;
    if (place.sector != renaming->from.place.sector) {
        status = fat_barrier(fat);
    }
    if (status == STATUS_OK) {
        status = fat_rename_finish(fat, intent);
    }
    if (status == STATUS_OK && fat_is_cluster(fat, replaced)) {
        fat_intend_free(fat, replaced, &place);
        status = fat_barrier(fat);
        if (status == STATUS_OK) {
            status = fat_free_chain(fat, replaced);
        }
    }
    fat_intend_nothing(fat);
    return status;
}

status_t fat_rename(struct fat *fat, const struct fat_node *from_directory, const uint8_t *from,
                    size_t from_length, const uint8_t *to, size_t to_length)
{
    struct fat_node directory;
    struct fat_name name;
    struct renaming renaming = {.replaces = false, .changes = true};
    status_t status = walk(fat, from_directory, from, from_length, &directory, &name);
    if (status == STATUS_OK) {
        status = fat_directory_find(fat, &directory, &name, &renaming.from);
    }
    if (status != STATUS_OK) {
        return status == STATUS_BAD_ARGUMENT ? STATUS_NOT_FOUND : status;
    }
    status = walk(fat, from_directory, to, to_length, &renaming.to_directory, &renaming.to_name);
    if (status == STATUS_OK) {
        status = check_rename(fat, &renaming);
    }
    if (status != STATUS_OK || !renaming.changes) {
        return status;
    }
    status = fat_begin_change(fat);
    return status == STATUS_OK ? rename_to(fat, &renaming) : status;
}
