/* The nodes of node.h, in memory that the next instance finds. */
#include "node.h"

#include "recover.h"
#include "table.h"

uint32_t fat_entry_cluster(const struct fat *fat, const uint8_t *entry)
{
    uint32_t high = fat->type == FAT_32 ? fat_get16(entry + ENTRY_CLUSTER_HIGH) : 0;
    return high << 16 | fat_get16(entry + ENTRY_CLUSTER);
}

void fat_entry_set_cluster(uint8_t *entry, uint32_t cluster)
{
    fat_put16(entry + ENTRY_CLUSTER_HIGH, cluster >> 16);
    fat_put16(entry + ENTRY_CLUSTER, cluster);
}

void fat_node_root(const struct fat *fat, struct fat_node *node)
{
    *node = (struct fat_node){.attributes = ATTRIBUTE_DIRECTORY, .first = fat->root_cluster};
}

status_t fat_node_load(const struct fat *fat, const struct fat_place *place, const uint8_t *entry,
                       struct fat_node *node)
{
    *node = (struct fat_node){.place = *place,
                              .attributes = entry[ENTRY_ATTRIBUTES],
                              .first = fat_entry_cluster(fat, entry),
                              .size = fat_get32(entry + ENTRY_SIZE)};
    fat_copy(node->short_name, entry, FAT_SHORT_BYTES);
    if (fat_is_directory(node)) {
        node->size = 0;
        return fat_is_cluster(fat, node->first) ? STATUS_OK : STATUS_IO_ERROR;
    }
    bool empty = node->first == 0 && node->size == 0;
    return empty || fat_is_cluster(fat, node->first) ? STATUS_OK : STATUS_IO_ERROR;
}

static bool same_place(const struct fat_place *one, const struct fat_place *other)
{
    return one->sector == other->sector && one->offset == other->offset;
}

struct fat_node *fat_node_find(struct fat *fat, const struct fat_place *place)
{
    for (uint32_t i = 0; i < FAT_NODES; i++) {
        struct fat_node *node = &fat->saved->nodes[i];
        if (node->references != 0 && node->lost == 0 && same_place(&node->place, place)) {
            return node;
        }
    }
    return NULL;
}

struct fat_node *fat_node_open(struct fat *fat, const struct fat_node *loaded)
{
    struct fat_node *node = fat_node_find(fat, &loaded->place);
    for (uint32_t i = 0; node == NULL && i < FAT_NODES; i++) {
        if (fat->saved->nodes[i].references == 0) {
            node = &fat->saved->nodes[i];
            *node = *loaded;
            node->references = 0;
        }
    }
    if (node != NULL) {
        node->references++;
    }
    return node;
}

void fat_node_close(struct fat_node *node)
{
    if (node->references > 0) {
        node->references--;
    }
}

status_t fat_node_entry(struct fat *fat, const struct fat_node *node, uint8_t **entry)
{
    if (node->lost != 0 || node->place.sector == 0) {
        return STATUS_GONE;
    }
    status_t status = fat_cache_change(&fat->cache, node->place.sector, false, entry);
    *entry += node->place.offset;
    return status;
}

static void put_time(const struct fat *fat, uint8_t *entry)
{
    struct fat_time now = fat_time_from_wall(fat->wall());
    fat_put16(entry + ENTRY_TIME, now.time);
    fat_put16(entry + ENTRY_DATE, now.date);
    fat_put16(entry + ENTRY_ACCESSED_DATE, now.date);
}

/* Leaves the sector alone if nothing is new: times have two seconds. */
status_t fat_node_store(struct fat *fat, struct fat_node *node)
{
    uint8_t fresh[FAT_ENTRY_BYTES];
    uint8_t *bytes;
    if (node->lost != 0 || node->place.sector == 0) {
        return STATUS_GONE;
    }
    status_t status = fat_cache_read(&fat->cache, node->place.sector, &bytes);
    if (status != STATUS_OK) {
        return status;
    }
    fat_copy(fresh, bytes + node->place.offset, sizeof(fresh));
    fat_entry_set_cluster(fresh, node->first);
    fat_put32(fresh + ENTRY_SIZE, node->size);
    fresh[ENTRY_ATTRIBUTES] |= ATTRIBUTE_ARCHIVE;
    put_time(fat, fresh);
    if (__builtin_memcmp(fresh, bytes + node->place.offset, sizeof(fresh)) == 0) {
        return STATUS_OK;
    }
    status = fat_node_entry(fat, node, &bytes);
    if (status == STATUS_OK) {
        fat_copy(bytes, fresh, sizeof(fresh));
    }
    return status;
}

/* ---- chains --------------------------------------------------------------------------------- */

void fat_node_forget(struct fat_node *node)
{
    node->tail_count = 0;
    node->tail = 0;
    node->near_index = 0;
    node->near = 0;
}

/* A walk along a chain, which finds out whether it goes round: it meets the cluster again that it
 * keeps, at the latest in the first ring that begins behind that and is not longer than the way to
 * there (R. P. Brent, An improved Monte Carlo factorization algorithm, 1980). */
struct chain_walk {
    uint32_t kept, steps, until;
};

static bool goes_round(struct chain_walk *walk, uint32_t cluster)
{
    bool round = cluster == walk->kept;
    if (++walk->steps == walk->until) {
        walk->kept = cluster;
        walk->steps = 0;
        walk->until *= 2;
    }
    return round;
}

/* From the cluster used last if that lies before. */
status_t fat_node_cluster(struct fat *fat, struct fat_node *node, uint32_t index, uint32_t *cluster)
{
    uint32_t at = 0;
    *cluster = node->first;
    if (!fat_is_cluster(fat, *cluster)) {
        return *cluster == 0 ? STATUS_NOT_FOUND : STATUS_IO_ERROR;
    }
    if (index >= fat->clusters) {
        return STATUS_NOT_FOUND;
    }
    if (fat_is_cluster(fat, node->near) && node->near_index <= index) {
        at = node->near_index;
        *cluster = node->near;
    }
    struct chain_walk walk = {.kept = *cluster, .until = 1};
    for (; at < index; at++) {
        uint32_t next;
        status_t status = fat_next(fat, *cluster, &next);
        if (status != STATUS_OK || next == FAT_END) {
            return status != STATUS_OK ? status : STATUS_NOT_FOUND;
        }
        if (goes_round(&walk, next)) {
            return STATUS_IO_ERROR;
        }
        *cluster = next;
    }
    node->near_index = index;
    node->near = *cluster;
    return STATUS_OK;
}

status_t fat_node_tail(struct fat *fat, struct fat_node *node)
{
    uint32_t cluster = node->first;
    uint32_t count = 1;
    if (node->tail_count != 0 || node->first == 0) {
        return STATUS_OK;
    }
    if (fat_is_cluster(fat, node->near) && node->near_index < fat->clusters) {
        cluster = node->near;
        count = node->near_index + 1;
    }
    struct chain_walk walk = {.kept = cluster, .until = 1};
    for (; count <= fat->clusters; count++) {
        uint32_t next;
        status_t status = fat_next(fat, cluster, &next);
        if (status != STATUS_OK || goes_round(&walk, next)) {
            return status != STATUS_OK ? status : STATUS_IO_ERROR;
        }
        if (next == FAT_END) {
            node->tail = cluster;
            node->tail_count = count;
            return STATUS_OK;
        }
        cluster = next;
    }
    return STATUS_IO_ERROR; /* a ring */
}

/* ---- times ---------------------------------------------------------------------------------- */

status_t fat_node_modified(struct fat *fat, const struct fat_node *node, uint64_t *modified)
{
    uint8_t *bytes;
    *modified = 0;
    if (node->place.sector == 0) {
        return STATUS_OK; /* the root has no entry */
    }
    if (node->lost != 0) {
        return STATUS_GONE;
    }
    status_t status = fat_cache_read(&fat->cache, node->place.sector, &bytes);
    if (status == STATUS_OK) {
        bytes += node->place.offset;
        *modified = fat_time_to_wall(
            (struct fat_time){fat_get16(bytes + ENTRY_DATE), fat_get16(bytes + ENTRY_TIME)});
    }
    return status;
}

status_t fat_node_set_modified(struct fat *fat, const struct fat_node *node, uint64_t modified)
{
    struct fat_time time = fat_time_from_wall(modified);
    uint8_t *entry;
    if (node->place.sector == 0) {
        return STATUS_UNSUPPORTED;
    }
    fat_put_in_order(fat);
    status_t status = fat_begin_change(fat);
    if (status == STATUS_OK) {
        status = fat_node_entry(fat, node, &entry);
    }
    if (status != STATUS_OK) {
        return status;
    }
    fat_put16(entry + ENTRY_TIME, time.time);
    fat_put16(entry + ENTRY_DATE, time.date);
    return fat_stage(fat);
}
