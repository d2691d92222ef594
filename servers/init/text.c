/*
 * Texts in fixed buffers: see text.h.
 */
#include "text.h"

#include "memory.h"

enum { DIGITS = 20, SECOND = 1000000000, MILLISECOND = 1000000 };

struct text text_in(char *buffer, size_t size)
{
    buffer[0] = '\0';
    return (struct text){.start = buffer, .size = size};
}

void text_put_bytes(struct text *text, const char *piece, size_t length)
{
    size_t room = text->size - 1 - text->used;
    if (length > room) {
        length = room;
        text->full = true;
    }
    memcpy(text->start + text->used, piece, length);
    text->used += length;
    text->start[text->used] = '\0';
}

void text_put(struct text *text, const char *piece)
{
    text_put_bytes(text, piece, text_length(piece));
}

void text_put_pieces(struct text *text, const char *const pieces[])
{
    for (size_t i = 0; pieces[i] != NULL; i++) {
        text_put(text, pieces[i]);
    }
}

static void put_digits(struct text *text, uint64_t value, unsigned base, unsigned least)
{
    char digits[DIGITS];
    unsigned at = DIGITS;
    do {
        digits[--at] = "0123456789abcdef"[value % base];
        value /= base;
    } while (at > 0 && (value != 0 || DIGITS - at < least));
    text_put_bytes(text, digits + at, DIGITS - at);
}

void text_put_number(struct text *text, uint64_t value)
{
    put_digits(text, value, 10, 1);
}

void text_put_signed(struct text *text, int64_t value)
{
    if (value < 0) {
        text_put(text, "-");
    }
    put_digits(text, value < 0 ? 0 - (uint64_t)value : (uint64_t)value, 10, 1);
}

void text_put_hex(struct text *text, uint64_t value, unsigned digits)
{
    text_put(text, "0x");
    put_digits(text, value, 16, digits);
}

void text_put_seconds(struct text *text, uint64_t nanoseconds)
{
    put_digits(text, nanoseconds / SECOND, 10, 1);
    text_put(text, ".");
    put_digits(text, nanoseconds % SECOND / MILLISECOND, 10, 3);
    text_put(text, " s");
}

void text_put_column(struct text *text, size_t column)
{
    size_t line = text->used;
    while (line > 0 && text->start[line - 1] != '\n') {
        line--;
    }
    do {
        text_put(text, " ");
    } while (!text->full && text->used - line < column);
}

size_t text_length(const char *text)
{
    size_t length = 0;
    while (text[length] != '\0') {
        length++;
    }
    return length;
}

void text_make_printable(char *text)
{
    for (; *text != '\0'; text++) {
        *text = *text >= ' ' && *text <= '~' ? *text : '?';
    }
}

bool text_same(const char *a, const char *b)
{
    while (*a == *b && *a != '\0') {
        a++;
        b++;
    }
    return *a == *b;
}

bool text_starts(const char *text, const char *beginning)
{
    while (*beginning != '\0' && *text == *beginning) {
        text++;
        beginning++;
    }
    return *beginning == '\0';
}

bool text_copy_bytes(char *to, size_t size, const char *from, size_t length)
{
    bool fits = length < size;
    size_t taken = fits ? length : size - 1;
    memcpy(to, from, taken);
    to[taken] = '\0';
    return fits;
}

bool text_copy(char *to, size_t size, const char *from)
{
    return text_copy_bytes(to, size, from, text_length(from));
}

bool text_to_number(const char *text, size_t length, uint64_t *value)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < length; i++) {
        if (text[i] < '0' || text[i] > '9' || sum > (UINT64_MAX - 9) / 10) {
            return false;
        }
        sum = sum * 10 + (uint64_t)(text[i] - '0');
    }
    *value = sum;
    return length > 0;
}
