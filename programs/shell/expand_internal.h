/* What the two halves of the expander share: a word being expanded. */
#ifndef SHELL_EXPAND_INTERNAL_H
#define SHELL_EXPAND_INTERNAL_H

#include "expand.h"

struct expand_buffer {
    char *data;
    size_t length;
    size_t size;
};

struct expand_state {
    struct expansion *expansion;
    struct field **end; /* null: everything goes into one text */
    struct expand_buffer text;
    struct expand_buffer pattern;
    bool started; /* the field exists, if only by empty quotes */
    bool magic;   /* it holds an unquoted * or ? */
    unsigned depth;
    unsigned values; /* words of ${name:-word} around: their unquoted blanks end a field */
};

void expand_add(struct expand_state *state, char character, bool quoted);
/* Ends the field that is being collected, if there is one. */
void expand_end_field(struct expand_state *state);
/* quoted: the text stands between double quotes. */
bool expand_range(struct expand_state *state, const char *text, size_t length, bool quoted);
/* The expansion at the `$` at text[0]; *used is its length. */
bool expand_dollar(struct expand_state *state, const char *text, size_t length, bool quoted,
                   size_t *used);
/* Keeps the message; always false. */
bool expand_complain(struct expand_state *state, const char *message);

#endif
