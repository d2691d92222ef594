/*
 * See string.h. memcpy and memset move 64 bytes a turn where alignment allows; messages and pages
 * are what they are made for.
 */
#include <stdint.h>
#include <string.h>

enum { WORD = sizeof(uint64_t), UNROLL = 8 };

typedef uint64_t __attribute__((may_alias)) word_t;

static void copy_words(word_t *to, const word_t *from, size_t words)
{
    for (; words >= UNROLL; words -= UNROLL, to += UNROLL, from += UNROLL) {
        uint64_t a = from[0], b = from[1], c = from[2], d = from[3];
        uint64_t e = from[4], f = from[5], g = from[6], h = from[7];

        to[0] = a;
        to[1] = b;
        to[2] = c;
        to[3] = d;
        to[4] = e;
        to[5] = f;
        to[6] = g;
        to[7] = h;
    }
    while (words-- > 0) {
        *to++ = *from++;
    }
}

void *memcpy(void *restrict to, const void *restrict from, size_t length)
{
    uint8_t *out = to;
    const uint8_t *in = from;

    if ((((uintptr_t)out ^ (uintptr_t)in) & (WORD - 1)) == 0) {
        for (; ((uintptr_t)out & (WORD - 1)) != 0 && length > 0; length--) {
            *out++ = *in++;
        }
        copy_words((word_t *)out, (const word_t *)in, length / WORD);
        out += length & ~(size_t)(WORD - 1);
        in += length & ~(size_t)(WORD - 1);
        length &= WORD - 1;
    }
    while (length-- > 0) {
        *out++ = *in++;
    }
    return to;
}

void *memmove(void *to, const void *from, size_t length)
{
    uint8_t *out = to;
    const uint8_t *in = from;

    if (out <= in || out >= in + length) {
        return memcpy(to, from, length);
    }
    while (length-- > 0) {
        out[length] = in[length];
    }
    return to;
}

void *memset(void *to, int byte, size_t length)
{
    uint8_t *out = to;
    uint64_t word = (uint8_t)byte * UINT64_C(0x0101010101010101);

    for (; ((uintptr_t)out & (WORD - 1)) != 0 && length > 0; length--) {
        *out++ = (uint8_t)byte;
    }
    for (; length >= UNROLL * WORD; length -= UNROLL * WORD) {
        word_t *words = (word_t *)out;

        words[0] = word;
        words[1] = word;
        words[2] = word;
        words[3] = word;
        words[4] = word;
        words[5] = word;
        words[6] = word;
        words[7] = word;
        out += UNROLL * WORD;
    }
    for (; length >= WORD; length -= WORD, out += WORD) {
        *(word_t *)out = word;
    }
    while (length-- > 0) {
        *out++ = (uint8_t)byte;
    }
    return to;
}

int memcmp(const void *a, const void *b, size_t length)
{
    const uint8_t *x = a;
    const uint8_t *y = b;

    for (; length > 0; length--, x++, y++) {
        if (*x != *y) {
            return *x - *y;
        }
    }
    return 0;
}

size_t strlen(const char *text)
{
    size_t length = 0;

    while (text[length] != '\0') {
        length++;
    }
    return length;
}

int strncmp(const char *a, const char *b, size_t length)
{
    for (; length > 0; length--, a++, b++) {
        if (*a != *b || *a == '\0') {
            return (uint8_t)*a - (uint8_t)*b;
        }
    }
    return 0;
}

int strcmp(const char *a, const char *b)
{
    return strncmp(a, b, SIZE_MAX);
}

char *strcpy(char *restrict to, const char *restrict from)
{
    return memcpy(to, from, strlen(from) + 1);
}
