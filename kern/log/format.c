/*
 * See format.h.
 */
#include "format.h"

#include <stdbool.h>
#include <stddef.h>

struct output {
    char *at, *end;
};

struct conversion {
    unsigned width;
    bool zeros, is_long;
};

static void put(struct output *out, char c)
{
    if (out->at < out->end) {
        *out->at++ = c;
    }
}

static void put_number(struct output *out, uint64_t value, unsigned base, struct conversion how)
{
    char digits[24];
    unsigned count = 0;

    do {
        digits[count++] = "0123456789abcdef"[value % base];
        value /= base;
    } while (value != 0);
    while (count < how.width && count < sizeof(digits)) {
        digits[count++] = how.zeros ? '0' : ' ';
    }
    while (count > 0) {
        put(out, digits[--count]);
    }
}

static void put_string(struct output *out, const char *text)
{
    for (text = text != NULL ? text : "(null)"; *text != '\0'; text++) {
        put(out, *text);
    }
}

static const char *read_flags(const char *format, struct conversion *how)
{
    *how = (struct conversion){0};
    if (*format == '0') {
        how->zeros = true;
        format++;
    }
    while (*format >= '0' && *format <= '9') {
        how->width = how->width * 10 + (unsigned)(*format++ - '0');
    }
    if (*format == 'l') {
        how->is_long = true;
        format++;
    }
    return format;
}

static void put_signed(struct output *out, int64_t value, struct conversion how)
{
    if (value < 0) {
        put(out, '-');
    }
    put_number(out, value < 0 ? -(uint64_t)value : (uint64_t)value, 10, how);
}

static void convert(struct output *out, char letter, struct conversion how, va_list *arguments)
{
    switch (letter) {
    case 's':
        put_string(out, va_arg(*arguments, const char *));
        break;
    case 'd':
        put_signed(out, how.is_long ? va_arg(*arguments, int64_t) : va_arg(*arguments, int), how);
        break;
    case 'u':
    case 'x':
        put_number(out, how.is_long ? va_arg(*arguments, uint64_t) : va_arg(*arguments, unsigned),
                   letter == 'u' ? 10 : 16, how);
        break;
    default:
        put(out, letter);
    }
}

uint32_t format_text(char *buffer, uint32_t size, const char *format, va_list arguments)
{
    struct output out = {buffer, buffer + size - 1};
    va_list copy;

    va_copy(copy, arguments);
    for (; *format != '\0'; format++) {
        struct conversion how;

        if (*format != '%') {
            put(&out, *format);
            continue;
        }
        format = read_flags(format + 1, &how);
        if (*format == '\0') {
            break;
        }
        convert(&out, *format, how, &copy);
    }
    va_end(copy);
    *out.at = '\0';
    return (uint32_t)(out.at - buffer);
}

uint32_t format_line(char *buffer, uint32_t size, const char *format, ...)
{
    va_list arguments;
    uint32_t length;

    va_start(arguments, format);
    length = format_text(buffer, size, format, arguments);
    va_end(arguments);
    return length;
}
