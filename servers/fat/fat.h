/*
 * FAT12, FAT16 and FAT32 on a block device, read and written; without a system call. Source:
 * Microsoft's FAT specification 1.03.
 *
 *   server, openings    the server: calls, leases, endpoints, what outlives a crash
 *   tree                names in directories: look up, make, remove, rename, list
 *   content             bytes of files: read, write, resize
 *   node                what is open
 *   directory           slots of 32 bytes, and sets of them that make one name
 *   table               the FAT: entries, chains, free clusters
 *   volume              boot sector, dirty flag, FSInfo, sync
 *   cache               sectors
 *
 * Stages. What an operation changes is collected in the cache and written in stages: all of one
 * before any of the next, with a flush of the device between (fat_barrier) where the order has to
 * hold through a loss of power. Clusters are entered in the FAT before anything points to them,
 * and freed after nothing does; so what is cut off at any moment leaves clusters without an owner,
 * at worst. An operation that is answered has been written to the device; one that the device
 * broke off is undone or finished before the next one, as after a crash of the server.
 *
 * Everything read from the device is believed only as far as it cannot do harm: every number is
 * checked, every walk bounded. Not thread-safe.
 */
#ifndef FAT_H
#define FAT_H

#include <sinter/abi.h>
#include <stdbool.h>
#include <stdint.h>

#include "cache.h"
#include "name.h"
#include "saved.h"
#include "time.h"

enum {
    FAT_ENTRY_BYTES = 32,
    FAT_FIRST_CLUSTER = 2,
    FAT_DIRECTORY_SLOTS = 65536, /* most of one directory */
    FAT_GEOMETRY_BYTES = 25,     /* of the boot sector */
    FAT_TRANSFER = 1 << 20       /* bytes, at most, of one read or write */
};

#define FAT_FREE      0u
#define FAT_END       UINT32_MAX /* the last of a chain */
#define FAT_UNKNOWN   UINT32_MAX /* number of free clusters */
#define FAT_FILE_MOST UINT32_MAX /* bytes of a file */

enum fat_type { FAT_12 = 12, FAT_16 = 16, FAT_32 = 32 };

struct fat {
    struct fat_device device;
    struct fat_saved *saved;
    uint64_t (*wall)(void); /* the time of day, ns since 1970; 0: not known */
    enum fat_type type;
    uint32_t sector_bytes;
    uint32_t cluster_bytes;
    uint64_t fat_start; /* these four in sectors */
    uint32_t fat_sectors;
    uint64_t root_start; /* FAT12 and FAT16: the root directory */
    uint64_t data_start;
    uint32_t root_slots;
    uint32_t root_cluster; /* FAT32 */
    uint32_t clusters;     /* numbered from FAT_FIRST_CLUSTER */
    uint32_t info_sector;  /* FSInfo; 0: none */
    uint32_t free_clusters;
    uint32_t next_free; /* where to look first */
    bool read_only;
    bool found_dirty;  /* by somebody else, so it stays */
    bool unflushed;    /* something was written since the last flush */
    bool info_changed; /* FSInfo is old */

    uint8_t geometry[FAT_GEOMETRY_BYTES]; /* as the boot sector gives it */
    struct fat_cache cache;
};

/* ---- volume --------------------------------------------------------------------------------- */

/*
 * Opens the file system of a device. `saved` (which may be zero) is what the instance before left;
 * what it was in the middle of is undone or finished. BAD_FORMAT: no FAT, *reason says in words
 * why; IO_ERROR.
 */
SINTER_MUST_CHECK status_t fat_mount(struct fat *fat, const struct fat_device *device,
                                     struct fat_saved *saved, uint64_t (*wall)(void),
                                     bool read_only, const char **reason);

/* Whether a device that has come back has this file system on it, with nothing changed that is
 * known of it: its marks, FSInfo, what is in the cache. If not, the next instance begins anew. */
bool fat_is_on(struct fat *fat, const struct fat_device *device);

/* Before the first change: READ_ONLY, or the mark of being changed is on stable storage. IO_ERROR
 * also while an earlier change that the device broke off cannot be undone or finished. */
SINTER_MUST_CHECK status_t fat_begin_change(struct fat *fat);

/* All is on stable storage, and the volume is marked as clean if it was so when it was mounted. */
SINTER_MUST_CHECK status_t fat_sync(struct fat *fat);

/* A stage ends: what was changed is written. With a barrier: before anything that follows. */
SINTER_MUST_CHECK status_t fat_stage(struct fat *fat);
SINTER_MUST_CHECK status_t fat_barrier(struct fat *fat);

/* Bytes in all, and free; counts once if the volume does not say. */
SINTER_MUST_CHECK status_t fat_space(struct fat *fat, uint64_t *total, uint64_t *free);

static inline uint16_t fat_get16(const uint8_t *at)
{
    return (uint16_t)(at[0] | at[1] << 8);
}

static inline uint32_t fat_get32(const uint8_t *at)
{
    return fat_get16(at) | (uint32_t)fat_get16(at + 2) << 16;
}

static inline void fat_put16(uint8_t *at, uint32_t value)
{
    at[0] = (uint8_t)value;
    at[1] = (uint8_t)(value >> 8);
}

static inline void fat_put32(uint8_t *at, uint32_t value)
{
    fat_put16(at, value);
    fat_put16(at + 2, value >> 16);
}

static inline void fat_copy(void *to, const void *from, size_t length)
{
    __builtin_memcpy(to, from, length);
}

static inline void fat_zero(void *at, size_t length)
{
    __builtin_memset(at, 0, length);
}

#endif
