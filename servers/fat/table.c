/* The FAT of table.h: FAT specification 1.03, "FAT Data Structure". */
#include "table.h"

#include "recover.h"

enum {
    MASK_12 = 0xfff,
    MASK_16 = 0xffff,
    MASK_32 = 0x0fffffff, /* the upper four bits are kept as they are */
    END_DISTANCE = 7      /* the seven values below the mask end a chain too */
};

static uint32_t mask_of(const struct fat *fat)
{
    return fat->type == FAT_12 ? MASK_12 : fat->type == FAT_16 ? MASK_16 : MASK_32;
}

/* Offset of the first byte of an entry in the FAT. */
static uint64_t offset_of(const struct fat *fat, uint32_t cluster)
{
    return fat->type == FAT_12 ? cluster + cluster / 2 : (uint64_t)cluster * fat->type / 8;
}

uint64_t fat_entry_sector(const struct fat *fat, uint32_t cluster)
{
    return fat->fat_start + offset_of(fat, cluster) / fat->sector_bytes;
}

/* The entries of FAT12 may lie in two sectors, so bytes are taken one by one. */
static status_t get_byte(struct fat *fat, uint64_t offset, uint8_t *byte)
{
    uint8_t *bytes;
    status_t status =
        fat_cache_read(&fat->cache, fat->fat_start + offset / fat->sector_bytes, &bytes);
    if (status == STATUS_OK) {
        *byte = bytes[offset % fat->sector_bytes];
    }
    return status;
}

static status_t set_byte(struct fat *fat, uint64_t offset, uint8_t byte)
{
    uint8_t *bytes;
    status_t status =
        fat_cache_change(&fat->cache, fat->fat_start + offset / fat->sector_bytes, false, &bytes);
    if (status == STATUS_OK) {
        bytes[offset % fat->sector_bytes] = byte;
    }
    return status;
}

static status_t get_raw(struct fat *fat, uint32_t cluster, uint32_t *value)
{
    uint64_t offset = offset_of(fat, cluster);
    uint8_t *bytes;
    if (fat->type == FAT_12) {
        uint8_t low = 0;
        uint8_t high = 0;
        status_t status = get_byte(fat, offset, &low);
        if (status == STATUS_OK) {
            status = get_byte(fat, offset + 1, &high);
        }
        uint32_t both = low | (uint32_t)high << 8;
        *value = (cluster & 1) != 0 ? both >> 4 : both & MASK_12;
        return status;
    }
    status_t status = fat_cache_read(&fat->cache, fat_entry_sector(fat, cluster), &bytes);
    if (status == STATUS_OK) {
        bytes += offset % fat->sector_bytes;
        *value = fat->type == FAT_16 ? fat_get16(bytes) : fat_get32(bytes) & MASK_32;
    }
    return status;
}

static status_t set_raw_12(struct fat *fat, uint32_t cluster, uint32_t value)
{
    uint64_t offset = offset_of(fat, cluster);
    uint8_t low = 0;
    uint8_t high = 0;
    status_t status = get_byte(fat, offset, &low);
    if (status == STATUS_OK) {
        status = get_byte(fat, offset + 1, &high);
    }
    if (status != STATUS_OK) {
        return status;
    }
    bool odd = (cluster & 1) != 0;
    uint32_t both = odd ? (low & 0xfu) | value << 4 : value | (uint32_t)(high & 0xf0u) << 8;
    status = set_byte(fat, offset, (uint8_t)both);
    return status == STATUS_OK ? set_byte(fat, offset + 1, (uint8_t)(both >> 8)) : status;
}

static status_t set_raw(struct fat *fat, uint32_t cluster, uint32_t value)
{
    uint8_t *bytes;
    if (fat->type == FAT_12) {
        return set_raw_12(fat, cluster, value);
    }
    status_t status = fat_cache_change(&fat->cache, fat_entry_sector(fat, cluster), false, &bytes);
    if (status != STATUS_OK) {
        return status;
    }
    bytes += offset_of(fat, cluster) % fat->sector_bytes;
    if (fat->type == FAT_16) {
        fat_put16(bytes, value);
    } else {
        fat_put32(bytes, (fat_get32(bytes) & ~(uint32_t)MASK_32) | value);
    }
    return STATUS_OK;
}

status_t fat_entry_get(struct fat *fat, uint32_t cluster, uint32_t *value)
{
    status_t status = get_raw(fat, cluster, value);
    if (status == STATUS_OK && *value >= mask_of(fat) - END_DISTANCE) {
        *value = FAT_END;
    }
    return status;
}

status_t fat_entry_set(struct fat *fat, uint32_t cluster, uint32_t value)
{
    fat->info_changed = true;
    return set_raw(fat, cluster, value == FAT_END ? mask_of(fat) : value);
}

status_t fat_next(struct fat *fat, uint32_t cluster, uint32_t *next)
{
    if (!fat_is_cluster(fat, cluster)) {
        return STATUS_IO_ERROR;
    }
    status_t status = fat_entry_get(fat, cluster, next);
    bool sound = status != STATUS_OK || *next == FAT_END || fat_is_cluster(fat, *next);
    return sound ? status : STATUS_IO_ERROR;
}

/* ---- free clusters -------------------------------------------------------------------------- */

static uint32_t following(const struct fat *fat, uint32_t cluster)
{
    return fat_is_cluster(fat, cluster + 1) ? cluster + 1 : FAT_FIRST_CLUSTER;
}

status_t fat_choose(struct fat *fat, uint32_t wanted, struct fat_run *runs, uint32_t *run_count,
                    uint32_t *found)
{
    uint32_t cluster = fat_is_cluster(fat, fat->next_free) ? fat->next_free : FAT_FIRST_CLUSTER;
    struct fat_run *last = NULL;
    *run_count = 0;
    *found = 0;
    for (uint32_t looked = 0; looked < fat->clusters && *found < wanted; looked++) {
        uint32_t value;
        status_t status = fat_entry_get(fat, cluster, &value);
        if (status != STATUS_OK) {
            return status;
        }
        if (value == FAT_FREE) {
            if (last == NULL || last->first + last->count != cluster) {
                if (*run_count == FAT_RUNS) {
                    break;
                }
                last = &runs[(*run_count)++];
                *last = (struct fat_run){cluster, 0};
            }
            last->count++;
            (*found)++;
        }
        cluster = following(fat, cluster);
    }
    return STATUS_OK;
}

static void count_free(struct fat *fat, int64_t change)
{
    if (fat->free_clusters != FAT_UNKNOWN) {
        int64_t free = (int64_t)fat->free_clusters + change;
        fat->free_clusters = free < 0 || free > fat->clusters ? FAT_UNKNOWN : (uint32_t)free;
    }
}

status_t fat_enter_runs(struct fat *fat, const struct fat_run *runs, uint32_t run_count)
{
    for (uint32_t i = 0; i < run_count; i++) {
        for (uint32_t j = 0; j < runs[i].count; j++) {
            bool last = j + 1 == runs[i].count;
            uint32_t next = !last               ? runs[i].first + j + 1
                            : i + 1 < run_count ? runs[i + 1].first
                                                : FAT_END;
            status_t status = fat_entry_set(fat, runs[i].first + j, next);
            if (status != STATUS_OK) {
                return status;
            }
        }
        count_free(fat, -(int64_t)runs[i].count);
        fat->next_free = runs[i].first + runs[i].count;
    }
    return STATUS_OK;
}

status_t fat_enter_filled(struct fat *fat, const struct fat_run *run)
{
    status_t status = fat_stage(fat);
    if (status == STATUS_OK) {
        status = fat_enter_runs(fat, run, 1);
    }
    return status == STATUS_OK ? fat_barrier(fat) : status;
}

status_t fat_free_runs(struct fat *fat, const struct fat_run *runs, uint32_t run_count)
{
    for (uint32_t i = 0; i < run_count; i++) {
        for (uint32_t j = 0; j < runs[i].count; j++) {
            uint32_t value;
            status_t status = fat_entry_get(fat, runs[i].first + j, &value);
            if (status == STATUS_OK && value != FAT_FREE) {
                status = fat_entry_set(fat, runs[i].first + j, FAT_FREE);
                count_free(fat, 1);
            }
            if (status != STATUS_OK) {
                return status;
            }
        }
    }
    return STATUS_OK;
}

/* Collects the next part of a chain; *next is where to go on, 0 at its end. */
static status_t collect(struct fat *fat, struct fat_intent *intent, uint32_t *bound)
{
    uint32_t cluster = intent->next;
    intent->count = 0;
    while (fat_is_cluster(fat, cluster) && *bound > 0) {
        struct fat_run *run = intent->count == 0 ? NULL : &intent->runs[intent->count - 1];
        uint32_t next;
        if (run != NULL && run->first + run->count == cluster) {
            run->count++;
        } else if (intent->count < FAT_RUNS) {
            intent->runs[intent->count++] = (struct fat_run){cluster, 1};
        } else {
            break;
        }
        status_t status = fat_entry_get(fat, cluster, &next);
        if (status != STATUS_OK) {
            return status;
        }
        (*bound)--;
        cluster = next;
    }
    intent->next = fat_is_cluster(fat, cluster) && *bound > 0 ? cluster : 0;
    return STATUS_OK;
}

/* A ring ends where it meets what it has freed: there the next is FAT_FREE, which is no cluster. */
status_t fat_free_chain(struct fat *fat, uint32_t first)
{
    struct fat_intent *intent = fat_intend(fat, FAT_INTENT_FREE, NULL, 0);
    uint32_t bound = fat->clusters;
    status_t status = STATUS_OK;
    intent->next = first;
    while (status == STATUS_OK && intent->next != 0) {
        status = collect(fat, intent, &bound);
        if (status == STATUS_OK) {
            status = fat_free_runs(fat, intent->runs, intent->count);
        }
        if (status == STATUS_OK) {
            status = fat_stage(fat);
        }
    }
    fat_intend_nothing(fat);
    return status;
}

status_t fat_count_free(struct fat *fat)
{
    uint32_t free = 0;
    for (uint32_t i = 0; i < fat->clusters; i++) {
        uint32_t value;
        status_t status = fat_entry_get(fat, FAT_FIRST_CLUSTER + i, &value);
        if (status != STATUS_OK) {
            return status;
        }
        free += value == FAT_FREE;
    }
    fat->free_clusters = free;
    fat->info_changed = true;
    return STATUS_OK;
}
