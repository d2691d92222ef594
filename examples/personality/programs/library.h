/* What toy programs are linked with. */
#ifndef TOY_LIBRARY_H
#define TOY_LIBRARY_H

#include <stddef.h>

#include "toy.h"

enum { STANDARD_INPUT, STANDARD_OUTPUT, STANDARD_ERROR };

/* One of the calls; the arguments are numbers and addresses. */
int64_t toy(uint64_t a, uint64_t b, uint64_t c, enum toy_call call);

/* The arguments: texts, of which each begins behind the zero of the one before. */
int64_t program(uint64_t count, char *texts);

size_t length_of(const char *text);
/* All of it; what toy() answers at the end. */
int64_t put(uint64_t file, const char *bytes, size_t count);
/* Says it on the error output and ends the program with code 1, if `answer` is an error. */
void check(int64_t answer, const char *what);

static inline uint64_t address_of(const void *bytes)
{
    return (uint64_t)(uintptr_t)bytes;
}

#endif
