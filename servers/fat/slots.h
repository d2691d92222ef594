/* The slots of a directory one by one, for directory.c and directory_add.c. */
#ifndef FAT_SLOTS_H
#define FAT_SLOTS_H

#include "directory.h"

/* A slot of a long name. */
enum long_field { LONG_ORDER = 0, LONG_ATTRIBUTES = 11, LONG_TYPE = 12, LONG_CHECKSUM = 13 };

enum {
    LONG_LAST = 0x40, /* in the order of the slot that comes first */
    LONG_ORDER_MASK = 0x3f,
    LONG_UNITS = 13,
    LONG_SLOTS = 20
};

/* Where in a slot the units of a name are. */
extern const uint8_t fat_slot_units[LONG_UNITS];

/* place->slot, sector and offset are set. NOT_FOUND: the directory ends before. */
SINTER_MUST_CHECK status_t fat_slot_read(struct fat *fat, struct fat_node *directory, uint32_t slot,
                                         struct fat_place *place, uint8_t entry[FAT_ENTRY_BYTES]);
SINTER_MUST_CHECK status_t fat_slot_write(struct fat *fat, struct fat_node *directory,
                                          uint32_t slot, const uint8_t entry[FAT_ENTRY_BYTES]);

/* All slots of a cluster. */
SINTER_MUST_CHECK status_t fat_slots_zero(struct fat *fat, uint32_t cluster);

/* Whether a slot holds a part of a long name. */
static inline bool fat_slot_is_long(const uint8_t *entry)
{
    return (entry[ENTRY_ATTRIBUTES] & ATTRIBUTE_LONG_MASK) == ATTRIBUTE_LONG_NAME;
}

#endif
