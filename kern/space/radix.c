/*
 * Reference-counted radix trees of frames; see kern/memory.h.
 *
 * A node with one owner belongs to this tree alone and may be changed; a shared one never changes,
 * so it may be read under either owner's lock. Who drops the last count frees the node.
 */
#include "radix.h"

#include <kern/account.h>
#include <kern/kmem.h>
#include <kern/pages.h>

static struct radix_node *node_of(uint64_t entry)
{
    return (struct radix_node *)entry;
}

unsigned radix_levels(uint64_t pages)
{
    unsigned levels = 0;

    while (pages > 1) {
        pages = (pages + RADIX_ENTRIES - 1) >> RADIX_BITS;
        levels++;
    }
    return levels;
}

static unsigned entry_index(uint64_t index, unsigned level)
{
    return (index >> (RADIX_BITS * level)) & (RADIX_ENTRIES - 1);
}

static struct radix_node *node_create(struct memory *memory, unsigned level)
{
    struct account *account = memory->object.account;
    struct radix_node *node = kmem_allocate(account, sizeof(*node));

    if (node != NULL) {
        atomic_store_explicit(&node->owners, 1, memory_order_relaxed);
        node->level = level;
        node->account = account;
        object_reference(&account->object);
    }
    return node;
}

static void node_free(struct radix_node *node)
{
    struct account *account = node->account;

    kmem_free(account, node, sizeof(*node));
    object_release(&account->object);
}

static void entry_share(uint64_t entry, unsigned levels)
{
    if (entry == 0) {
        return;
    }
    if (levels == 0) {
        page_own(entry);
    } else {
        atomic_fetch_add_explicit(&node_of(entry)->owners, 1, memory_order_relaxed);
    }
}

void radix_share(const struct memory *memory)
{
    entry_share(memory->root, memory->levels);
}

/* True if this was the last owner: the caller empties and frees the node. */
static bool node_disown(struct radix_node *node)
{
    return atomic_fetch_sub_explicit(&node->owners, 1, memory_order_acq_rel) == 1;
}

uint64_t radix_find(const struct memory *memory, uint64_t index)
{
    uint64_t entry = memory->root;

    for (unsigned level = memory->levels; level > 0 && entry != 0; level--) {
        entry = node_of(entry)->entries[entry_index(index, level - 1)];
    }
    return entry;
}

/*
 * A copy that this tree alone owns. The last other owner may go meanwhile: then the original is
 * ours to empty, and its children's counts, raised for the copy, fall again.
 */
static struct radix_node *node_copy(struct memory *memory, struct radix_node *node)
{
    struct radix_node *copy = node_create(memory, node->level);

    if (copy == NULL) {
        return NULL;
    }
    for (unsigned i = 0; i < RADIX_ENTRIES; i++) {
        copy->entries[i] = node->entries[i];
        entry_share(copy->entries[i], node->level);
    }
    if (node_disown(node)) {
        for (unsigned i = 0; i < RADIX_ENTRIES; i++) {
            if (node->entries[i] == 0) {
                continue;
            }
            if (node->level == 0) {
                page_disown(node->entries[i]);
            } else {
                (void)node_disown(node_of(node->entries[i])); /* the copy holds another count */
            }
        }
        node_free(node);
    }
    return copy;
}

uint64_t *radix_slot(struct memory *memory, uint64_t index)
{
    uint64_t *slot = &memory->root;

    for (unsigned level = memory->levels; level > 0; level--) {
        struct radix_node *node = node_of(*slot);

        if (node == NULL) {
            node = node_create(memory, level - 1);
        } else if (atomic_load_explicit(&node->owners, memory_order_acquire) > 1) {
            node = node_copy(memory, node);
        }
        if (node == NULL) {
            return NULL;
        }
        *slot = (uint64_t)node;
        slot = &node->entries[entry_index(index, level - 1)];
    }
    return slot;
}

/* The place of the first entry that is a lowest node or a shared one; null: `node` is empty. */
static uint64_t *first_child(struct radix_node *node)
{
    for (unsigned i = 0; i < RADIX_ENTRIES; i++) {
        if (node->entries[i] != 0) {
            return &node->entries[i];
        }
    }
    return NULL;
}

static void free_frames(struct radix_node *node)
{
    for (unsigned i = 0; i < RADIX_ENTRIES; i++) {
        if (node->entries[i] != 0) {
            page_disown(node->entries[i]);
        }
    }
}

bool radix_free_some(struct memory *memory)
{
    uint64_t *slot = &memory->root;

    if (*slot == 0) {
        return true;
    }
    if (memory->levels == 0) {
        page_disown(*slot);
        *slot = 0;
        return true;
    }
    for (;;) {
        struct radix_node *node = node_of(*slot);
        uint64_t *child;

        if (atomic_load_explicit(&node->owners, memory_order_acquire) > 1) {
            if (!node_disown(node)) {
                *slot = 0;
                return memory->root == 0;
            }
            atomic_store_explicit(&node->owners, 1, memory_order_relaxed); /* ours after all */
        }
        if (node->level == 0) {
            free_frames(node);
            child = NULL;
        } else {
            child = first_child(node);
        }
        if (child == NULL) {
            node_free(node);
            *slot = 0;
            return memory->root == 0;
        }
        slot = child;
    }
}
