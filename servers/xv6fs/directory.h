/* Directories: entries of 16 bytes, an inode and a name. Changes are part of the running
 * transaction. */
#ifndef XV6FS_DIRECTORY_H
#define XV6FS_DIRECTORY_H

#include "inode.h"

/* As an entry has it, with zeros behind; two more, so that it can be read as two words. */
struct entry_name {
    _Alignas(uint64_t) uint8_t text[16];
};

struct entry {
    uint32_t inode;
    uint32_t offset; /* in the directory */
    struct entry_name name;
};

/* False: no entry can have this name, or none should: `.`, `..`, a slash or a zero byte in it. */
bool directory_name(const uint8_t *text, size_t length, struct entry_name *name);

/* NOT_FOUND. */
SINTER_MUST_CHECK status_t directory_find(struct xv6fs *fs, const struct inode *directory,
                                          const struct entry_name *name, struct entry *entry);

/* The first entry at or behind an offset that has a name that directory_name() allows.
 * NOT_FOUND. */
SINTER_MUST_CHECK status_t directory_next(struct xv6fs *fs, const struct inode *directory,
                                          uint32_t offset, struct entry *entry);

/* FULL: the directory, or the device. */
SINTER_MUST_CHECK status_t directory_add(struct xv6fs *fs, struct inode *directory,
                                         const struct entry_name *name, uint32_t inode);

/* Writes an entry that is there: another inode, or 0 and no name. */
SINTER_MUST_CHECK status_t directory_set(struct xv6fs *fs, const struct inode *directory,
                                         const struct entry *entry, uint32_t inode);

/* `.` and `..` of a new directory; `..` of one that has moved. */
SINTER_MUST_CHECK status_t directory_begin(struct xv6fs *fs, struct inode *directory,
                                           uint32_t parent);
SINTER_MUST_CHECK status_t directory_set_parent(struct xv6fs *fs, const struct inode *directory,
                                                uint32_t parent);

/* NOT_EMPTY: there is more than `.` and `..` in it. */
SINTER_MUST_CHECK status_t directory_check_empty(struct xv6fs *fs, const struct inode *directory);

#endif
