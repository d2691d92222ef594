/*
 * Where the loader maps what it works on: one range of its own space, filled from the bottom and
 * emptied after each request. Page tables last as long as a space, so the range is always the
 * same.
 */
#ifndef LOADER_SERVER_WINDOW_H
#define LOADER_SERVER_WINDOW_H

#include <sinter/system.h>
#include <stdbool.h>
#include <stddef.h>

/* Chooses a range free of libsys, of the start information and of the caller's stack. */
void window_init(const struct start_info *info);
/* Maps pages of a memory object that hold the range; *at is the address of `offset`. */
SINTER_MUST_CHECK status_t window_map(handle_t memory, uint64_t offset, uint64_t size,
                                      uint32_t protection, void **at);
/* Zeroed memory charged to the loader; it lasts until window_clear. */
SINTER_MUST_CHECK status_t window_allocate(handle_t account, uint64_t size, void **at);
void window_clear(void);

#endif
