/* The table of openings.h. What an earlier instance left is checked before it is used. */
#include "openings.h"

#include "node.h"

static bool has_node(const struct opening *opening)
{
    return opening->serial != 0 && opening->node != OPENING_ROOT;
}

void openings_count(struct openings *openings)
{
    for (uint32_t i = 0; i < FAT_NODES; i++) {
        openings->fat.nodes[i].references = 0;
    }
    for (uint32_t i = 0; i < OPENINGS; i++) {
        struct opening *opening = &openings->table[i];
        if (has_node(opening) && opening->node >= FAT_NODES) {
            opening->serial = 0;
        }
        if (has_node(opening)) {
            openings->fat.nodes[opening->node].references++;
        }
    }
}

void openings_settle(struct openings *openings)
{
    for (uint32_t i = 0; i < OPENINGS; i++) {
        struct opening *opening = &openings->table[i];
        if (has_node(opening) && openings->fat.nodes[opening->node].references == 0) {
            opening->serial = 0;
        }
    }
}

struct opening *openings_choose(struct openings *openings, uint64_t *badge)
{
    for (uint32_t i = 0; i < OPENINGS; i++) {
        if (openings->table[i].serial == 0) {
            openings->serial += openings->serial == UINT32_MAX ? 2 : 1;
            *badge = (uint64_t)(i + 1) << 32 | openings->serial;
            return &openings->table[i];
        }
    }
    return NULL;
}

void openings_take(struct openings *openings, struct opening *opening, uint64_t badge,
                   const struct fat_node *node, uint32_t flags)
{
    opening->node = node == NULL ? OPENING_ROOT : (uint32_t)(node - openings->fat.nodes);
    opening->flags = flags;
    opening->serial = (uint32_t)badge;
}

struct opening *openings_find(struct openings *openings, uint64_t badge)
{
    uint64_t place = badge >> 32;
    if (place == 0 || place > OPENINGS) {
        return NULL;
    }
    struct opening *opening = &openings->table[place - 1];
    return opening->serial != 0 && opening->serial == (uint32_t)badge ? opening : NULL;
}

void openings_close(struct openings *openings, uint64_t badge)
{
    struct opening *opening = openings_find(openings, badge);
    if (opening == NULL) {
        return;
    }
    opening->serial = 0;
    if (opening->node != OPENING_ROOT) {
        fat_node_close(&openings->fat.nodes[opening->node]);
    }
}
