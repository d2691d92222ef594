/*
 * Finding a file in a newc cpio archive (Linux, Documentation/driver-api/early-userspace/
 * buffer-format). The archive is untrusted.
 */
#ifndef BOOT_CPIO_H
#define BOOT_CPIO_H

#include <stdbool.h>
#include <stdint.h>

/* Offset and size of the file's contents; false: there is no such file, or the archive is bad. */
bool cpio_find(const uint8_t *archive, uint64_t size, const char *name, uint64_t *offset,
               uint64_t *length);

#endif
