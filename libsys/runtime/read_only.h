/*
 * The operations of the file protocol with which a server refuses to change what it has: of
 * directories that clients only read.
 */
#ifndef READ_ONLY_H
#define READ_ONLY_H

#include "server.h"

/* READ_ONLY. */
status_t read_only_make_directory(struct call *call, const uint8_t *path, size_t path_length);
status_t read_only_remove(struct call *call, const uint8_t *path, size_t path_length,
                          uint32_t flags);
status_t read_only_rename(struct call *call, const uint8_t *paths, size_t paths_length,
                          uint32_t from_length);
/* OK: nothing waits to be written. */
status_t read_only_sync(struct call *call);

#endif
