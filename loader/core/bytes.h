/*
 * Memory primitives for the relocation core: the four functions that any C environment
 * supplies, and unaligned little-endian access, since a hostile file aligns no more than its
 * tables (elf_format.h). The host and both targets are little-endian, so a copy is also a decode.
 *
 * Copies of a known, small size are written with __builtin_memcpy, which compilers expand in
 * place even where they know no library (-ffreestanding).
 */
#ifndef LOADER_CORE_BYTES_H
#define LOADER_CORE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the core decodes by copying");

void *memcpy(void *restrict to, const void *restrict from, size_t bytes);
void *memset(void *to, int value, size_t bytes);
int memcmp(const void *a, const void *b, size_t bytes);
size_t strlen(const char *text);

static inline uint16_t load16(const void *at)
{
    uint16_t value;
    __builtin_memcpy(&value, at, sizeof(value));
    return value;
}

static inline uint32_t load32(const void *at)
{
    uint32_t value;
    __builtin_memcpy(&value, at, sizeof(value));
    return value;
}

static inline uint64_t load64(const void *at)
{
    uint64_t value;
    __builtin_memcpy(&value, at, sizeof(value));
    return value;
}

static inline void store16(void *at, uint16_t value)
{
    __builtin_memcpy(at, &value, sizeof(value));
}

static inline void store32(void *at, uint32_t value)
{
    __builtin_memcpy(at, &value, sizeof(value));
}

static inline void store64(void *at, uint64_t value)
{
    __builtin_memcpy(at, &value, sizeof(value));
}

static inline bool is_power_of_two(uint64_t value)
{
    return value != 0 && (value & (value - 1)) == 0;
}

/* `align` is a power of two; the sum must not overflow, which the size limits guarantee. */
static inline uint64_t align_up(uint64_t value, uint64_t align)
{
    return (value + align - 1) & ~(align - 1);
}

/*
 * Names in a hostile file may be as long as the file, and be used very often: nothing here looks
 * further than the shorter text, or the limit.
 */
static inline bool text_equal(const char *a, const char *b)
{
    while (*a != '\0' && *a == *b) {
        a++;
        b++;
    }
    return *a == *b;
}

static inline size_t text_length(const char *text, size_t limit)
{
    size_t length = 0;
    while (length < limit && text[length] != '\0') {
        length++;
    }
    return length;
}

static inline bool text_begins(const char *text, const char *prefix)
{
    while (*prefix != '\0' && *text == *prefix) {
        text++;
        prefix++;
    }
    return *prefix == '\0';
}

#endif
