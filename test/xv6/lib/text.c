/* Bytes and text; the compiler calls the first four as well. */

#include "xv6.h"

void *memcpy(void *to, const void *from, size_t count)
{
    return memmove(to, from, count);
}

void *memmove(void *to, const void *from, size_t count)
{
    char *target = to;
    const char *source = from;

    if (target <= source) {
        for (size_t i = 0; i < count; i++) {
            target[i] = source[i];
        }
    } else {
        while (count > 0) {
            count--;
            target[count] = source[count];
        }
    }
    return to;
}

void *memset(void *to, int byte, size_t count)
{
    char *target = to;

    for (size_t i = 0; i < count; i++) {
        target[i] = (char)byte;
    }
    return to;
}

int memcmp(const void *a, const void *b, size_t count)
{
    const uint8_t *left = a, *right = b;

    for (size_t i = 0; i < count; i++) {
        if (left[i] != right[i]) {
            return left[i] - right[i];
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

int strcmp(const char *a, const char *b)
{
    while (*a != '\0' && *a == *b) {
        a++;
        b++;
    }
    return (uint8_t)*a - (uint8_t)*b;
}

char *strchr(const char *text, int character)
{
    for (;; text++) {
        if (*text == (char)character) {
            return (char *)(uintptr_t)text;
        }
        if (*text == '\0') {
            return NULL;
        }
    }
}

char *strcpy(char *to, const char *from)
{
    return memmove(to, from, strlen(from) + 1);
}

int text_number(const char *text)
{
    unsigned number = 0;

    for (; *text >= '0' && *text <= '9'; text++) {
        number = number * 10 + (unsigned)(*text - '0');
    }
    return (int)number;
}
