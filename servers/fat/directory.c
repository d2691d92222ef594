/* The slots of directory.h: FAT specification 1.03, "FAT Long Directory Entries". */
#include "directory.h"

#include "slots.h"
#include "table.h"

const uint8_t fat_slot_units[LONG_UNITS] = {1, 3, 5, 7, 9, 14, 16, 18, 20, 22, 24, 28, 30};

/* ---- slots ---------------------------------------------------------------------------------- */

static status_t fixed_root_place(const struct fat *fat, uint32_t slot, uint32_t *sector,
                                 uint32_t *offset)
{
    if (slot >= fat->root_slots) {
        return STATUS_NOT_FOUND;
    }
    uint64_t byte = (uint64_t)slot * FAT_ENTRY_BYTES;
    *sector = (uint32_t)(fat->root_start + byte / fat->sector_bytes);
    *offset = (uint32_t)(byte % fat->sector_bytes);
    return STATUS_OK;
}

status_t fat_slot_place(struct fat *fat, struct fat_node *directory, uint32_t slot,
                        uint32_t *sector, uint32_t *offset)
{
    uint32_t cluster;
    if (directory->first == 0) {
        return fixed_root_place(fat, slot, sector, offset);
    }
    if (slot >= FAT_DIRECTORY_SLOTS) {
        return STATUS_NOT_FOUND;
    }
    uint32_t byte = slot * FAT_ENTRY_BYTES;
    status_t status = fat_node_cluster(fat, directory, byte / fat->cluster_bytes, &cluster);
    if (status == STATUS_OK) {
        byte %= fat->cluster_bytes;
        *sector = (uint32_t)(fat_cluster_sector(fat, cluster) + byte / fat->sector_bytes);
        *offset = byte % fat->sector_bytes;
    }
    return status;
}

status_t fat_slot_read(struct fat *fat, struct fat_node *directory, uint32_t slot,
                       struct fat_place *place, uint8_t entry[FAT_ENTRY_BYTES])
{
    uint8_t *bytes;
    place->slot = slot;
    status_t status = fat_slot_place(fat, directory, slot, &place->sector, &place->offset);
    if (status == STATUS_OK) {
        status = fat_cache_read(&fat->cache, place->sector, &bytes);
    }
    if (status == STATUS_OK) {
        fat_copy(entry, bytes + place->offset, FAT_ENTRY_BYTES);
    }
    return status;
}

status_t fat_slot_write(struct fat *fat, struct fat_node *directory, uint32_t slot,
                        const uint8_t entry[FAT_ENTRY_BYTES])
{
    uint32_t sector;
    uint32_t offset;
    uint8_t *bytes;
    status_t status = fat_slot_place(fat, directory, slot, &sector, &offset);
    if (status == STATUS_OK) {
        status = fat_cache_change(&fat->cache, sector, false, &bytes);
    }
    if (status == STATUS_OK) {
        fat_copy(bytes + offset, entry, FAT_ENTRY_BYTES);
    }
    return status;
}

/* ---- reading names -------------------------------------------------------------------------- */

/* A long name on its way: its slots come in falling order. */
struct gathering {
    struct fat_name name;
    uint32_t first_slot;
    uint32_t expected; /* order of the next slot; 0: the short entry; LONG_SLOTS + 1: nothing yet */
    uint8_t checksum;
};

static void gather_nothing(struct gathering *gathering)
{
    gathering->expected = LONG_SLOTS + 1;
}

static uint32_t units_in(const uint8_t *entry)
{
    uint32_t count = 0;
    while (count < LONG_UNITS && fat_get16(entry + fat_slot_units[count]) != 0) {
        count++;
    }
    return count;
}

static void gather(struct gathering *gathering, const uint8_t *entry, uint32_t slot)
{
    uint32_t order = entry[LONG_ORDER] & LONG_ORDER_MASK;
    bool first = (entry[LONG_ORDER] & LONG_LAST) != 0;
    if (order == 0 || order > LONG_SLOTS ||
        (!first && (order != gathering->expected || entry[LONG_CHECKSUM] != gathering->checksum))) {
        gather_nothing(gathering);
        return;
    }
    uint32_t start = (order - 1) * LONG_UNITS;
    uint32_t count = first ? units_in(entry) : LONG_UNITS;
    if (start + count > FAT_NAME_UNITS) {
        gather_nothing(gathering);
        return;
    }
    if (first) {
        gathering->first_slot = slot;
        gathering->checksum = entry[LONG_CHECKSUM];
        gathering->name.length = start + count;
    }
    for (uint32_t i = 0; i < count; i++) {
        gathering->name.units[start + i] = fat_get16(entry + fat_slot_units[i]);
    }
    gathering->expected = order - 1;
}

/* The short entry is there: which name does it have? */
static void take_name(const struct gathering *gathering, struct fat_found *found)
{
    bool has_long = gathering->expected == 0 && gathering->name.length > 0 &&
                    gathering->checksum == fat_name_checksum(found->entry) &&
                    fat_name_is_good(&gathering->name);
    fat_name_from_short(found->entry, found->entry[ENTRY_CASE], &found->alias);
    found->name = has_long ? gathering->name : found->alias;
    found->place.first_slot = has_long ? gathering->first_slot : found->place.slot;
}

static bool is_dot(const uint8_t *entry)
{
    return entry[0] == '.';
}

status_t fat_directory_next(struct fat *fat, struct fat_node *directory, uint32_t *slot,
                            struct fat_found *found)
{
    struct gathering gathering;
    gather_nothing(&gathering);
    found->place.directory = directory->first;
    for (; *slot < FAT_DIRECTORY_SLOTS; (*slot)++) {
        status_t status = fat_slot_read(fat, directory, *slot, &found->place, found->entry);
        if (status != STATUS_OK) {
            return status;
        }
        if (found->entry[0] == ENTRY_LAST) {
            return STATUS_NOT_FOUND;
        }
        if (found->entry[0] != ENTRY_FREE && fat_slot_is_long(found->entry)) {
            gather(&gathering, found->entry, *slot);
            continue;
        }
        if (found->entry[0] != ENTRY_FREE && !is_dot(found->entry) &&
            (found->entry[ENTRY_ATTRIBUTES] & ATTRIBUTE_VOLUME) == 0) {
            take_name(&gathering, found);
            (*slot)++;
            return STATUS_OK;
        }
        gather_nothing(&gathering);
    }
    return STATUS_NOT_FOUND;
}

status_t fat_directory_find(struct fat *fat, struct fat_node *directory,
                            const struct fat_name *name, struct fat_found *found)
{
    uint32_t slot = 0;
    status_t status;
    do {
        status = fat_directory_next(fat, directory, &slot, found);
    } while (status == STATUS_OK && !fat_name_same(&found->name, name) &&
             !fat_name_same(&found->alias, name));
    return status;
}

status_t fat_directory_check_empty(struct fat *fat, struct fat_node *directory)
{
    struct fat_found found;
    uint32_t slot = 0;
    status_t status = fat_directory_next(fat, directory, &slot, &found);
    return status == STATUS_NOT_FOUND ? STATUS_OK : status == STATUS_OK ? STATUS_NOT_EMPTY : status;
}

status_t fat_directory_parent(struct fat *fat, struct fat_node *directory, uint32_t *parent)
{
    struct fat_place place;
    uint8_t entry[FAT_ENTRY_BYTES];
    status_t status = fat_slot_read(fat, directory, 1, &place, entry);
    if (status != STATUS_OK) {
        return status == STATUS_NOT_FOUND ? STATUS_IO_ERROR : status;
    }
    *parent = fat_entry_cluster(fat, entry);
    bool sound =
        entry[0] == '.' && entry[1] == '.' && (*parent == 0 || fat_is_cluster(fat, *parent));
    return sound ? STATUS_OK : STATUS_IO_ERROR;
}

/* ---- freeing and making ---------------------------------------------------------------------- */

static status_t drop(struct fat *fat, const struct fat_place *place, bool only_long)
{
    struct fat_node directory = {.attributes = ATTRIBUTE_DIRECTORY, .first = place->directory};
    status_t status = STATUS_OK;
    for (uint32_t slot = place->first_slot; slot <= place->slot && status == STATUS_OK; slot++) {
        uint8_t entry[FAT_ENTRY_BYTES];
        struct fat_place at;
        status = fat_slot_read(fat, &directory, slot, &at, entry);
        if (status == STATUS_OK && entry[0] != ENTRY_LAST &&
            (!only_long || fat_slot_is_long(entry))) {
            entry[0] = ENTRY_FREE;
            status = fat_slot_write(fat, &directory, slot, entry);
        }
    }
    return status == STATUS_NOT_FOUND && only_long ? STATUS_OK : status;
}

status_t fat_directory_drop(struct fat *fat, const struct fat_place *place)
{
    return drop(fat, place, false);
}

status_t fat_directory_drop_long(struct fat *fat, const struct fat_place *place)
{
    return drop(fat, place, true);
}

status_t fat_slots_zero(struct fat *fat, uint32_t cluster)
{
    uint64_t sector = fat_cluster_sector(fat, cluster);
    status_t status = STATUS_OK;
    for (uint32_t i = 0; i < fat->cluster_bytes / fat->sector_bytes && status == STATUS_OK; i++) {
        uint8_t *bytes;
        status = fat_cache_change(&fat->cache, sector + i, true, &bytes);
    }
    return status;
}

status_t fat_directory_format(struct fat *fat, uint32_t cluster, uint32_t parent,
                              const uint8_t *entry)
{
    uint8_t *bytes;
    status_t status = fat_slots_zero(fat, cluster);
    if (status == STATUS_OK) {
        status = fat_cache_change(&fat->cache, fat_cluster_sector(fat, cluster), true, &bytes);
    }
    if (status != STATUS_OK) {
        return status;
    }
    for (unsigned dots = 1; dots <= 2; dots++) {
        uint8_t *dot = bytes + (dots - 1) * FAT_ENTRY_BYTES;
        fat_copy(dot, entry, FAT_ENTRY_BYTES);
        for (unsigned i = 0; i < FAT_SHORT_BYTES; i++) {
            dot[i] = i < dots ? '.' : ' ';
        }
        fat_entry_set_cluster(dot, dots == 1 ? cluster : parent);
    }
    return STATUS_OK;
}
