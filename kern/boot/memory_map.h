/*
 * What RAM there is and which of it is taken, from the device tree.
 */
#ifndef BOOT_MEMORY_MAP_H
#define BOOT_MEMORY_MAP_H

#include <base/devicetree.h>
#include <kern/pages.h>

enum { MEMORY_RANGES = 16, RESERVED_RANGES = RESERVED_MOST };

struct memory_map {
    struct memory_range ram[MEMORY_RANGES]; /* ascending, merged */
    unsigned ram_count;
    struct memory_range reserved[RESERVED_RANGES];
    unsigned reserved_count;
    struct memory_range initrd; /* size 0: none */
    bool overlapped;            /* the tree names some RAM twice */
};

/* Null, or why there is no usable memory. devicetree_physical: where the blob lies. */
const char *memory_map_read(struct memory_map *map, const struct devicetree *tree,
                            uint64_t devicetree_physical);

#endif
