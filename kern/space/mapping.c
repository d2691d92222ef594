/*
 * Mappings: map, unmap, protect, and what a fault does; see kern/space.h.
 */
#include "table.h"

#include <arch/caches.h>
#include <arch/entry.h>
#include <kern/cpu.h>
#include <kern/kmem.h>
#include <kern/pages.h>
#include <kern/random.h>

#define USER_BOTTOM UINT64_C(0x10000) /* null pointers and small offsets from them always fault */
enum { RANDOM_TRIES = 32 };
#define SYNC_STEP (UINT64_C(1) << 20) /* bytes made coherent before interrupts are looked for */

static struct mapping *mapping_of(struct tree_node *node)
{
    return container_of(node, struct mapping, node);
}

static uint64_t mapping_end(const struct mapping *mapping)
{
    return mapping->node.key + mapping->length;
}

static bool contains(const struct mapping *mapping, uint64_t address)
{
    return address - mapping->node.key < mapping->length;
}

/* The last mapping that begins at or below an address; null: none. */
static struct mapping *last_below(struct space *space, uint64_t address)
{
    struct tree_node *node;

    if (space->recent != NULL && contains(space->recent, address)) {
        return space->recent;
    }
    node = tree_find_below(&space->mappings, address);
    if (node == NULL) {
        return NULL;
    }
    space->recent = mapping_of(node);
    return space->recent;
}

/* The mapping after one in order (null: the first); null: none. */
static struct mapping *following(struct space *space, const struct mapping *mapping)
{
    struct tree_node *node =
        mapping != NULL ? tree_next(&mapping->node) : tree_first(&space->mappings);

    return node != NULL ? mapping_of(node) : NULL;
}

/* The mapping that holds an address; null: none. */
static struct mapping *find(struct space *space, uint64_t address)
{
    struct mapping *mapping = last_below(space, address);

    return mapping != NULL && contains(mapping, address) ? mapping : NULL;
}

static bool is_free(struct space *space, uint64_t address, uint64_t length)
{
    struct mapping *mapping = last_below(space, address + length - 1);

    return mapping == NULL || mapping_end(mapping) <= address;
}

/* Where the kernel chooses what to map. */
static uint64_t bottom(const struct space *space)
{
    return space->kind == SPACE_HOST ? HOST_BASE : USER_BOTTOM;
}

static bool in_range(const struct space *space, uint64_t address, uint64_t length)
{
    return address < space->top && length <= space->top - address &&
           (address >= bottom(space) || space->kind == SPACE_GUEST);
}

static bool try_random(struct space *space, uint64_t base, uint64_t size, uint64_t length,
                       uint64_t *address)
{
    if (length + 2 * PAGE_SIZE > size) {
        return false;
    }
    for (unsigned i = 0; i < RANDOM_TRIES; i++) {
        uint64_t at = base + random_u64() % ((size - length) / PAGE_SIZE) * PAGE_SIZE;

        /* A page on either side stays free: running off a mapping faults. */
        if (in_range(space, at, length) && is_free(space, at - PAGE_SIZE, length + 2 * PAGE_SIZE)) {
            *address = at;
            return true;
        }
    }
    return false;
}

static bool first_fit(struct space *space, uint64_t length, uint64_t *address)
{
    uint64_t at = bottom(space);
    struct mapping *mapping = following(space, NULL);

    for (; mapping != NULL; mapping = following(space, mapping)) {
        if (mapping->node.key >= at && mapping->node.key - at >= length) {
            break;
        }
        if (mapping_end(mapping) > at) { /* a guest may have some below the bottom */
            at = mapping_end(mapping);
        }
    }
    *address = at;
    return in_range(space, at, length);
}

status_t space_find_free(struct space *space, uint64_t length, uint64_t *address)
{
    if (try_random(space, space->window, SPACE_WINDOW, length, address) ||
        try_random(space, bottom(space), space->top - bottom(space), length, address) ||
        first_fit(space, length, address)) {
        return STATUS_OK;
    }
    return STATUS_NO_SPACE;
}

static struct mapping *mapping_create(struct space *space, struct memory *memory, uint64_t address,
                                      uint64_t offset, uint64_t length, uint32_t flags,
                                      uint32_t allowed)
{
    struct mapping *mapping = kmem_allocate(space->object.account, sizeof(*mapping));

    if (mapping != NULL) {
        mapping->space = space;
        mapping->memory = memory;
        object_reference(&memory->object);
        mapping->node.key = address;
        mapping->offset = offset;
        mapping->length = length;
        mapping->flags = flags;
        mapping->allowed = allowed;
    }
    return mapping;
}

static void mapping_insert(struct mapping *mapping)
{
    tree_insert(&mapping->space->mappings, &mapping->node);
    mapping->space->recent = mapping;
    lock_acquire(&mapping->memory->lock);
    list_append(&mapping->memory->mappings, &mapping->link);
    lock_release(&mapping->memory->lock);
}

static status_t place(struct space *space, uint64_t length, uint32_t flags, uint64_t *address)
{
    if (flags & MAP_FIXED) {
        if (!in_range(space, *address, length)) {
            return STATUS_BAD_ADDRESS;
        }
        return is_free(space, *address, length) ? STATUS_OK : STATUS_OVERLAP;
    }
    return space_find_free(space, length, address);
}

/* Makes the mapping that ends at `address` longer, if it goes on as what is to be mapped there:
 * what grows bit by bit stays one. */
static bool extend(struct space *space, const struct memory *memory, uint64_t address,
                   uint64_t offset, uint64_t length, uint32_t flags, uint32_t allowed)
{
    struct mapping *before = address > 0 ? find(space, address - 1) : NULL;

    if (before == NULL || before->memory != memory || before->flags != flags ||
        before->allowed != allowed || before->offset + before->length != offset) {
        return false;
    }
    lock_acquire(&before->memory->lock);
    before->length += length;
    lock_release(&before->memory->lock);
    return true;
}

status_t space_map(struct space *space, struct memory *memory, uint64_t address, uint64_t offset,
                   uint64_t length, uint32_t flags, uint32_t allowed, uint64_t *mapped)
{
    status_t status;

    lock_acquire(&space->lock);
    status = place(space, length, flags, &address);
    flags &= ~(uint32_t)MAP_FIXED;
    if (status == STATUS_OK && !extend(space, memory, address, offset, length, flags, allowed)) {
        struct mapping *mapping =
            mapping_create(space, memory, address, offset, length, flags, allowed);

        if (mapping == NULL) {
            status = STATUS_NO_KERNEL_MEMORY;
        } else {
            mapping_insert(mapping);
        }
    }
    if (status == STATUS_OK) {
        *mapped = address;
    }
    lock_release(&space->lock);
    return status;
}

struct memory *space_map_wired(struct space *space, struct account *account, uint64_t *address,
                               status_t *status)
{
    struct memory *memory = memory_create_contiguous(account, 1, status);

    if (memory != NULL) {
        *status = space_map(space, memory, 0, 0, PAGE_SIZE, MAP_READ | MAP_WRITE | MAPPING_LOCKED,
                            0, address);
        if (*status != STATUS_OK) {
            object_release(&memory->object);
            memory = NULL;
        }
    }
    return memory;
}

static void mapping_unlink(struct mapping *mapping)
{
    struct memory *memory = mapping->memory;

    lock_acquire(&memory->lock);
    space_clear(mapping->space, mapping->node.key, mapping->length);
    list_remove(&mapping->link);
    lock_release(&memory->lock);
    tree_remove(&mapping->space->mappings, &mapping->node);
    if (mapping->space->recent == mapping) {
        mapping->space->recent = NULL;
    }
}

static void mapping_free(struct mapping *mapping)
{
    struct memory *memory = mapping->memory;

    kmem_free(mapping->space->object.account, mapping, sizeof(*mapping));
    object_release(&memory->object);
}

void mapping_discard(struct mapping *mapping)
{
    mapping_unlink(mapping);
    mapping_free(mapping);
}

/* Cuts the mapping at an address inside it; the tail becomes a mapping of its own. Whoever goes
 * through the memory's mappings sees the whole or both parts, so that no entry is overlooked. */
static status_t split(struct mapping *mapping, uint64_t address)
{
    uint64_t head = address - mapping->node.key;
    struct mapping *tail;

    if (head == 0 || head >= mapping->length) {
        return STATUS_OK;
    }
    tail = mapping_create(mapping->space, mapping->memory, address, mapping->offset + head,
                          mapping->length - head, mapping->flags, mapping->allowed);
    if (tail == NULL) {
        return STATUS_NO_KERNEL_MEMORY;
    }
    lock_acquire(&mapping->memory->lock);
    mapping->length = head;
    list_append(&mapping->memory->mappings, &tail->link);
    lock_release(&mapping->memory->lock);
    tree_insert(&mapping->space->mappings, &tail->node);
    return STATUS_OK;
}

/* The first mapping that reaches above `address`, in order. */
static struct mapping *first_above(struct space *space, uint64_t address)
{
    struct mapping *mapping = last_below(space, address);

    return mapping != NULL && contains(mapping, address) ? mapping : following(space, mapping);
}

/* Cuts at both ends of the range; refuses locked mappings (unless `locked_too`). */
static status_t isolate(struct space *space, uint64_t start, uint64_t end, bool locked_too)
{
    struct mapping *mapping = first_above(space, start);
    status_t status = STATUS_OK;

    for (struct mapping *at = mapping; at != NULL && at->node.key < end;
         at = following(space, at)) {
        if ((at->flags & MAPPING_LOCKED) && !locked_too) {
            return STATUS_BAD_ARGUMENT;
        }
    }
    if (mapping != NULL && mapping->node.key < start) {
        status = split(mapping, start);
    }
    mapping = find(space, end - 1);
    if (status == STATUS_OK && mapping != NULL && mapping_end(mapping) > end) {
        status = split(mapping, end);
    }
    return status;
}

status_t space_unmap(struct space *space, uint64_t address, uint64_t length, bool locked_too)
{
    uint64_t end = address + length;
    struct list gone;
    struct list *link;
    status_t status;

    list_init(&gone);
    lock_acquire(&space->lock);
    status = isolate(space, address, end, locked_too);
    if (status == STATUS_OK) {
        struct mapping *mapping = first_above(space, address);

        while (mapping != NULL && mapping->node.key < end) {
            struct mapping *next = following(space, mapping);

            mapping_unlink(mapping);
            list_append(&gone, &mapping->link);
            mapping = next;
        }
    }
    lock_release(&space->lock);
    while ((link = list_take(&gone)) != NULL) {
        mapping_free(container_of(link, struct mapping, link));
    }
    return status;
}

static unsigned leaf_flags(const struct mapping *mapping, bool writable)
{
    unsigned flags = PTE_USER;

    flags |= mapping->flags & MAP_READ ? PTE_READ : 0;
    flags |= mapping->flags & MAP_WRITE && writable ? PTE_WRITE : 0;
    flags |= mapping->flags & MAP_EXECUTE ? PTE_EXECUTE : 0;
    if (mapping->memory->kind == MEMORY_KIND_DEVICE) {
        flags |=
            mapping->memory->attributes == DEVICE_WRITE_COMBINE ? PTE_WRITE_COMBINE : PTE_DEVICE;
    }
    return flags;
}

static status_t check_covered(struct space *space, uint64_t start, uint64_t end, uint32_t flags)
{
    for (uint64_t at = start; at < end;) {
        struct mapping *mapping = find(space, at);

        if (mapping == NULL) {
            return STATUS_BAD_ADDRESS;
        }
        if ((flags & ~mapping->allowed) != 0) {
            return STATUS_NO_RIGHT;
        }
        at = mapping_end(mapping);
    }
    return STATUS_OK;
}

static void protect_mapping(struct mapping *mapping, uint32_t flags)
{
    struct space *space = mapping->space;

    lock_acquire(&mapping->memory->lock);
    mapping->flags = flags;
    if (table_protect(space, mapping->node.key, mapping_end(mapping), leaf_flags(mapping, true))) {
        space_flush(space, mapping->node.key, mapping->length);
    }
    lock_release(&mapping->memory->lock);
}

status_t space_protect(struct space *space, uint64_t address, uint64_t length, uint32_t flags)
{
    uint64_t end = address + length;
    status_t status;

    lock_acquire(&space->lock);
    status = check_covered(space, address, end, flags);
    if (status == STATUS_OK) {
        status = isolate(space, address, end, false);
    }
    for (uint64_t at = address; status == STATUS_OK && at < end;) {
        struct mapping *mapping = find(space, at);

        protect_mapping(mapping, flags);
        at = mapping_end(mapping);
    }
    lock_release(&space->lock);
    return status;
}

/* Enters a frame into the table; memory->lock held. An entry that was right already means that a
 * TLB was behind. */
static void enter(struct space *space, pte_t *entry, uint64_t address, pte_t leaf)
{
    pte_t old = *entry;

    *entry = leaf;
    pte_publish();
    if (pte_present(old) && old == leaf && space->kind == SPACE_PLAIN) {
        tlb_flush_range(space->asid, address, PAGE_SIZE, UINT64_C(1) << cpu_self()->index);
    } else if (pte_present(old)) {
        space_flush(space, address, PAGE_SIZE);
    }
}

static status_t touch_mapping(struct mapping *mapping, uint64_t address, uint32_t access,
                              uint64_t *physical, struct absent_page *absent)
{
    struct space *space = mapping->space;
    struct memory *memory = mapping->memory;
    uint64_t offset = mapping->offset + (address - mapping->node.key);
    pte_t *entry = table_entry(space, address);
    bool writable = false;
    uint64_t frame = 0;
    status_t status;

    if (entry == NULL) {
        return STATUS_NO_PAGES;
    }
    lock_acquire(&memory->lock);
    status = memory_frame(memory, offset >> PAGE_SHIFT, access == MAP_WRITE, &frame, &writable);
    if (status == STATUS_OK) {
        enter(space, entry, address, pte_leaf(frame, leaf_flags(mapping, writable), 0));
        if (physical != NULL) {
            if (page_is_ram(frame)) {
                page_pin(frame);
            }
            *physical = frame;
        }
    } else if (status == STATUS_LENDER_ABSENT && absent != NULL) {
        absent->memory = memory;
        absent->offset = offset;
        object_reference(&memory->object);
    }
    lock_release(&memory->lock);
    return status;
}

status_t space_touch(struct space *space, uint64_t address, uint32_t access, uint64_t *physical,
                     struct absent_page *absent)
{
    struct mapping *mapping;
    status_t status = STATUS_BAD_ADDRESS;

    lock_acquire(&space->lock);
    mapping = find(space, address);
    if (mapping != NULL && (mapping->flags & access) != 0) {
        status = touch_mapping(mapping, address & ~PAGE_MASK, access, physical, absent);
    }
    lock_release(&space->lock);
    return status;
}

void space_replace_page(struct space *space, uint64_t address, uint64_t frame)
{
    struct mapping *mapping;

    lock_acquire(&space->lock);
    mapping = find(space, address);
    if (mapping != NULL && ((mapping->flags | mapping->allowed) & MAP_WRITE) != 0) {
        struct memory *memory = mapping->memory;
        uint64_t offset = mapping->offset + (address - mapping->node.key);

        lock_acquire(&memory->lock);
        memory_replace_frame(memory, offset >> PAGE_SHIFT, frame);
        lock_release(&memory->lock);
    }
    lock_release(&space->lock);
}

/* Absent pages need nothing: whoever writes them later synchronises then. */
status_t space_sync_code(struct space *space, uint64_t address, uint64_t length)
{
    uint64_t end = (address + length + PAGE_MASK) & ~PAGE_MASK;
    status_t status = STATUS_OK;

    for (uint64_t at = address & ~PAGE_MASK; at < end && status == STATUS_OK; at += SYNC_STEP) {
        uint64_t step_end = end - at > SYNC_STEP ? at + SYNC_STEP : end;

        lock_acquire(&space->lock);
        status = check_covered(space, at, step_end, 0);
        if (status == STATUS_OK) {
            table_sync_code(space, at, step_end);
        }
        lock_release(&space->lock);
        interrupts_poll();
    }
    caches_sync_code_done();
    return status;
}
