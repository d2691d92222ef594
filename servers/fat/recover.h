/* Going on from what an earlier instance of the server left: see saved.h. */
#ifndef FAT_RECOVER_H
#define FAT_RECOVER_H

#include "fat.h"

/* Drops what was saved if it is not of this volume, or makes no sense. */
void fat_saved_check(struct fat *fat, uint32_t identity);

/* Whether what is saved is for the next instance. */
void fat_saved_keep(struct fat *fat, bool keep);

/* Undoes or finishes what was interrupted, and finds again what is open. */
SINTER_MUST_CHECK status_t fat_recover(struct fat *fat);

/* The same if the device has broken off a change since; fat->cache.failed if it cannot be done. For
 * the beginning of an operation, before it looks at anything. */
void fat_put_in_order(struct fat *fat);

/* Notes what is about to be done, with the runs that it is about. */
struct fat_intent *fat_intend(struct fat *fat, enum fat_intent_kind kind,
                              const struct fat_run *runs, uint32_t run_count);
/* The chain is about to be freed, once the entry at `place` does not tell of it. */
void fat_intend_free(struct fat *fat, uint32_t first, const struct fat_place *place);
/* A name is about to come. */
void fat_intend_name(struct fat *fat, const struct fat_place *place);
void fat_intend_nothing(struct fat *fat);

#endif
