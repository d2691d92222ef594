/*
 * Whole-number arithmetic for $((...)): 64-bit, wrapping; + - * / % comparison, && || ! and
 * brackets; numbers in decimal or 0x; names of variables, with or without `$`.
 */
#ifndef SHELL_ARITHMETIC_H
#define SHELL_ARITHMETIC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arithmetic {
    /* The value of the variable, or null. */
    const char *(*variable)(void *context, const char *name);
    void *context;
};

/* Evaluates text[0..length). False if it is malformed or divides by zero: *message says which. */
bool arithmetic_evaluate(const struct arithmetic *source, const char *text, size_t length,
                         int64_t *value, const char **message);

#endif
