/*
 * Names below a directory. Paths are as the file protocol has them: parts with `/` between, no
 * empty one. What a function does is on the device, though perhaps not flushed, when it answers.
 */
#ifndef FAT_TREE_H
#define FAT_TREE_H

#include "directory.h"

/* flags: FILE_ of open in the file protocol. *node is what was found or made, with no reference;
 * FILE_TRUNCATE is left to the caller. */
SINTER_MUST_CHECK status_t fat_open(struct fat *fat, const struct fat_node *directory,
                                    const uint8_t *path, size_t length, uint32_t flags,
                                    struct fat_node *node);

SINTER_MUST_CHECK status_t fat_make_directory(struct fat *fat, const struct fat_node *directory,
                                              const uint8_t *path, size_t length);

/* A file, or a directory. BUSY: it is open. */
SINTER_MUST_CHECK status_t fat_remove(struct fat *fat, const struct fat_node *directory,
                                      const uint8_t *path, size_t length, bool is_directory);

/* What is open moves along. BUSY: what would be replaced is open. */
SINTER_MUST_CHECK status_t fat_rename(struct fat *fat, const struct fat_node *directory,
                                      const uint8_t *from, size_t from_length, const uint8_t *to,
                                      size_t to_length);

/* The name at *position, which moves behind it; a file's size, and its name of at most `size`
 * bytes. */
SINTER_MUST_CHECK status_t fat_list(struct fat *fat, struct fat_node *directory, uint64_t *position,
                                    struct fat_node *node, uint8_t *name, size_t size,
                                    size_t *name_length);

/* The last step of a rename, also for an instance that goes on with it. */
SINTER_MUST_CHECK status_t fat_rename_finish(struct fat *fat, const struct fat_intent *intent);

#endif
