/*
 * Bytes of files, as content.h says. A write that makes a file longer moves the bytes first, into
 * clusters that are not entered anywhere; then enters these in the FAT; then links them to the
 * file; then changes its entry, with a barrier before each of the last two.
 */
#include "content.h"

#include "recover.h"
#include "table.h"

/* Where bytes of a file lie: its chain, and behind that what it is about to get. */
struct extent_source {
    struct fat *fat;
    struct fat_node *node;
    uint32_t chain_count; /* clusters of the chain, if runs follow */
    const struct fat_run *runs;
    uint32_t run_count;
};

static uint64_t smaller(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* ---- from bytes to sectors ------------------------------------------------------------------ */

static status_t new_cluster(const struct extent_source *source, uint32_t index, uint32_t *cluster,
                            uint32_t *follow)
{
    for (uint32_t i = 0; i < source->run_count; i++) {
        if (index < source->runs[i].count) {
            *cluster = source->runs[i].first + index;
            *follow = source->runs[i].count - index;
            return STATUS_OK;
        }
        index -= source->runs[i].count;
    }
    return STATUS_IO_ERROR;
}

/* How many clusters of the chain lie in one piece from here on, up to `most`. */
static status_t count_piece(const struct extent_source *source, uint32_t cluster, uint32_t most,
                            uint32_t *follow)
{
    for (*follow = 1; *follow < most; (*follow)++) {
        uint32_t next;
        status_t status = fat_next(source->fat, cluster + *follow - 1, &next);
        if (status != STATUS_OK || next != cluster + *follow) {
            return status;
        }
    }
    return STATUS_OK;
}

/* The device offset of a byte, and how many of the `length` bytes follow it in one piece. */
static status_t locate(const struct extent_source *source, uint64_t offset, uint64_t length,
                       uint64_t *device_offset, uint64_t *piece)
{
    const struct fat *fat = source->fat;
    uint32_t index = (uint32_t)(offset / fat->cluster_bytes);
    uint32_t within = (uint32_t)(offset % fat->cluster_bytes);
    uint32_t cluster = 0;
    uint32_t follow = 0;
    status_t status;
    if (source->run_count > 0 && index >= source->chain_count) {
        status = new_cluster(source, index - source->chain_count, &cluster, &follow);
    } else {
        uint64_t wanted = (within + length + fat->cluster_bytes - 1) / fat->cluster_bytes;
        if (source->run_count > 0) {
            wanted = smaller(wanted, source->chain_count - index);
        }
        status = fat_node_cluster(source->fat, source->node, index, &cluster);
        if (status == STATUS_OK) {
            status = count_piece(source, cluster, (uint32_t)wanted, &follow);
        }
    }
    if (status != STATUS_OK) {
        return status == STATUS_NOT_FOUND ? STATUS_IO_ERROR : status; /* shorter than its size */
    }
    *device_offset = fat_cluster_sector(fat, cluster) * fat->sector_bytes + within;
    *piece = smaller(length, (uint64_t)follow * fat->cluster_bytes - within);
    return STATUS_OK;
}

/* Part of one sector, read through the cache. */
static status_t read_part(struct fat *fat, const struct fat_client *client, uint64_t device_offset,
                          uint64_t at, uint32_t length)
{
    uint8_t *bytes;
    status_t status = fat_cache_read(&fat->cache, device_offset / fat->sector_bytes, &bytes);
    return status == STATUS_OK ? client->copy(client->context, false, at,
                                              bytes + device_offset % fat->sector_bytes, length)
                               : status;
}

/* Part of one sector, which is fresh if the file has had no byte in it so far. */
static status_t write_part(struct fat *fat, const struct fat_client *client, uint64_t device_offset,
                           bool fresh, uint64_t at, uint32_t length)
{
    static uint8_t part[FAT_SECTOR_MOST];
    uint8_t *bytes;
    status_t status = client->copy(client->context, true, at, part, length);
    if (status == STATUS_OK) {
        status = fat_cache_change(&fat->cache, device_offset / fat->sector_bytes, fresh, &bytes);
    }
    if (status != STATUS_OK) {
        return status;
    }
    fat_copy(bytes + device_offset % fat->sector_bytes, part, length);
    return fat_stage(fat);
}

/* Moves one piece: whole sectors past the cache, or a part of one through it. */
static status_t move_piece(const struct extent_source *source, const struct fat_client *client,
                           bool write, uint64_t offset, uint64_t at, uint64_t length,
                           uint64_t *count)
{
    struct fat *fat = source->fat;
    uint32_t sector_bytes = fat->sector_bytes;
    uint64_t device_offset;
    uint64_t piece;
    status_t status = locate(source, offset, length, &device_offset, &piece);
    if (status != STATUS_OK) {
        return status;
    }
    uint32_t within = (uint32_t)(device_offset % sector_bytes);
    if (within != 0 || piece < sector_bytes) {
        *count = smaller(piece, sector_bytes - within);
        bool fresh = offset - within >= source->node->size;
        return write ? write_part(fat, client, device_offset, fresh, at, (uint32_t)*count)
                     : read_part(fat, client, device_offset, at, (uint32_t)*count);
    }
    piece -= piece % sector_bytes;
    if (write) {
        fat_cache_forget(&fat->cache, device_offset / sector_bytes, piece / sector_bytes);
        fat->unflushed = true;
    }
    status = client->move(client->context, write, device_offset, at, piece, count);
    return status == STATUS_OK && (*count == 0 || *count > piece) ? STATUS_IO_ERROR : status;
}

static status_t move_all(const struct extent_source *source, const struct fat_client *client,
                         bool write, uint64_t offset, uint64_t length, uint64_t *count)
{
    for (*count = 0; *count < length;) {
        uint64_t moved = 0;
        status_t status =
            move_piece(source, client, write, offset + *count, *count, length - *count, &moved);
        if (status != STATUS_OK) {
            return *count > 0 ? STATUS_OK : status;
        }
        *count += moved;
    }
    return STATUS_OK;
}

status_t fat_read(struct fat *fat, struct fat_node *node, uint64_t offset, uint64_t length,
                  const struct fat_client *client, uint64_t *count)
{
    struct extent_source source = {.fat = fat, .node = node};
    *count = 0;
    if (node->lost != 0) {
        return STATUS_GONE;
    }
    if (offset >= node->size) {
        return STATUS_OK;
    }
    length = smaller(smaller(length, node->size - offset), FAT_TRANSFER);
    return move_all(&source, client, false, offset, length, count);
}

/* ---- making files longer -------------------------------------------------------------------- */

static uint32_t clusters_for(const struct fat *fat, uint64_t bytes)
{
    return (uint32_t)((bytes + fat->cluster_bytes - 1) / fat->cluster_bytes);
}

/* Cuts runs to the first `wanted` clusters. */
static uint32_t cut_runs(struct fat_run *runs, uint32_t run_count, uint32_t wanted)
{
    uint32_t used = 0;
    while (used < run_count && wanted > 0) {
        runs[used].count = (uint32_t)smaller(runs[used].count, wanted);
        wanted -= runs[used++].count;
    }
    return used;
}

/* Whether one sector of the FAT has the entries of `link` and of all runs: then they change in one
 * step, and need no order. */
static bool in_one_sector(const struct fat *fat, uint32_t link, const struct fat_run *runs,
                          uint32_t run_count)
{
    uint64_t sector = fat_entry_sector(fat, link);
    bool one = fat->type != FAT_12; /* whose entries may lie in two */
    for (uint32_t i = 0; i < run_count && one; i++) {
        one = fat_entry_sector(fat, runs[i].first) == sector &&
              fat_entry_sector(fat, runs[i].first + runs[i].count - 1) == sector;
    }
    return one;
}

static status_t enter(struct fat *fat, struct fat_node *node, const struct fat_run *runs,
                      uint32_t run_count)
{
    uint32_t link = node->first == 0 ? 0 : node->tail;
    struct fat_intent *intent = fat_intend(fat, FAT_INTENT_ALLOCATE, runs, run_count);
    intent->link = link;
    intent->size = node->size;
    intent->place = node->place;
    status_t status = fat_enter_runs(fat, runs, run_count);
    if (status == STATUS_OK && link != 0) {
        if (!in_one_sector(fat, link, runs, run_count)) {
            status = fat_barrier(fat);
        }
        if (status == STATUS_OK) {
            status = fat_entry_set(fat, link, runs[0].first);
        }
    }
    return status == STATUS_OK ? fat_barrier(fat) : status;
}

static void note_tail(struct fat_node *node, const struct fat_run *runs, uint32_t run_count)
{
    for (uint32_t i = 0; i < run_count; i++) {
        node->tail_count += runs[i].count;
        node->tail = runs[i].first + runs[i].count - 1;
    }
    if (node->first == 0) {
        node->first = runs[0].first;
    }
}

/* The new clusters become the file's, up to its new end, and its entry changes. */
static status_t commit(struct fat *fat, struct fat_node *node, uint64_t end, struct fat_run *runs,
                       uint32_t run_count)
{
    struct fat_node before = *node;
    uint32_t wanted = clusters_for(fat, end);
    status_t status = STATUS_OK;
    wanted -= wanted > node->tail_count ? node->tail_count : wanted;
    run_count = cut_runs(runs, run_count, wanted);
    if (run_count > 0) {
        status = enter(fat, node, runs, run_count);
        if (status == STATUS_OK) {
            note_tail(node, runs, run_count);
        }
    }
    if (status == STATUS_OK) {
        node->size = end > node->size ? (uint32_t)end : node->size;
        status = fat_node_store(fat, node);
    }
    if (status == STATUS_OK) {
        status = fat_stage(fat);
    }
    if (status != STATUS_OK) {
        *node = before;
        fat_node_forget(node);
    }
    fat_intend_nothing(fat);
    return status;
}

static status_t write_at(struct fat *fat, struct fat_node *node, uint64_t offset, uint64_t length,
                         const struct fat_client *client, uint64_t *count)
{
    struct fat_run runs[FAT_RUNS];
    struct extent_source source = {.fat = fat, .node = node, .runs = runs};
    uint32_t found = 0;
    uint64_t end = offset + length;
    status_t status = fat_node_tail(fat, node);
    source.chain_count = node->tail_count;
    uint32_t wanted = clusters_for(fat, end);
    if (status == STATUS_OK && wanted > node->tail_count) {
        status = fat_choose(fat, wanted - node->tail_count, runs, &source.run_count, &found);
    }
    uint64_t room = (uint64_t)(node->tail_count + found) * fat->cluster_bytes;
    if (status == STATUS_OK && room <= offset) {
        status = STATUS_FULL;
    }
    if (status != STATUS_OK) {
        return status;
    }
    status = move_all(&source, client, true, offset, smaller(length, room - offset), count);
    if (status == STATUS_OK) {
        status = commit(fat, node, offset + *count, runs, source.run_count);
    }
    return status;
}

/* ---- zeros ---------------------------------------------------------------------------------- */

static status_t move_zeros(void *context, bool write, uint64_t device_offset, uint64_t at,
                           uint64_t length, uint64_t *count)
{
    static const uint8_t zeros[FAT_SECTOR_MOST];
    struct fat *fat = context;
    (void)write;
    (void)at;
    for (*count = 0; *count < length;) {
        uint32_t piece = (uint32_t)smaller(length - *count, sizeof(zeros));
        status_t status =
            fat->device.write(fat->device.context, device_offset + *count, zeros, piece);
        if (status != STATUS_OK) {
            return status;
        }
        *count += piece;
    }
    return STATUS_OK;
}

static status_t copy_zeros(void *context, bool write, uint64_t at, void *bytes, uint32_t length)
{
    (void)context;
    (void)write;
    (void)at;
    fat_zero(bytes, length);
    return STATUS_OK;
}

static status_t write_zeros(struct fat *fat, struct fat_node *node, uint64_t size)
{
    const struct fat_client zeros = {fat, move_zeros, copy_zeros};
    while (node->size < size) {
        uint64_t count = 0;
        uint64_t length = smaller(size - node->size, FAT_TRANSFER);
        status_t status = write_at(fat, node, node->size, length, &zeros, &count);
        if (status != STATUS_OK) {
            return status;
        }
    }
    return STATUS_OK;
}

/* ---- making files shorter ------------------------------------------------------------------- */

/* Its chain ends with the cluster `last`; 0: with none. What followed is freed. */
static status_t cut_chain(struct fat *fat, uint32_t last, uint32_t first)
{
    uint32_t rest = first;
    status_t status = fat_barrier(fat); /* the entry does not tell of it any more */
    if (status == STATUS_OK && last != 0) {
        status = fat_next(fat, last, &rest);
        if (status == STATUS_OK && rest != FAT_END) {
            struct fat_intent *intent = fat_intend(fat, FAT_INTENT_FREE, NULL, 0);
            intent->next = rest;
            intent->link = last;
            status = fat_entry_set(fat, last, FAT_END);
        }
        if (status == STATUS_OK) {
            status = fat_barrier(fat);
        }
    }
    bool more = status == STATUS_OK && fat_is_cluster(fat, rest);
    return more ? fat_free_chain(fat, rest) : status;
}

static status_t shrink(struct fat *fat, struct fat_node *node, uint32_t size)
{
    uint32_t first = node->first;
    uint32_t last = 0;
    status_t status = STATUS_OK;
    if (size > 0) {
        status = fat_node_cluster(fat, node, clusters_for(fat, size) - 1, &last);
    } else {
        node->first = 0;
    }
    if (status != STATUS_OK) {
        return status == STATUS_NOT_FOUND ? STATUS_IO_ERROR : status;
    }
    node->size = size;
    if (size == 0) {
        fat_intend_free(fat, first, &node->place);
    }
    status = fat_node_store(fat, node);
    if (status == STATUS_OK) {
        status = cut_chain(fat, last, first);
    }
    fat_node_forget(node);
    fat_intend_nothing(fat);
    return status;
}

/* ---- entries -------------------------------------------------------------------------------- */

static status_t begin(struct fat *fat, const struct fat_node *node)
{
    fat_put_in_order(fat);
    if (node->lost != 0) {
        return STATUS_GONE;
    }
    return (node->attributes & ATTRIBUTE_READ_ONLY) != 0 ? STATUS_READ_ONLY : fat_begin_change(fat);
}

/* Before anything is changed, as far as the number of free clusters is known. What the volume says
 * of it is a hint: before it refuses anything they are counted. */
static status_t check_room(struct fat *fat, const struct fat_node *node, uint64_t size)
{
    uint32_t wanted = clusters_for(fat, size);
    uint32_t present = clusters_for(fat, node->size);
    status_t status = STATUS_OK;
    wanted -= present < wanted ? present : wanted;
    if (size > FAT_FILE_MOST) {
        return STATUS_FULL;
    }
    if (fat->free_clusters != FAT_UNKNOWN && wanted > fat->free_clusters) {
        status = fat_count_free(fat);
    }
    bool full = fat->free_clusters != FAT_UNKNOWN && wanted > fat->free_clusters;
    return status == STATUS_OK && full ? STATUS_FULL : status;
}

static status_t grow(struct fat *fat, struct fat_node *node, uint64_t size)
{
    uint32_t before = node->size;
    status_t status = check_room(fat, node, size);
    if (status == STATUS_OK) {
        status = write_zeros(fat, node, size);
        if (status == STATUS_FULL && node->size > before) {
            status_t undone = shrink(fat, node, before);
            status = undone == STATUS_OK ? STATUS_FULL : undone;
        }
    }
    return status;
}

status_t fat_write(struct fat *fat, struct fat_node *node, uint64_t offset, uint64_t length,
                   const struct fat_client *client, uint64_t *count)
{
    *count = 0;
    status_t status = begin(fat, node);
    if (status != STATUS_OK || length == 0) {
        return status;
    }
    if (offset >= FAT_FILE_MOST) {
        return STATUS_FULL;
    }
    length = smaller(smaller(length, FAT_FILE_MOST - offset), FAT_TRANSFER);
    if (offset > node->size) {
        status = grow(fat, node, offset);
    }
    return status == STATUS_OK ? write_at(fat, node, offset, length, client, count) : status;
}

status_t fat_resize(struct fat *fat, struct fat_node *node, uint64_t size)
{
    status_t status = begin(fat, node);
    if (status != STATUS_OK) {
        return status;
    }
    if (size > node->size) {
        return grow(fat, node, size);
    }
    return size < node->size || (size == 0 && node->first != 0) ? shrink(fat, node, (uint32_t)size)
                                                                : STATUS_OK;
}
