/*
 * memcpy, memmove, memset and memcmp, which compilers call by themselves. Built without
 * recognition of idioms, or they would call themselves. All accesses are aligned; a copy between
 * places of different alignment reads whole words around the source, never across a page it has
 * no byte in. Little-endian.
 */
#include <stddef.h>
#include <stdint.h>

#define WORD   sizeof(uint64_t)
#define EXPORT __attribute__((visibility("default")))

typedef uint64_t __attribute__((may_alias)) word_t;

EXPORT void *memcpy(void *restrict to, const void *restrict from, size_t length);
EXPORT void *memmove(void *to, const void *from, size_t length);
EXPORT void *memset(void *to, int value, size_t length);
EXPORT int memcmp(const void *left, const void *right, size_t length);

static size_t misalignment(const void *pointer)
{
    return (uintptr_t)pointer % WORD;
}

static void copy_words(word_t *to, const word_t *from, size_t words)
{
    for (; words >= 4; words -= 4, to += 4, from += 4) {
        word_t a = from[0], b = from[1], c = from[2], d = from[3];
        to[0] = a;
        to[1] = b;
        to[2] = c;
        to[3] = d;
    }
    while (words-- > 0) {
        *to++ = *from++;
    }
}

/* `to` is aligned, `from` is not: each word is made of two of the source. */
static void copy_shifted(word_t *to, const uint8_t *from, size_t words)
{
    unsigned shift = (unsigned)misalignment(from) * 8;
    const word_t *source = (const word_t *)(from - misalignment(from));
    word_t low = *source++;
    while (words-- > 0) {
        word_t high = *source++;
        *to++ = low >> shift | high << (64 - shift);
        low = high;
    }
}

static void copy_up(uint8_t *to, const uint8_t *from, size_t length)
{
    while (length > 0 && misalignment(to) != 0) {
        *to++ = *from++;
        length--;
    }
    size_t words = length / WORD;
    if (misalignment(from) == 0) {
        copy_words((word_t *)to, (const word_t *)from, words);
    } else if (words > 0) {
        copy_shifted((word_t *)to, from, words);
    }
    to += words * WORD;
    from += words * WORD;
    for (length %= WORD; length > 0; length--) {
        *to++ = *from++;
    }
}

/* The same downwards; `to` and `from` are ends. */
static void copy_words_down(word_t *to, const word_t *from, size_t words)
{
    while (words-- > 0) {
        *--to = *--from;
    }
}

static void copy_shifted_down(word_t *to, const uint8_t *from, size_t words)
{
    unsigned shift = (unsigned)misalignment(from) * 8;
    const word_t *source = (const word_t *)(from - misalignment(from));
    word_t high = *source;
    while (words-- > 0) {
        word_t low = *--source;
        *--to = low >> shift | high << (64 - shift);
        high = low;
    }
}

static void copy_down(uint8_t *to, const uint8_t *from, size_t length)
{
    to += length;
    from += length;
    while (length > 0 && misalignment(to) != 0) {
        *--to = *--from;
        length--;
    }
    size_t words = length / WORD;
    if (misalignment(from) == 0) {
        copy_words_down((word_t *)to, (const word_t *)from, words);
    } else if (words > 0) {
        copy_shifted_down((word_t *)to, from, words);
    }
    to -= words * WORD;
    from -= words * WORD;
    for (length %= WORD; length > 0; length--) {
        *--to = *--from;
    }
}

void *memcpy(void *restrict to, const void *restrict from, size_t length)
{
    copy_up(to, from, length);
    return to;
}

/* Upwards is safe unless `to` lies inside the source, downwards if it does: both read a word of
 * the source before they write over it. */
void *memmove(void *to, const void *from, size_t length)
{
    if ((uintptr_t)to - (uintptr_t)from < length) {
        copy_down(to, from, length);
    } else {
        copy_up(to, from, length);
    }
    return to;
}

void *memset(void *to, int value, size_t length)
{
    uint8_t *at = to;
    while (length > 0 && misalignment(at) != 0) {
        *at++ = (uint8_t)value;
        length--;
    }
    word_t pattern = (uint8_t)value * UINT64_C(0x0101010101010101);
    for (; length >= 4 * WORD; length -= 4 * WORD, at += 4 * WORD) {
        word_t *words = (word_t *)at;
        words[0] = words[1] = words[2] = words[3] = pattern;
    }
    for (; length >= WORD; length -= WORD, at += WORD) {
        *(word_t *)at = pattern;
    }
    while (length-- > 0) {
        *at++ = (uint8_t)value;
    }
    return to;
}

int memcmp(const void *left, const void *right, size_t length)
{
    const uint8_t *a = left, *b = right;
    if (misalignment(a) == misalignment(b)) {
        for (; length > 0 && misalignment(a) != 0 && *a == *b; length--) {
            a++;
            b++;
        }
        while (length >= WORD && misalignment(a) == 0 && *(const word_t *)a == *(const word_t *)b) {
            a += WORD;
            b += WORD;
            length -= WORD;
        }
    }
    for (; length > 0; length--, a++, b++) {
        if (*a != *b) {
            return *a - *b;
        }
    }
    return 0;
}
