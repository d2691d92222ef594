/* The bit map: which blocks are used. Changes are part of the running transaction. */
#ifndef XV6FS_BLOCKS_H
#define XV6FS_BLOCKS_H

#include "xv6fs.h"

/* Whether it may be a block of a file. */
static inline bool blocks_is_data(const struct xv6fs *fs, uint32_t block)
{
    return block >= fs->data_start && block < fs->size;
}

/* A free block, which is zero then. FULL: there is none. */
SINTER_MUST_CHECK status_t blocks_take(struct xv6fs *fs, uint32_t *block);

/* One that is free already stays so. */
SINTER_MUST_CHECK status_t blocks_free(struct xv6fs *fs, uint32_t block);

/* Sets fs->free_blocks. */
SINTER_MUST_CHECK status_t blocks_count(struct xv6fs *fs);

#endif
