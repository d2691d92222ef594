/*
 * A file system in memory: blocks, and what volume_open() finds; see volume.h. Directories are in
 * directory.c.
 */
#include "volume_internal.h"

#define MAGIC UINT64_C(0x3166737f6d745453) /* of ranges that hold a volume of this layout */

struct header {
    uint64_t magic;
    uint64_t blocks;
};

/* ---- blocks --------------------------------------------------------------------------------- */

static uint8_t *block_at(const struct volume *volume, uint32_t block)
{
    return volume->base + (uint64_t)block * VOLUME_BLOCK;
}

static bool is_used(const struct volume *volume, uint32_t block)
{
    return (volume->used[block / 64] >> (block % 64) & 1) != 0;
}

static void mark(struct volume *volume, uint32_t block)
{
    if (!is_used(volume, block)) {
        volume->used[block / 64] |= UINT64_C(1) << (block % 64);
        volume->free--;
    }
}

static void clear(uint8_t *bytes, uint64_t length)
{
    for (uint64_t i = 0; i < length; i++) {
        bytes[i] = 0;
    }
}

static bool is_committed(const struct volume *volume, uint32_t block)
{
    uint32_t run = block / VOLUME_RUN;
    return (volume->committed[run / 64] >> (run % 64) & 1) != 0;
}

/* What cannot be had now may be later. */
static bool commit(struct volume *volume, uint32_t block)
{
    uint32_t run = block / VOLUME_RUN;
    if (is_committed(volume, block)) {
        return true;
    }
    uint64_t left = volume->blocks - run * VOLUME_RUN;
    uint64_t length = (left < VOLUME_RUN ? left : VOLUME_RUN) * VOLUME_BLOCK;
    if (!volume->commit(volume, (uint64_t)run * VOLUME_RUN * VOLUME_BLOCK, length)) {
        return false;
    }
    volume->committed[run / 64] |= UINT64_C(1) << (run % 64);
    return true;
}

/* A free block, all zeros; 0: there is none, or no memory for it. */
static uint32_t take_block(struct volume *volume)
{
    bool may_commit = true; /* until memory has run out */
    uint32_t block = volume->next;
    for (uint32_t i = volume->first; i < volume->blocks && volume->free > 0; i++) {
        block = block + 1 < volume->blocks ? block + 1 : volume->first;
        if (is_used(volume, block) || (!may_commit && !is_committed(volume, block))) {
            continue;
        }
        if (commit(volume, block)) {
            volume->next = block;
            mark(volume, block);
            clear(block_at(volume, block), VOLUME_BLOCK);
            return block;
        }
        may_commit = false;
    }
    return 0;
}

void *volume_spare(const struct volume *volume)
{
    return volume->base + VOLUME_BLOCK - VOLUME_SPARE; /* behind the header */
}

uint32_t volume_free_committed(const struct volume *volume)
{
    uint32_t count = 0;
    for (uint32_t block = volume->first; block < volume->blocks; block++) {
        count += !is_used(volume, block) && is_committed(volume, block);
    }
    return count;
}

static void give_block(struct volume *volume, uint32_t block)
{
    if (block != 0 && is_used(volume, block)) {
        volume->used[block / 64] &= ~(UINT64_C(1) << (block % 64));
        volume->free++;
        volume->next = block <= volume->next ? block - 1 : volume->next;
    }
}

/* What is in a slot, or a new block there if `make`; 0: none. */
static uint32_t in_slot(struct volume *volume, uint32_t *slot, bool make)
{
    if (*slot == 0 && make) {
        *slot = take_block(volume);
    }
    return *slot;
}

/* The slot of a node's block; null: it has none, or there is no room for one. */
static uint32_t *slot_of(struct volume *volume, struct volume_node *node, uint64_t index, bool make)
{
    if (index < VOLUME_DIRECT) {
        return &node->direct[index];
    }
    index -= VOLUME_DIRECT;
    uint32_t *table = &node->indirect;
    if (index >= VOLUME_POINTERS) {
        index -= VOLUME_POINTERS;
        uint32_t outer = in_slot(volume, &node->twice, make);
        if (outer == 0) {
            return NULL;
        }
        table = (uint32_t *)(void *)block_at(volume, outer) + index / VOLUME_POINTERS;
        index %= VOLUME_POINTERS;
    }
    uint32_t inner = in_slot(volume, table, make);
    return inner == 0 ? NULL : (uint32_t *)(void *)block_at(volume, inner) + index;
}

uint8_t *volume_block(struct volume *volume, uint32_t node, uint64_t index, bool make)
{
    uint32_t *slot = slot_of(volume, &volume->nodes[node], index, make);
    uint32_t block = slot == NULL ? 0 : in_slot(volume, slot, make);
    return block == 0 ? NULL : block_at(volume, block);
}

typedef void visit(struct volume *volume, uint32_t block);

static void visit_table(struct volume *volume, uint32_t table, unsigned depth, visit *each)
{
    const uint32_t *pointers = (const uint32_t *)(const void *)block_at(volume, table);
    for (uint32_t i = 0; table != 0 && depth > 0 && i < VOLUME_POINTERS; i++) {
        if (pointers[i] != 0) {
            visit_table(volume, pointers[i], depth - 1, each);
        }
    }
    if (table != 0) {
        each(volume, table);
    }
}

static void visit_blocks(struct volume *volume, const struct volume_node *node, visit *each)
{
    for (int i = 0; i < VOLUME_DIRECT; i++) {
        visit_table(volume, node->direct[i], 0, each);
    }
    visit_table(volume, node->indirect, 1, each);
    visit_table(volume, node->twice, 2, each);
}

/* ---- nodes ---------------------------------------------------------------------------------- */

uint32_t volume_take_node(struct volume *volume, enum volume_kind kind, uint64_t now)
{
    for (uint32_t i = VOLUME_ROOT + 1; i < VOLUME_NODES; i++) {
        struct volume_node *node = &volume->nodes[i];
        if (node->kind == VOLUME_FREE) {
            uint32_t generation = node->generation + 1;
            *node = (struct volume_node){.generation = generation, .modified = now};
            node->kind = kind;
            return i;
        }
    }
    return VOLUME_ROOT;
}

void volume_drop_node(struct volume *volume, uint32_t number)
{
    struct volume_node *node = &volume->nodes[number];
    if (node->linked != 0 || node->openings != 0 || number == VOLUME_ROOT) {
        return;
    }
    node->kind = VOLUME_FREE;
    visit_blocks(volume, node, give_block);
}

void volume_opened(struct volume *volume, uint32_t node)
{
    volume->nodes[node].openings++;
}

void volume_closed(struct volume *volume, uint32_t node)
{
    if (volume->nodes[node].openings > 0) {
        volume->nodes[node].openings--;
    }
    volume_drop_node(volume, node);
}

/* ---- the range ------------------------------------------------------------------------------ */

static void make(struct volume *volume, struct header *header)
{
    volume->nodes[VOLUME_ROOT] =
        (struct volume_node){.kind = VOLUME_DIRECTORY, .linked = 1, .parent = VOLUME_ROOT};
    header->blocks = volume->blocks;
    header->magic = MAGIC;
}

/* Counts names again. A crash in a renaming can leave two, of which one goes. */
static void find_names(struct volume *volume, uint32_t directory)
{
    struct volume_node *node = &volume->nodes[directory];
    for (uint64_t place = 0; node->kind == VOLUME_DIRECTORY && place < node->size; place++) {
        uint32_t child;
        size_t length;
        if (volume_entry(volume, directory, place, &length, &child) == NULL) {
            continue;
        }
        if (volume->nodes[child].kind == VOLUME_FREE || volume->nodes[child].linked != 0) {
            volume_unlink_place(volume, directory, place, node->modified);
        } else {
            volume->nodes[child].linked = 1;
            volume->nodes[child].parent = directory;
        }
    }
}

/* A node that a crash left without a name, and without openings, is free. */
static void find_used(struct volume *volume)
{
    for (uint32_t i = VOLUME_ROOT + 1; i < VOLUME_NODES; i++) {
        volume->nodes[i].linked = 0;
    }
    for (uint32_t i = 0; i < VOLUME_NODES; i++) {
        find_names(volume, i);
    }
    for (uint32_t i = 0; i < VOLUME_NODES; i++) {
        struct volume_node *node = &volume->nodes[i];
        if (node->linked == 0 && node->openings == 0) {
            node->kind = VOLUME_FREE;
        }
        if (node->kind != VOLUME_FREE) {
            visit_blocks(volume, node, mark);
        }
        if (node->kind == VOLUME_FILE) {
            volume_trim(volume, i);
        }
    }
}

bool volume_open(struct volume *volume, void *base, uint64_t size, volume_commit *commit_range)
{
    struct header *header = base;
    uint64_t blocks = size / VOLUME_BLOCK;
    clear((uint8_t *)volume, sizeof(*volume));
    volume->base = base;
    volume->commit = commit_range;
    volume->blocks = (uint32_t)(blocks < VOLUME_BLOCKS ? blocks : VOLUME_BLOCKS);
    volume->first =
        1 + (sizeof(struct volume_node) * VOLUME_NODES + VOLUME_BLOCK - 1) / VOLUME_BLOCK;
    if (volume->blocks <= volume->first) {
        return false;
    }
    for (uint32_t block = 0; block < volume->first; block += VOLUME_RUN) {
        if (!commit(volume, block)) {
            return false;
        }
    }
    volume->nodes = (struct volume_node *)(void *)block_at(volume, 1);
    volume->next = volume->first - 1;
    volume->free = volume->blocks - volume->first;
    if (header->magic == 0) {
        make(volume, header);
    }
    if (header->magic != MAGIC || header->blocks != volume->blocks) {
        return false;
    }
    find_used(volume);
    return true;
}

/* ---- contents ------------------------------------------------------------------------------- */

const uint8_t *volume_read(const struct volume *volume, uint32_t node, uint64_t offset,
                           uint64_t *length)
{
    struct volume *changeable = (struct volume *)(uintptr_t)volume; /* nothing is made */
    uint64_t skip = offset % VOLUME_BLOCK;
    uint64_t index = offset / VOLUME_BLOCK;
    const uint8_t *start = volume_block(changeable, node, index, false);
    uint64_t run = VOLUME_BLOCK - skip;
    while (run < *length) {
        const uint8_t *next = volume_block(changeable, node, ++index, false);
        if ((start == NULL) != (next == NULL) || (start != NULL && next != start + skip + run)) {
            break;
        }
        run += VOLUME_BLOCK;
    }
    *length = run < *length ? run : *length;
    return start == NULL ? NULL : start + skip;
}

uint8_t *volume_write(struct volume *volume, uint32_t node, uint64_t offset, uint64_t *length)
{
    uint64_t skip = offset % VOLUME_BLOCK;
    uint64_t index = offset / VOLUME_BLOCK;
    uint8_t *start = offset < VOLUME_FILE_MOST ? volume_block(volume, node, index, true) : NULL;
    uint64_t run = VOLUME_BLOCK - skip;
    while (start != NULL && run < *length && offset + run < VOLUME_FILE_MOST &&
           volume_block(volume, node, ++index, true) == start + skip + run) {
        run += VOLUME_BLOCK;
    }
    *length = run < *length ? run : *length;
    return start == NULL ? NULL : start + skip;
}

void volume_written(struct volume *volume, uint32_t node, uint64_t end, uint64_t now)
{
    struct volume_node *file = &volume->nodes[node];
    file->size = end > file->size ? end : file->size;
    file->modified = now;
}

/* The first index after those that the same table of pointers has. */
static uint64_t next_table(uint64_t index)
{
    uint64_t behind = index - VOLUME_DIRECT;
    return (behind / VOLUME_POINTERS + 1) * VOLUME_POINTERS + VOLUME_DIRECT;
}

/* Indexes that the node's tables have room for. */
static uint64_t extent(const struct volume_node *node)
{
    return node->twice != 0      ? VOLUME_FILE_MOST / VOLUME_BLOCK
           : node->indirect != 0 ? (uint64_t)VOLUME_DIRECT + VOLUME_POINTERS
                                 : VOLUME_DIRECT;
}

void volume_trim(struct volume *volume, uint32_t number)
{
    struct volume_node *node = &volume->nodes[number];
    uint64_t skip = node->size % VOLUME_BLOCK;
    uint64_t index = node->size / VOLUME_BLOCK;
    uint8_t *last = skip != 0 ? volume_block(volume, number, index, false) : NULL;
    if (last != NULL) {
        clear(last + skip, VOLUME_BLOCK - skip);
    }
    index += skip != 0;
    while (index < extent(node)) {
        uint32_t *slot = slot_of(volume, node, index, false);
        if (slot == NULL) {
            index = next_table(index);
            continue;
        }
        uint32_t block = *slot;
        *slot = 0;
        give_block(volume, block);
        index++;
    }
}

status_t volume_resize(struct volume *volume, uint32_t node, uint64_t size, uint64_t now)
{
    if (size > VOLUME_FILE_MOST) {
        return STATUS_TOO_LARGE;
    }
    bool shorter = size < volume->nodes[node].size;
    volume->nodes[node].size = size;
    volume->nodes[node].modified = now;
    if (shorter) {
        volume_trim(volume, node);
    }
    return STATUS_OK;
}
