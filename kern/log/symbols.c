/*
 * See symbols.h. The table is u32 magic, u32 count, then count pairs (offset from the start of the
 * image, offset of the name from the start of the table) in ascending order, then the names.
 */
#include "symbols.h"

#include <kern/image.h>

#define SYMBOLS_MAGIC 0x4d595353

extern const uint32_t __symtab_blob_start[], __symtab_blob_end[];

const char *symbol_find(uint64_t address, uint64_t *offset)
{
    const uint32_t *table = __symtab_blob_start;
    uint64_t wanted = address - (uint64_t)__image_start;
    uint32_t low = 0;
    uint32_t high;

    if (__symtab_blob_end - table < 2 || table[0] != SYMBOLS_MAGIC ||
        address < (uint64_t)__text_start || address >= (uint64_t)__text_end) {
        return NULL;
    }
    high = table[1];
    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;

        if (table[2 + middle * 2] <= wanted) {
            low = middle;
        } else {
            high = middle;
        }
    }
    if (high == 0 || table[2 + low * 2] > wanted) {
        return NULL;
    }
    *offset = wanted - table[2 + low * 2];
    return (const char *)table + table[3 + low * 2];
}
