/*
 * Texts in fixed buffers: appended piece by piece, always NUL-terminated, cut when full.
 *
 * Pure; used for lines, reports and answers. `full` tells that something was cut.
 */
#ifndef INIT_TEXT_H
#define INIT_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct text {
    char *start;
    size_t size; /* of the buffer, at least 1 */
    size_t used; /* bytes before the NUL */
    bool full;
};

struct text text_in(char *buffer, size_t size);

void text_put(struct text *text, const char *piece);
void text_put_bytes(struct text *text, const char *piece, size_t length);
void text_put_pieces(struct text *text, const char *const pieces[]); /* ended by a null pointer */
void text_put_number(struct text *text, uint64_t value);
void text_put_signed(struct text *text, int64_t value);
void text_put_hex(struct text *text, uint64_t value, unsigned digits); /* at least `digits` */
void text_put_seconds(struct text *text, uint64_t nanoseconds);        /* "12.345 s" */
/* Blanks up to a column counted from the start of the current line; at least one. */
void text_put_column(struct text *text, size_t column);

#define TEXT_PUT(text, ...) text_put_pieces(text, (const char *const[]){__VA_ARGS__, NULL})

/* Bytes that are no printable ASCII become `?`. */
void text_make_printable(char *text);

bool text_same(const char *a, const char *b);
bool text_starts(const char *text, const char *beginning);
size_t text_length(const char *text);
/* Copies what fits; false if it was cut. */
bool text_copy(char *to, size_t size, const char *from);
bool text_copy_bytes(char *to, size_t size, const char *from, size_t length);
/* Decimal digits only, the whole of the text; false: none, others, or too large. */
bool text_to_number(const char *text, size_t length, uint64_t *value);

#endif
