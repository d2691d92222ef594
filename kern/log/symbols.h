/*
 * Names for addresses in the kernel, from the table that the build appends to the image.
 */
#ifndef LOG_SYMBOLS_H
#define LOG_SYMBOLS_H

#include <stddef.h>
#include <stdint.h>

/* The function that holds the address, and the offset in it; null if unknown. */
const char *symbol_find(uint64_t address, uint64_t *offset);

#endif
