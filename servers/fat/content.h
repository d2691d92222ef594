/* Bytes of files. */
#ifndef FAT_CONTENT_H
#define FAT_CONTENT_H

#include "node.h"

/*
 * Whoever reads or writes, and its buffer. `move` lends part of the buffer to the device, whole
 * sectors, and may move less than asked (*count, whole sectors too); `copy` is for what is left at
 * either end. Of both, what does not succeed has changed nothing that counts.
 */
struct fat_client {
    void *context;
    status_t (*move)(void *context, bool write, uint64_t device_offset, uint64_t at,
                     uint64_t length, uint64_t *count);
    status_t (*copy)(void *context, bool write, uint64_t at, void *bytes, uint32_t length);
};

/* *count may be less than length; 0 is the end. An error if nothing was moved. */
SINTER_MUST_CHECK status_t fat_read(struct fat *fat, struct fat_node *node, uint64_t offset,
                                    uint64_t length, const struct fat_client *client,
                                    uint64_t *count);

/* The same; a gap before `offset` becomes zeros. FULL, READ_ONLY. */
SINTER_MUST_CHECK status_t fat_write(struct fat *fat, struct fat_node *node, uint64_t offset,
                                     uint64_t length, const struct fat_client *client,
                                     uint64_t *count);

/* Cuts it, or makes it longer by zeros; if there is no room it stays as it was. */
SINTER_MUST_CHECK status_t fat_resize(struct fat *fat, struct fat_node *node, uint64_t size);

#endif
