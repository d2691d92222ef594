/* The FAT: entries, chains, free clusters. */
#ifndef FAT_TABLE_H
#define FAT_TABLE_H

#include "fat.h"

enum { FAT_STATE_ENTRY = 1 }; /* the entry that tells whether the volume is clean */

static inline bool fat_is_cluster(const struct fat *fat, uint32_t cluster)
{
    return cluster >= FAT_FIRST_CLUSTER && cluster - FAT_FIRST_CLUSTER < fat->clusters;
}

static inline uint64_t fat_cluster_sector(const struct fat *fat, uint32_t cluster)
{
    return fat->data_start +
           (uint64_t)(cluster - FAT_FIRST_CLUSTER) * (fat->cluster_bytes / fat->sector_bytes);
}

/* FAT_FREE, FAT_END, the next cluster, or a number that is none (bad, reserved). */
SINTER_MUST_CHECK status_t fat_entry_get(struct fat *fat, uint32_t cluster, uint32_t *value);
SINTER_MUST_CHECK status_t fat_entry_set(struct fat *fat, uint32_t cluster, uint32_t value);

/* Which sector of the FAT has the entry of a cluster (for FAT12 the first byte of it). */
uint64_t fat_entry_sector(const struct fat *fat, uint32_t cluster);

/* The next of a chain, or FAT_END. IO_ERROR: the chain is broken here. */
SINTER_MUST_CHECK status_t fat_next(struct fat *fat, uint32_t cluster, uint32_t *next);

/* Chooses up to `wanted` free clusters, in at most FAT_RUNS runs, without entering them anywhere.
 * *found may be less; 0: the volume is full. */
SINTER_MUST_CHECK status_t fat_choose(struct fat *fat, uint32_t wanted, struct fat_run *runs,
                                      uint32_t *run_count, uint32_t *found);

/* Enters runs as one chain with an end. Part of a stage. */
SINTER_MUST_CHECK status_t fat_enter_runs(struct fat *fat, const struct fat_run *runs,
                                          uint32_t run_count);

/* The same of one run, whose contents are the stage before, with a barrier behind: from then
 * on something may point to them. */
SINTER_MUST_CHECK status_t fat_enter_filled(struct fat *fat, const struct fat_run *run);

/* Makes runs free that nothing points to. Part of a stage. */
SINTER_MUST_CHECK status_t fat_free_runs(struct fat *fat, const struct fat_run *runs,
                                         uint32_t run_count);

/* Frees a chain that nothing points to any more; a broken one as far as it goes. In stages. */
SINTER_MUST_CHECK status_t fat_free_chain(struct fat *fat, uint32_t first);

/* Counts the free clusters of the whole FAT. */
SINTER_MUST_CHECK status_t fat_count_free(struct fat *fat);

#endif
