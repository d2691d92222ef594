/*
 * Page tables of a space; private to kern/space.
 */
#ifndef SPACE_TABLE_H
#define SPACE_TABLE_H

#include <arch/layout.h>
#include <kern/space.h>

static inline unsigned table_index(uint64_t address, unsigned level)
{
    return (unsigned)(address >> (PAGE_SHIFT + 9 * level)) & (PAGETABLE_ENTRIES - 1);
}

/* The level-0 entry of an address, making tables as needed; space->lock held. Null: NO_PAGES. */
pte_t *table_entry(struct space *space, uint64_t address);
/* False: NO_PAGES. */
bool table_make(struct space *space, uint64_t address);
/* Lowers the protection of what is present to `flags` (PTE_); true if anything was. */
bool table_protect(struct space *space, uint64_t start, uint64_t end, unsigned flags);
/* Makes what is present in the range coherent for instruction fetch. */
void table_sync_code(struct space *space, uint64_t start, uint64_t end);
/* Frees one level-1 table and what hangs below it; true when the root has none left. */
bool table_free_some(struct space *space);

#endif
