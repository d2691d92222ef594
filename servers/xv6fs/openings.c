/* The table of openings.h. */
#include "openings.h"

/* Whether its inode still is what it was. */
static bool is_there(struct xv6fs *fs, const struct opening *opening)
{
    struct inode inode;
    return inode_look(fs, opening->inode, &inode) == STATUS_OK && inode.type == opening->type;
}

void openings_begin(struct openings *openings, struct openings_saved *saved, struct xv6fs *fs)
{
    bool same = __builtin_memcmp(saved->superblock, fs->superblock, SUPERBLOCK_BYTES) == 0;
    openings->saved = saved;
    openings->free_count = 0;
    xv6fs_zero(fs->references, sizeof(fs->references));
    for (uint32_t i = OPENINGS; i-- > 0;) {
        struct opening *opening = &saved->table[i];
        if (opening->serial != 0 && same && is_there(fs, opening)) {
            fs->references[opening->inode]++;
        } else {
            opening->serial = 0;
            openings->free[openings->free_count++] = (uint16_t)i;
        }
    }
    xv6fs_copy(saved->superblock, fs->superblock, SUPERBLOCK_BYTES);
}

void openings_leave_none(struct openings *openings)
{
    xv6fs_zero(openings->saved->superblock, SUPERBLOCK_BYTES);
}

struct opening *openings_choose(struct openings *openings, uint64_t *badge)
{
    if (openings->free_count == 0) {
        return NULL;
    }
    struct openings_saved *saved = openings->saved;
    uint32_t place = openings->free[openings->free_count - 1];
    saved->serial += saved->serial == UINT32_MAX ? 2 : 1;
    *badge = (uint64_t)(place + 1) << 32 | saved->serial;
    return &saved->table[place];
}

void openings_take(struct openings *openings, struct opening *opening, uint64_t badge,
                   const struct inode *inode, uint32_t flags)
{
    openings->free_count--;
    opening->inode = (uint16_t)inode->number;
    opening->type = (uint16_t)inode->type;
    opening->flags = flags;
    opening->serial = (uint32_t)badge;
}

struct opening *openings_find(const struct openings *openings, uint64_t badge)
{
    uint64_t place = badge >> 32;
    if (place == 0 || place > OPENINGS) {
        return NULL;
    }
    struct opening *opening = &openings->saved->table[place - 1];
    return opening->serial != 0 && opening->serial == (uint32_t)badge ? opening : NULL;
}

uint32_t openings_close(struct openings *openings, uint64_t badge)
{
    struct opening *opening = openings_find(openings, badge);
    if (opening == NULL) {
        return 0;
    }
    opening->serial = 0;
    openings->free[openings->free_count++] = (uint16_t)(opening - openings->saved->table);
    return opening->inode;
}
