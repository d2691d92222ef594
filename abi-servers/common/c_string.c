/* See c_string.h. */
#include <stdint.h>
#include "c_string.h"

void *memchr(const void *bytes, int byte, size_t length)
{
    const uint8_t *at = bytes;
    for (size_t i = 0; i < length; i++) {
        if (at[i] == (uint8_t)byte) {
            return (void *)(uintptr_t)(at + i);
        }
    }
    return NULL;
}

size_t strlen(const char *text)
{
    size_t length = 0;
    while (text[length] != '\0') {
        length++;
    }
    return length;
}

int strcmp(const char *a, const char *b)
{
    while (*a != '\0' && *a == *b) {
        a++;
        b++;
    }
    return (uint8_t)*a - (uint8_t)*b;
}

char *strrchr(const char *text, int byte)
{
    const char *found = NULL;
    do {
        if (*text == (char)byte) {
            found = text;
        }
    } while (*text++ != '\0');
    return (char *)(uintptr_t)found;
}
