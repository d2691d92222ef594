/*
 * The radix tree of a memory object; private to kern/space. All under memory->lock.
 */
#ifndef SPACE_RADIX_H
#define SPACE_RADIX_H

#include <kern/memory.h>

unsigned radix_levels(uint64_t pages);
/* The frame at an index; 0: absent. Changes nothing. */
uint64_t radix_find(const struct memory *memory, uint64_t index);
/* The place of an index's frame, with every node on the path owned by this tree alone. Null: no
 * kernel memory. */
uint64_t *radix_slot(struct memory *memory, uint64_t index);
/* One more owner of the whole tree, for a snapshot. */
void radix_share(const struct memory *memory);
/* Frees at most RADIX_ENTRIES frames or nodes; true when the tree is empty. */
bool radix_free_some(struct memory *memory);

#endif
