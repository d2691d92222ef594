/*
 * Takes the quotes and expansions out of words: $name ${name} ${name:-word} ${#name} $(command)
 * $((arithmetic)) and the special parameters. Unquoted results are split at blanks; unquoted `*`
 * and `?` stand for the names of files. What the expander needs to know comes through callbacks.
 */
#ifndef SHELL_EXPAND_H
#define SHELL_EXPAND_H

#include "arena.h"
#include <stdbool.h>
#include <stddef.h>

struct expand_source {
    /* The value of a variable or special parameter, or null. It stays valid until the next call. */
    const char *(*variable)(void *context, const char *name);
    /* The positional parameters, `*count` of them. */
    char *const *(*positional)(void *context, size_t *count);
    /* What a command prints, in the arena, without its last line ends; null on failure. */
    const char *(*command)(void *context, const char *text, size_t length);
    /* Calls `found` with every name that matches the pattern, in order. */
    void (*match)(void *context, const char *pattern, void (*found)(void *, const char *),
                  void *found_context);
    void *context;
};

struct field {
    struct field *next;
    char *text;
};

struct expansion {
    struct arena *arena;
    const struct expand_source *source;
    const char *message; /* why it failed */
};

/* Appends the fields of a word to the list that ends at *end; the new end, or null on failure. */
struct field **expand_word(struct expansion *expansion, const char *word, struct field **end);
/* The word as one text, without splitting or matching; null on failure. */
char *expand_text(struct expansion *expansion, const char *word);

/* Whether a name matches a pattern of characters, `*`, `?` and `\` before a literal one. */
bool pattern_match(const char *pattern, const char *name);

#endif
