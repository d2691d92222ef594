/*
 * Directories: slots of 32 bytes. A name takes one slot, the short entry, and before it as many
 * slots as its long form needs.
 */
#ifndef FAT_DIRECTORY_H
#define FAT_DIRECTORY_H

#include "node.h"

/* A name in a directory. */
struct fat_found {
    struct fat_place place;
    uint8_t entry[FAT_ENTRY_BYTES];
    struct fat_name name;  /* the long one if there is one */
    struct fat_name alias; /* the short one */
};

/* Where a slot is. NOT_FOUND: the directory ends before. `directory` is a node of one. */
SINTER_MUST_CHECK status_t fat_slot_place(struct fat *fat, struct fat_node *directory,
                                          uint32_t slot, uint32_t *sector, uint32_t *offset);

/* The next name from *slot on, which moves behind it; `.`, `..` and labels are left out.
 * NOT_FOUND: there is none. */
SINTER_MUST_CHECK status_t fat_directory_next(struct fat *fat, struct fat_node *directory,
                                              uint32_t *slot, struct fat_found *found);

SINTER_MUST_CHECK status_t fat_directory_find(struct fat *fat, struct fat_node *directory,
                                              const struct fat_name *name, struct fat_found *found);

/* OK: empty; NOT_EMPTY. */
SINTER_MUST_CHECK status_t fat_directory_check_empty(struct fat *fat, struct fat_node *directory);

/* The first cluster of the directory above: 0 for the root. */
SINTER_MUST_CHECK status_t fat_directory_parent(struct fat *fat, struct fat_node *directory,
                                                uint32_t *parent);

/*
 * Finds room for a name, makes the directory longer if it has to, and puts the name there: `entry`
 * with a short name that nobody else has in this directory, `replaced` (or null) apart. *place is
 * where. Part of a stage.
 */
SINTER_MUST_CHECK status_t fat_directory_add(struct fat *fat, struct fat_node *directory,
                                             const struct fat_name *name,
                                             const struct fat_place *replaced, uint8_t *entry,
                                             struct fat_place *place);

/* Frees the slots of a name. Part of a stage. */
SINTER_MUST_CHECK status_t fat_directory_drop(struct fat *fat, const struct fat_place *place);

/* Frees those that hold parts of a long name. Part of a stage. */
SINTER_MUST_CHECK status_t fat_directory_drop_long(struct fat *fat, const struct fat_place *place);

/* The first sector of a new directory, with `.` and `..`; the rest of its cluster is zero. */
SINTER_MUST_CHECK status_t fat_directory_format(struct fat *fat, uint32_t cluster, uint32_t parent,
                                                const uint8_t *entry);

#endif
