/* libsys/memory.c under other names, against byte loops, at every alignment and around the sizes
 * where it changes its way; nothing outside the range may change. */
#include <stdint.h>

#include "check.h"

#define memcpy  tested_memcpy
#define memmove tested_memmove
#define memset  tested_memset
#define memcmp  tested_memcmp
#include "memory.c"

#define ROOM    160
#define LONGEST 80

static uint8_t initial[ROOM], expected[ROOM], actual[ROOM];

static void fill(void)
{
    for (unsigned i = 0; i < ROOM; i++) {
        initial[i] = expected[i] = actual[i] = (uint8_t)(i * 7 + 1);
    }
}

static void compare(void)
{
    for (unsigned i = 0; i < ROOM; i++) {
        CHECK(expected[i] == actual[i]);
    }
}

static void check_move(unsigned to, unsigned from, unsigned length)
{
    fill();
    for (unsigned i = 0; i < length; i++) {
        expected[to + i] = initial[from + i];
    }
    CHECK(tested_memmove(actual + to, actual + from, length) == actual + to);
    compare();
}

static void check_copy(unsigned to, unsigned from, unsigned length)
{
    uint8_t source[ROOM];
    fill();
    for (unsigned i = 0; i < ROOM; i++) {
        source[i] = (uint8_t)(255 - i);
    }
    for (unsigned i = 0; i < length; i++) {
        expected[to + i] = source[from + i];
    }
    CHECK(tested_memcpy(actual + to, source + from, length) == actual + to);
    compare();
}

static void check_set(unsigned to, unsigned length)
{
    fill();
    for (unsigned i = 0; i < length; i++) {
        expected[to + i] = 0x85;
    }
    CHECK(tested_memset(actual + to, 0x1285, length) == actual + to);
    compare();
}

static void check_compare(unsigned left, unsigned right, unsigned length)
{
    fill();
    for (unsigned i = 0; i < length; i++) {
        actual[right + i] = initial[left + i];
    }
    CHECK(tested_memcmp(initial + left, actual + right, length) == 0);
    for (unsigned i = 0; i < length; i++) {
        uint8_t kept = actual[right + i];
        actual[right + i] = (uint8_t)(kept ^ 0x80);
        int order = tested_memcmp(initial + left, actual + right, length);
        CHECK(kept < 0x80 ? order < 0 : order > 0);
        actual[right + i] = kept;
    }
}

int main(void)
{
    for (unsigned length = 0; length <= LONGEST; length++) {
        for (unsigned to = 0; to < 16; to++) {
            check_set(to, length);
            for (unsigned from = 0; from < 32; from++) {
                check_copy(to, from, length);
                check_move(to, from, length);
                check_move(from, to, length);
            }
        }
    }
    for (unsigned length = 0; length <= 32; length++) {
        for (unsigned left = 0; left < 8; left++) {
            for (unsigned right = 0; right < 8; right++) {
                check_compare(left, right, length);
            }
        }
    }
    return 0;
}
