/*
 * The text of refusals: a small formatter without libc, floating point or allocation.
 *
 * Everything that enters the text from the object is sanitised here, in one place: printable
 * ASCII is kept, any other byte becomes '?', and long names are cut.
 */
#include "refusal.h"

#include "bytes.h"

struct output {
    char *at;
    char *end; /* one before the end of the buffer: the NUL always fits */
};

struct directive {
    bool grouped; /* digits in groups of three */
    bool zero;    /* pad with zeros */
    bool wide;    /* ll */
    int width;
    int precision; /* negative: none */
};

static void put(struct output *out, char c)
{
    if (out->at < out->end) {
        *out->at++ = c;
    }
}

static void put_string(struct output *out, const char *text, int precision)
{
    int limit = precision >= 0 && precision < REFUSAL_NAME_BYTES ? precision : REFUSAL_NAME_BYTES;
    for (int i = 0; i < limit && text[i] != '\0'; i++) {
        bool printable = text[i] >= ' ' && text[i] <= '~';
        put(out, printable ? text[i] : '?');
    }
}

static void put_number(struct output *out, uint64_t value, unsigned base,
                       const struct directive *how)
{
    char digits[40];
    int count = 0;
    int grouped = 0;
    do {
        if (how->grouped && grouped != 0 && grouped % 3 == 0) {
            digits[count++] = ' ';
        }
        digits[count++] = "0123456789abcdef"[value % base];
        grouped++;
        value /= base;
    } while (value != 0);
    for (int i = count; i < how->width; i++) {
        put(out, how->zero ? '0' : ' ');
    }
    while (count > 0) {
        put(out, digits[--count]);
    }
}

/* Parses flags, width, precision and length; returns the position of the conversion letter. */
static const char *parse_directive(const char *at, struct directive *how, va_list *arguments)
{
    *how = (struct directive){.precision = -1};
    for (; *at == '\'' || *at == '0'; at++) {
        how->grouped = how->grouped || *at == '\'';
        how->zero = how->zero || *at == '0';
    }
    for (; *at >= '0' && *at <= '9'; at++) {
        how->width = how->width * 10 + (*at - '0');
    }
    if (at[0] == '.' && at[1] == '*') {
        how->precision = va_arg(*arguments, int);
        at += 2;
    }
    for (; *at == 'l'; at++) {
        how->wide = true;
    }
    return at;
}

static uint64_t next_number(const struct directive *how, va_list *arguments)
{
    return how->wide ? va_arg(*arguments, unsigned long long) : va_arg(*arguments, unsigned);
}

static void convert(struct output *out, char letter, const struct directive *how,
                    va_list *arguments)
{
    switch (letter) {
    case 's':
        put_string(out, va_arg(*arguments, const char *), how->precision);
        break;
    case 'c':
        put(out, (char)va_arg(*arguments, int));
        break;
    case 'u':
        put_number(out, next_number(how, arguments), 10, how);
        break;
    case 'x':
        put_number(out, next_number(how, arguments), 16, how);
        break;
    default:
        put(out, letter);
        break;
    }
}

size_t text_format_list(char *to, size_t size, const char *format, va_list arguments)
{
    struct output out = {to, to + size - 1};
    va_list rest;
    va_copy(rest, arguments);
    for (const char *at = format; *at != '\0'; at++) {
        if (*at != '%') {
            put(&out, *at);
            continue;
        }
        struct directive how;
        at = parse_directive(at + 1, &how, &rest);
        convert(&out, *at, &how, &rest);
    }
    va_end(rest);
    *out.at = '\0';
    return (size_t)(out.at - to);
}

size_t text_format(char *to, size_t size, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    size_t written = text_format_list(to, size, format, arguments);
    va_end(arguments);
    return written;
}

bool refusal_write(struct refusal *refusal, enum refusal_code code, const char *file,
                   const char *format, ...)
{
    refusal->code = code;
    size_t used = text_format(refusal->text, sizeof(refusal->text), "%s: refused: ", file);
    va_list arguments;
    va_start(arguments, format);
    text_format_list(refusal->text + used, sizeof(refusal->text) - used, format, arguments);
    va_end(arguments);
    return false;
}

void refusal_append(struct refusal *refusal, const char *format, va_list arguments)
{
    size_t used = strlen(refusal->text);
    text_format_list(refusal->text + used, sizeof(refusal->text) - used, format, arguments);
}
