/*
 * Checking the lent buffer of a load: see protocol.h for its form. Pure.
 */
#ifndef LOADER_SERVER_REQUEST_H
#define LOADER_SERVER_REQUEST_H

#include "load.h"

/* `buffer` holds `size` bytes, and has to last as long as *start is used. */
bool request_parse(const void *buffer, uint64_t size, struct load_start *start, const char **name);

#endif
