/*
 * Walking and changing user page tables; see table.h. Tables once made stay until the space goes.
 */
#include "table.h"

#include <arch/caches.h>
#include <kern/pages.h>

static pte_t *table_of(pte_t entry)
{
    return direct_map(pte_physical(entry));
}

pte_t *space_entry(struct space *space, uint64_t address)
{
    pte_t *table = space->root;

    for (unsigned level = PAGETABLE_ROOT_LEVEL; level > 0; level--) {
        pte_t entry = *(volatile pte_t *)&table[table_index(address, level)];

        if (!pte_present(entry)) {
            return NULL;
        }
        table = table_of(entry);
    }
    return &table[table_index(address, 0)];
}

pte_t *table_entry(struct space *space, uint64_t address)
{
    pte_t *table = space->root;

    for (unsigned level = PAGETABLE_ROOT_LEVEL; level > 0; level--) {
        pte_t *entry = &table[table_index(address, level)];

        if (!pte_present(*entry)) {
            uint64_t page = page_allocate(space->object.account);

            if (page == 0) {
                return NULL;
            }
            atomic_thread_fence(memory_order_release);
            if (level == PAGETABLE_ROOT_LEVEL && space->kind == SPACE_GUEST) {
                space->guest_root[table_index(address, level)] = pte_table(page);
                *entry = pte_table_of_data(page);
            } else {
                *entry = pte_table(page);
            }
        }
        table = table_of(*entry);
    }
    return &table[table_index(address, 0)];
}

bool table_make(struct space *space, uint64_t address)
{
    bool made;

    lock_acquire(&space->lock);
    made = table_entry(space, address) != NULL;
    lock_release(&space->lock);
    return made;
}

/* The first level-0 entry at or after *address whose table exists, before `end`; moves *address
 * there. Null: none. */
static pte_t *next_entry(struct space *space, uint64_t *address, uint64_t end)
{
    while (*address < end) {
        pte_t top = space->root[table_index(*address, 2)];
        uint64_t span = UINT64_C(1) << 30;

        if (pte_present(top)) {
            pte_t middle = table_of(top)[table_index(*address, 1)];

            span = UINT64_C(1) << 21;
            if (pte_present(middle)) {
                return &table_of(middle)[table_index(*address, 0)];
            }
        }
        *address = (*address + span) & ~(span - 1);
    }
    return NULL;
}

/* True if anything was present. */
static bool table_clear(struct space *space, uint64_t start, uint64_t end)
{
    bool changed = false;
    pte_t *entry;

    for (uint64_t at = start; (entry = next_entry(space, &at, end)) != NULL; at += PAGE_SIZE) {
        if (pte_present(*entry)) {
            *entry = 0;
            changed = true;
        }
    }
    return changed;
}

void space_flush(struct space *space, uint64_t address, uint64_t length)
{
    uint64_t mask = atomic_load(&space->cpu_mask);

    if (space->kind == SPACE_HOST) {
        tlb_flush_user(address, length);
    } else if (mask != 0) {
        tlb_flush_range(space->asid, address, length, mask);
        if (space->kind == SPACE_GUEST) {
            tlb_flush_range(space->guest_asid, address, length, mask);
        }
    }
}

void space_clear(struct space *space, uint64_t address, uint64_t length)
{
    if (table_clear(space, address, address + length)) {
        space_flush(space, address, length);
    }
}

bool table_protect(struct space *space, uint64_t start, uint64_t end, unsigned flags)
{
    const unsigned protection = PTE_READ | PTE_WRITE | PTE_EXECUTE;
    bool changed = false;
    pte_t *entry;

    for (uint64_t at = start; (entry = next_entry(space, &at, end)) != NULL; at += PAGE_SIZE) {
        if (pte_present(*entry)) {
            unsigned old = pte_flags(*entry);

            /* What is added is entered by the next fault, which knows about sharing. */
            *entry = (old & flags & (PTE_READ | PTE_EXECUTE)) != 0
                         ? pte_leaf(pte_physical(*entry), old & (flags | ~protection), 0)
                         : 0;
            changed = true;
        }
    }
    return changed;
}

void space_write_protect(struct space *space, uint64_t address, uint64_t length)
{
    const unsigned all_but_write = ~(unsigned)PTE_WRITE;

    if (table_protect(space, address, address + length, all_but_write)) {
        space_flush(space, address, length);
    }
}

void table_sync_code(struct space *space, uint64_t start, uint64_t end)
{
    pte_t *entry;

    for (uint64_t at = start; (entry = next_entry(space, &at, end)) != NULL; at += PAGE_SIZE) {
        if (pte_present(*entry) && page_is_ram(pte_physical(*entry))) {
            caches_sync_code(direct_map(pte_physical(*entry)), PAGE_SIZE);
        }
    }
}

static void free_middle(pte_t *middle)
{
    for (unsigned i = 0; i < PAGETABLE_ENTRIES; i++) {
        if (pte_present(middle[i])) {
            page_disown(pte_physical(middle[i]));
        }
    }
}

bool table_free_some(struct space *space)
{
    unsigned limit = table_index(space->top - 1, 2);

    for (unsigned i = 0; i <= limit; i++) {
        pte_t entry = space->root[i];

        if (pte_present(entry)) {
            free_middle(table_of(entry));
            space->root[i] = 0;
            page_disown(pte_physical(entry));
            return false;
        }
    }
    return true;
}
