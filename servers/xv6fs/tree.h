/*
 * Names below a directory. Paths are as the file protocol has them: parts with `/` between, none of
 * them empty, `.` or `..`. What a function does is one transaction.
 */
#ifndef XV6FS_TREE_H
#define XV6FS_TREE_H

#include "directory.h"

struct path {
    const uint8_t *text;
    size_t length;
};

/* flags: FILE_ of open in the file protocol; FILE_TRUNCATE is left to the caller. An empty path is
 * the directory itself. */
SINTER_MUST_CHECK status_t xv6fs_open(struct xv6fs *fs, uint32_t directory, struct path path,
                                      uint32_t flags, struct inode *inode);

/* A directory, or a device (major << 16 | minor). */
SINTER_MUST_CHECK status_t xv6fs_make_directory(struct xv6fs *fs, uint32_t directory,
                                                struct path path);
SINTER_MUST_CHECK status_t xv6fs_make_device(struct xv6fs *fs, uint32_t directory, struct path path,
                                             uint32_t device);

/* What is open stays until xv6fs_close(). */
SINTER_MUST_CHECK status_t xv6fs_remove(struct xv6fs *fs, uint32_t directory, struct path path,
                                        bool is_directory);
SINTER_MUST_CHECK status_t xv6fs_rename(struct xv6fs *fs, uint32_t directory, struct path from,
                                        struct path to);
SINTER_MUST_CHECK status_t xv6fs_link(struct xv6fs *fs, uint32_t directory, struct path from,
                                      struct path to);

/* The name at *position, which moves behind it. inode->type is XV6FS_FREE if it leads nowhere. */
SINTER_MUST_CHECK status_t xv6fs_list(struct xv6fs *fs, uint32_t directory, uint64_t *position,
                                      struct inode *inode, struct entry_name *name);

/* One opening of an inode less. IO_ERROR: it has no name, and cannot be freed before the file
 * system is mounted again. */
SINTER_MUST_CHECK status_t xv6fs_close(struct xv6fs *fs, uint32_t number);

#endif
