/* The volume as a whole: boot sector, dirty flag, FSInfo, stages. See fat.h. */
#include "boot_sector.h"
#include "fat.h"
#include "recover.h"
#include "table.h"

enum {
    LEAST_16 = 4085, /* clusters: FAT specification, "FAT Type Determination" */
    LEAST_32 = 65525,
    MOST_32 = 0x0ffffff5 - FAT_FIRST_CLUSTER,
    CLUSTER_MOST = 65536, /* bytes */
    FATS_MOST = 2,
    GEOMETRY = BPB_BYTES_PER_SECTOR /* where the fields begin that give the sizes */
};
_Static_assert(BPB_TOTAL_SECTORS_32 + 4 - GEOMETRY == FAT_GEOMETRY_BYTES, "up to the last of them");

static bool is_power(uint32_t value, uint32_t least, uint32_t most)
{
    return value >= least && value <= most && (value & (value - 1)) == 0;
}

/* ---- geometry ------------------------------------------------------------------------------- */

struct layout {
    uint32_t reserved;
    uint32_t fats;
    uint64_t total;
    uint32_t root_sectors;
};

static const char *read_sizes(struct fat *fat, const uint8_t *boot, struct layout *layout)
{
    uint32_t cluster_sectors = boot[BPB_SECTORS_PER_CLUSTER];
    fat->sector_bytes = fat_get16(boot + BPB_BYTES_PER_SECTOR);
    if (!is_power(fat->sector_bytes, FAT_SECTOR_LEAST, FAT_SECTOR_MOST)) {
        return "no FAT file system: its sector size is none";
    }
    if (!is_power(cluster_sectors, 1, 128) || cluster_sectors * fat->sector_bytes > CLUSTER_MOST) {
        return "no FAT file system: its cluster size is none";
    }
    fat->cluster_bytes = cluster_sectors * fat->sector_bytes;
    layout->reserved = fat_get16(boot + BPB_RESERVED_SECTORS);
    layout->fats = boot[BPB_FAT_COUNT];
    layout->total = fat_get16(boot + BPB_TOTAL_SECTORS_16);
    layout->total = layout->total != 0 ? layout->total : fat_get32(boot + BPB_TOTAL_SECTORS_32);
    fat->root_slots = fat_get16(boot + BPB_ROOT_ENTRIES);
    uint64_t root_bytes = (uint64_t)fat->root_slots * FAT_ENTRY_BYTES;
    layout->root_sectors = (uint32_t)((root_bytes + fat->sector_bytes - 1) / fat->sector_bytes);
    fat->fat_sectors = fat_get16(boot + BPB_FAT_SECTORS_16);
    fat->type = fat->fat_sectors == 0 ? FAT_32 : FAT_16;
    if (fat->type == FAT_32) {
        fat->fat_sectors = fat_get32(boot + BPB_FAT_SECTORS_32);
    }
    if (layout->reserved == 0 || layout->fats == 0 || layout->fats > FATS_MOST ||
        fat->fat_sectors == 0) {
        return "no FAT file system: the place of its FAT is none";
    }
    if (layout->total > fat->device.size / fat->sector_bytes) {
        return "the file system is larger than the device";
    }
    return NULL;
}

static const char *read_32(struct fat *fat, const uint8_t *boot, const struct layout *layout)
{
    uint32_t flags = fat_get16(boot + BPB_FLAGS_32);
    if (fat_get16(boot + BPB_VERSION_32) != 0) {
        return "a version of FAT32 that is not known";
    }
    if ((flags & FLAGS_NOT_MIRRORED) != 0) {
        uint32_t active = flags & FLAGS_ACTIVE_MASK;
        if (active >= layout->fats) {
            return "its active FAT is none";
        }
        fat->fat_start += (uint64_t)active * fat->fat_sectors;
    }
    fat->root_slots = 0;
    fat->root_cluster = fat_get32(boot + BPB_ROOT_CLUSTER_32);
    fat->info_sector = fat_get16(boot + BPB_INFO_SECTOR_32);
    if (fat->info_sector >= layout->reserved) {
        fat->info_sector = 0;
    }
    return fat_is_cluster(fat, fat->root_cluster) ? NULL : "its root directory is nowhere";
}

static const char *read_layout(struct fat *fat, const uint8_t *boot)
{
    struct layout layout;
    const char *reason = read_sizes(fat, boot, &layout);
    if (reason != NULL) {
        return reason;
    }
    fat->fat_start = layout.reserved;
    fat->root_start = layout.reserved + (uint64_t)layout.fats * fat->fat_sectors;
    fat->data_start = fat->root_start + layout.root_sectors;
    if (fat->data_start >= layout.total) {
        return "the file system has no room for data";
    }
    uint64_t clusters = (layout.total - fat->data_start) / (fat->cluster_bytes / fat->sector_bytes);
    fat->clusters = (uint32_t)clusters;
    if (fat->type == FAT_16 && clusters < LEAST_16) {
        fat->type = FAT_12;
    }
    bool wrong_type = fat->type == FAT_32 ? clusters > MOST_32 || fat->root_slots != 0
                                          : clusters >= LEAST_32 || fat->root_slots == 0;
    uint64_t needed = ((clusters + FAT_FIRST_CLUSTER) * fat->type + 7) / 8;
    if (clusters == 0 || wrong_type || needed > (uint64_t)fat->fat_sectors * fat->sector_bytes) {
        return "its FAT does not fit its size";
    }
    return fat->type == FAT_32 ? read_32(fat, boot, &layout) : NULL;
}

/* ---- FSInfo --------------------------------------------------------------------------------- */

static bool is_info(const uint8_t *bytes)
{
    return fat_get32(bytes + INFO_LEAD) == INFO_LEAD_SIGNATURE &&
           fat_get32(bytes + INFO_STRUCTURE) == INFO_STRUCTURE_SIGNATURE;
}

/* The count is a hint, and after a crash not even that. */
static status_t read_info(struct fat *fat)
{
    uint8_t *bytes;
    fat->free_clusters = FAT_UNKNOWN;
    fat->next_free = FAT_FIRST_CLUSTER;
    if (fat->info_sector == 0) {
        return STATUS_OK;
    }
    status_t status = fat_cache_read(&fat->cache, fat->info_sector, &bytes);
    if (status != STATUS_OK) {
        return status;
    }
    if (!is_info(bytes)) {
        fat->info_sector = 0;
        return STATUS_OK;
    }
    uint32_t next = fat_get32(bytes + INFO_NEXT);
    uint32_t free = fat_get32(bytes + INFO_FREE);
    bool dirty = fat->found_dirty || fat->saved->dirty_by_us != 0;
    fat->free_clusters = !dirty && free <= fat->clusters ? free : FAT_UNKNOWN;
    fat->next_free = fat_is_cluster(fat, next) ? next : FAT_FIRST_CLUSTER;
    return STATUS_OK;
}

static status_t write_info(struct fat *fat)
{
    uint8_t *bytes;
    if (fat->info_sector == 0 || !fat->info_changed) {
        return STATUS_OK;
    }
    status_t status = fat_cache_change(&fat->cache, fat->info_sector, false, &bytes);
    if (status == STATUS_OK) {
        fat_put32(bytes + INFO_FREE, fat->free_clusters);
        fat_put32(bytes + INFO_NEXT, fat->next_free);
        status = fat_stage(fat);
    }
    fat->info_changed = status != STATUS_OK;
    return status;
}

/* ---- dirty or clean ------------------------------------------------------------------------- */

static uint32_t state_offset(const struct fat *fat)
{
    return fat->type == FAT_32 ? BS_STATE_32 : BS_STATE;
}

static uint32_t clean_bit(const struct fat *fat)
{
    return fat->type == FAT_32 ? CLEAN_32 : fat->type == FAT_16 ? CLEAN_16 : 0;
}

static status_t read_state(struct fat *fat, bool *dirty)
{
    uint8_t *bytes;
    uint32_t entry = 0;
    status_t status = fat_entry_get(fat, FAT_STATE_ENTRY, &entry);
    if (status == STATUS_OK) {
        status = fat_cache_read(&fat->cache, 0, &bytes);
    }
    if (status == STATUS_OK) {
        uint32_t bit = clean_bit(fat);
        *dirty = (bytes[state_offset(fat)] & STATE_DIRTY) != 0 || (entry & bit) != bit;
    }
    return status;
}

/* The boot sector has the flag of Linux and fsck, the FAT that of the specification. */
static status_t write_state(struct fat *fat, bool dirty)
{
    uint8_t *bytes;
    uint32_t entry = 0;
    uint32_t bit = clean_bit(fat);
    status_t status = fat_cache_change(&fat->cache, 0, false, &bytes);
    if (status != STATUS_OK) {
        return status;
    }
    uint8_t *state = bytes + state_offset(fat);
    *state = (uint8_t)(dirty ? *state | STATE_DIRTY : *state & ~STATE_DIRTY);
    if (bit != 0) {
        status = fat_entry_get(fat, FAT_STATE_ENTRY, &entry);
        uint32_t all = fat->type == FAT_32 ? 0x0fffffffu : 0xffffu;
        entry = entry == FAT_END ? all : entry;
        if (status == STATUS_OK) {
            bool changed = fat->info_changed;
            status = fat_entry_set(fat, FAT_STATE_ENTRY, dirty ? entry & ~bit : entry | bit);
            fat->info_changed = changed;
        }
    }
    return status == STATUS_OK ? fat_stage(fat) : status;
}

status_t fat_begin_change(struct fat *fat)
{
    if (fat->read_only) {
        return STATUS_READ_ONLY;
    }
    if (fat->cache.failed) {
        return STATUS_IO_ERROR;
    }
    if (fat->found_dirty || fat->saved->dirty_by_us != 0) {
        return STATUS_OK;
    }
    fat->saved->dirty_by_us = 1;
    status_t status = write_state(fat, true);
    if (status == STATUS_OK) {
        status = fat_barrier(fat);
    }
    fat->saved->dirty_by_us = status == STATUS_OK;
    return status;
}

/* ---- stages --------------------------------------------------------------------------------- */

status_t fat_stage(struct fat *fat)
{
    fat->unflushed = fat->unflushed || fat->cache.dirty > 0;
    status_t status = fat_cache_write(&fat->cache);
    if (status != STATUS_OK) {
        fat_cache_drop(&fat->cache);
    }
    return status;
}

status_t fat_barrier(struct fat *fat)
{
    status_t status = fat_stage(fat);
    if (status == STATUS_OK && fat->unflushed) {
        status = fat->device.flush(fat->device.context);
        fat->unflushed = status != STATUS_OK;
        fat->cache.failed = fat->cache.failed || fat->unflushed;
    }
    return status;
}

status_t fat_sync(struct fat *fat)
{
    fat_put_in_order(fat);
    status_t status = fat->cache.failed ? STATUS_IO_ERROR : STATUS_OK;
    if (status == STATUS_OK && !fat->read_only) {
        status = write_info(fat);
    }
    if (status == STATUS_OK) {
        status = fat_barrier(fat);
    }
    if (status != STATUS_OK || fat->read_only || fat->saved->dirty_by_us == 0) {
        return status;
    }
    status = write_state(fat, false);
    if (status == STATUS_OK) {
        fat->saved->dirty_by_us = 0;
        status = fat_barrier(fat);
    }
    return status;
}

status_t fat_space(struct fat *fat, uint64_t *total, uint64_t *free)
{
    status_t status = fat->free_clusters == FAT_UNKNOWN ? fat_count_free(fat) : STATUS_OK;
    *total = (uint64_t)fat->clusters * fat->cluster_bytes;
    *free = status == STATUS_OK ? (uint64_t)fat->free_clusters * fat->cluster_bytes : 0;
    return status;
}

/* ---- mounting ------------------------------------------------------------------------------- */

/* The first sector is as large as the device says; 512 bytes of it tell the rest. */
static status_t read_boot(struct fat *fat, uint8_t boot[FAT_SECTOR_LEAST], const char **reason)
{
    *reason = "the device is too small";
    if (fat->device.size < FAT_SECTOR_LEAST) {
        return STATUS_BAD_FORMAT;
    }
    *reason = "the first sector cannot be read";
    status_t status = fat->device.read(fat->device.context, 0, boot, FAT_SECTOR_LEAST);
    if (status != STATUS_OK) {
        return status;
    }
    *reason = "no FAT file system: the first sector has no signature";
    if (fat_get16(boot + BOOT_SIGNATURE_OFFSET) != BOOT_SIGNATURE) {
        return STATUS_BAD_FORMAT;
    }
    *reason = read_layout(fat, boot);
    return *reason == NULL ? STATUS_OK : STATUS_BAD_FORMAT;
}

static uint32_t identity_of(enum fat_type type, const uint8_t *boot)
{
    return fat_get32(boot + (type == FAT_32 ? BS_VOLUME_ID_32 : BS_VOLUME_ID));
}

bool fat_is_on(struct fat *fat, const struct fat_device *device)
{
    uint8_t now[FAT_SECTOR_LEAST];
    bool same = device->read(device->context, 0, now, FAT_SECTOR_LEAST) == STATUS_OK &&
                __builtin_memcmp(now + GEOMETRY, fat->geometry, FAT_GEOMETRY_BYTES) == 0 &&
                identity_of(fat->type, now) == fat->saved->identity &&
                fat_cache_is_on(&fat->cache, device);
    fat_saved_keep(fat, same);
    return same;
}

static void set_mirrors(struct fat *fat, const uint8_t *boot)
{
    bool mirrored =
        fat->type != FAT_32 || (fat_get16(boot + BPB_FLAGS_32) & FLAGS_NOT_MIRRORED) == 0;
    fat_cache_init(&fat->cache, &fat->device, fat->sector_bytes);
    fat->cache.mirror_start = fat->fat_start;
    fat->cache.mirror_length = fat->fat_sectors;
    fat->cache.mirrors = mirrored ? boot[BPB_FAT_COUNT] - 1u : 0;
    fat_cache_watch(&fat->cache, 0);
    fat_cache_watch(&fat->cache, fat->fat_start); /* its second entry is the other mark */
    fat_cache_watch(&fat->cache, fat->info_sector);
}

status_t fat_mount(struct fat *fat, const struct fat_device *device, struct fat_saved *saved,
                   uint64_t (*wall)(void), bool read_only, const char **reason)
{
    uint8_t boot[FAT_SECTOR_LEAST];
    bool dirty = false;
    fat->device = *device;
    fat->saved = saved;
    fat->wall = wall;
    fat->read_only = read_only;
    fat->root_cluster = 0;
    fat->info_sector = 0;
    fat->unflushed = true; /* the instance before may have written */
    fat->info_changed = false;
    status_t status = read_boot(fat, boot, reason);
    if (status != STATUS_OK) {
        return status;
    }
    *reason = "its FAT or FSInfo cannot be read";
    set_mirrors(fat, boot);
    fat_copy(fat->geometry, boot + GEOMETRY, FAT_GEOMETRY_BYTES);
    fat_saved_check(fat, identity_of(fat->type, boot));
    status = read_state(fat, &dirty);
    fat->found_dirty = dirty && saved->dirty_by_us == 0;
    if (status == STATUS_OK) {
        status = read_info(fat);
    }
    if (status == STATUS_OK) {
        *reason = "what an earlier instance left cannot be put in order";
        status = fat_recover(fat);
    }
    return status;
}
