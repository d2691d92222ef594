/*
 * Reading the boot set where it lies: a cpio archive in the newc format (cpio(5), "New ASCII
 * Format"; Linux, Documentation/driver-api/early-userspace/buffer-format).
 *
 * The archive is untrusted: a malformed entry ends the iteration. Names come without a leading
 * `./`. Pure; used by the kernel, the loader, init and bootfs.
 */
#ifndef BASE_ARCHIVE_H
#define BASE_ARCHIVE_H

#include <stdbool.h>
#include <stdint.h>

struct archive {
    const uint8_t *bytes;
    uint64_t size;
};

struct archive_entry {
    const char *name; /* in the archive, ended by NUL */
    uint32_t mode;    /* as in stat(2) */
    uint64_t offset;  /* of the contents in the archive */
    uint64_t size;
};

/* The entry at *cursor (0: the first), and moves it on. False: no more. */
bool archive_next(const struct archive *archive, uint64_t *cursor, struct archive_entry *entry);
bool archive_find(const struct archive *archive, const char *name, struct archive_entry *entry);
bool archive_is_directory(const struct archive_entry *entry);

#endif
