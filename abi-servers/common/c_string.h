/*
 * The C library of personalities: what they use of <string.h>, built without floating point as they
 * are. Memory functions are those that compilers call by themselves, which libsys exports.
 */
#ifndef PERSONALITY_STRING_H
#define PERSONALITY_STRING_H

#include <stddef.h>

void *memcpy(void *restrict to, const void *restrict from, size_t length);
void *memmove(void *to, const void *from, size_t length);
void *memset(void *to, int byte, size_t length);
int memcmp(const void *a, const void *b, size_t length);

void *memchr(const void *bytes, int byte, size_t length);
size_t strlen(const char *text);
int strcmp(const char *a, const char *b);
char *strrchr(const char *text, int byte);

#endif
