/*
 * Memory objects; see kern/memory.h.
 */
#include <kern/memory.h>

#include "radix.h"

#include <arch/entry.h>
#include <kern/kmem.h>
#include <kern/pages.h>
#include <kern/space.h>
#include <string.h>

static struct memory *memory_new(struct account *account, uint32_t kind, uint64_t pages,
                                 status_t *status)
{
    struct memory *memory = object_create(OBJECT_MEMORY, sizeof(*memory), account);

    if (memory == NULL) {
        *status = STATUS_NO_KERNEL_MEMORY;
        return NULL;
    }
    memory->kind = kind;
    memory->pages = pages;
    memory->levels = radix_levels(pages);
    list_init(&memory->mappings);
    list_init(&memory->quarantine);
    *status = STATUS_OK;
    return memory;
}

struct memory *memory_create(struct account *account, uint64_t pages, status_t *status)
{
    return memory_new(account, MEMORY_KIND_ZERO, pages, status);
}

struct memory *memory_create_range(struct account *account, uint32_t kind, uint64_t physical,
                                   uint64_t pages, status_t *status)
{
    struct memory *memory = memory_new(account, kind, pages, status);

    if (memory != NULL) {
        memory->physical = physical;
        memory->borrowed = true;
        memory->resident = pages;
    }
    return memory;
}

/* Frees pages at the end of contiguous memory of which nobody knows. */
static void free_some(struct memory *memory, uint64_t keep)
{
    for (unsigned i = 0; i < PAGES_A_STEP && memory->pages > keep; i++) {
        page_disown(memory->physical + --memory->pages * PAGE_SIZE);
    }
}

struct memory *memory_create_contiguous(struct account *account, uint64_t pages, status_t *status)
{
    struct memory *memory = memory_create_range(account, MEMORY_KIND_CONTIGUOUS, 0, pages, status);
    unsigned order = 0;

    if (memory == NULL) {
        return NULL;
    }
    while (order < PAGE_ORDERS && (UINT64_C(1) << order) < pages) {
        order++;
    }
    memory->physical = pages_allocate_block(account, order);
    if (memory->physical == 0) {
        object_release(&memory->object);
        *status = STATUS_NO_PAGES;
        return NULL;
    }
    memory->borrowed = false;
    memory->pages = UINT64_C(1) << order;
    while (memory->pages > pages) {
        free_some(memory, pages);
        interrupts_poll();
    }
    return memory;
}

#define NOWHERE (~UINT64_C(0)) /* 0 is an address of guests */

/* Where a mapping shows page `index`. */
static uint64_t mapped_address(const struct mapping *mapping, uint64_t index)
{
    uint64_t offset = index * PAGE_SIZE;

    if (offset < mapping->offset || offset - mapping->offset >= mapping->length) {
        return NOWHERE;
    }
    return mapping->node.key + (offset - mapping->offset);
}

/* Takes page `index` out of every page table. */
static void unmap_page(struct memory *memory, uint64_t index)
{
    for (struct list *at = memory->mappings.next; at != &memory->mappings; at = at->next) {
        struct mapping *mapping = container_of(at, struct mapping, link);
        struct space *space = mapping->space;
        uint64_t address = mapped_address(mapping, index);
        pte_t *entry = address != NOWHERE ? space_entry(space, address) : NULL;

        if (entry != NULL && pte_present(*entry)) {
            *entry = 0;
            space_flush(space, address, PAGE_SIZE);
        }
    }
}

struct memory *memory_snapshot(struct memory *memory, struct account *account, status_t *status)
{
    struct memory *copy = memory_new(account, memory->kind, memory->pages, status);

    if (copy == NULL) {
        return NULL;
    }
    lock_acquire(&memory->lock);
    radix_share(memory);
    copy->root = memory->root;
    copy->resident = memory->resident;
    copy->lost = memory->lost;
    for (struct list *at = memory->mappings.next; at != &memory->mappings; at = at->next) {
        struct mapping *mapping = container_of(at, struct mapping, link);

        if (mapping->allowed & MAP_WRITE) {
            space_write_protect(mapping->space, mapping->node.key, mapping->length);
        }
    }
    lock_release(&memory->lock);
    if (memory->pager != NULL) {
        copy->pager = memory->pager;
        copy->key = memory->key;
        object_handle_added(copy->pager);
    }
    return copy;
}

/* A frame of our own at `slot`, holding what `old` held (0: zeros). */
static status_t replace_frame(struct memory *memory, uint64_t index, uint64_t *slot, uint64_t old)
{
    uint64_t frame = page_allocate(memory->object.account);

    if (frame == 0) {
        return STATUS_NO_PAGES;
    }
    unmap_page(memory, index); /* other mappings show the old frame, or zeros */
    if (old != 0) {
        memcpy(direct_map(frame), direct_map(old), PAGE_SIZE);
        page_disown(old);
    } else {
        memory->resident++;
    }
    *slot = frame;
    return STATUS_OK;
}

/* Nobody reaches any page of the memory from now on. */
static void lose(struct memory *memory)
{
    memory->lost = true;
    for (struct list *at = memory->mappings.next; at != &memory->mappings; at = at->next) {
        struct mapping *mapping = container_of(at, struct mapping, link);

        space_clear(mapping->space, mapping->node.key, mapping->length);
    }
}

void memory_replace_frame(struct memory *memory, uint64_t index, uint64_t frame)
{
    bool contiguous = memory->kind == MEMORY_KIND_CONTIGUOUS;
    uint64_t shown = contiguous ? memory->physical + index * PAGE_SIZE : radix_find(memory, index);
    uint64_t *slot = contiguous ? NULL : radix_slot(memory, index);

    if (shown == frame &&
        (slot == NULL || replace_frame(memory, index, slot, frame) != STATUS_OK)) {
        lose(memory);
    }
}

static status_t frame_for_write(struct memory *memory, uint64_t index, uint64_t *physical)
{
    uint64_t *slot = radix_slot(memory, index);
    status_t status = STATUS_OK;

    if (slot == NULL) {
        return STATUS_NO_KERNEL_MEMORY;
    }
    if (*slot == 0 && memory->kind == MEMORY_KIND_PAGED) {
        return STATUS_LENDER_ABSENT;
    }
    if (*slot == 0 || atomic_load_explicit(&page_of(*slot)->owners, memory_order_acquire) > 1) {
        status = replace_frame(memory, index, slot, *slot);
    }
    *physical = *slot;
    return status;
}

/* A frame may be mapped writable when nobody else owns it, nor any node above it. */
static bool frame_exclusive(const struct memory *memory, uint64_t index)
{
    uint64_t entry = memory->root;

    for (unsigned level = memory->levels; level > 0; level--) {
        const struct radix_node *node = (const struct radix_node *)entry;

        if (atomic_load_explicit(&node->owners, memory_order_acquire) > 1) {
            return false;
        }
        entry = node->entries[(index >> (RADIX_BITS * (level - 1))) & (RADIX_ENTRIES - 1)];
    }
    return atomic_load_explicit(&page_of(entry)->owners, memory_order_acquire) == 1;
}

status_t memory_frame(struct memory *memory, uint64_t index, bool write, uint64_t *physical,
                      bool *writable)
{
    *writable = true;
    if (memory->lost) {
        return STATUS_NO_PAGES;
    }
    if (memory->kind == MEMORY_KIND_CONTIGUOUS || memory->kind == MEMORY_KIND_DEVICE) {
        *physical = memory->physical + index * PAGE_SIZE;
        return STATUS_OK;
    }
    if (write) {
        return frame_for_write(memory, index, physical);
    }
    *physical = radix_find(memory, index);
    if (*physical != 0) {
        *writable = frame_exclusive(memory, index);
        return STATUS_OK;
    }
    if (memory->kind == MEMORY_KIND_PAGED) {
        return STATUS_LENDER_ABSENT;
    }
    *physical = page_zero;
    *writable = false;
    return STATUS_OK;
}

status_t memory_discard_frame(struct memory *memory, uint64_t index)
{
    uint64_t *slot;

    if (radix_find(memory, index) == 0) {
        return STATUS_OK; /* what is mapped are zeros */
    }
    slot = radix_slot(memory, index);
    if (slot == NULL) {
        return STATUS_NO_KERNEL_MEMORY;
    }
    unmap_page(memory, index);
    page_disown(*slot);
    *slot = 0;
    memory->resident--;
    return STATUS_OK;
}

uint64_t memory_share_frame(struct memory *memory, uint64_t index)
{
    uint64_t frame = radix_find(memory, index);

    if (frame != 0) {
        unmap_page(memory, index); /* so that the next write of ours copies */
        page_own(frame);
    }
    return frame;
}

status_t memory_supply_frame(struct memory *memory, uint64_t index, uint64_t physical)
{
    uint64_t *slot = radix_slot(memory, index);

    if (slot == NULL) {
        return STATUS_NO_KERNEL_MEMORY;
    }
    if (*slot != 0) {
        page_disown(physical);
        return STATUS_OK;
    }
    *slot = physical;
    memory->resident++;
    return STATUS_OK;
}

static bool memory_reap(struct reap *reap)
{
    struct memory *memory = container_of(reap, struct memory, reap);

    if (memory->kind == MEMORY_KIND_CONTIGUOUS && !memory->borrowed && memory->pages > 0) {
        free_some(memory, 0);
        return false;
    }
    if (!radix_free_some(memory)) {
        return false;
    }
    object_free(&memory->object);
    return true;
}

/* Pages are freed in steps; the object's own memory goes with the last one. */
void memory_destroy(struct object *object)
{
    struct memory *memory = container_of(object, struct memory, object);

    if (memory->pager != NULL) {
        object_handle_removed(memory->pager);
    }
    reap_add(&memory->reap, memory_reap);
}
