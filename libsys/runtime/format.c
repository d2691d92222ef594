/* Formatted text: see format.h. */
#include "format.h"

#include <stdbool.h>
#include <stdint.h>

#define DIGITS 20 /* of the longest number, 2^64 in decimal */

struct text {
    char *buffer;
    size_t capacity;
    size_t length;
};

struct conversion {
    bool left, zeros, prefix;
    int width;
    int precision; /* -1 for none */
    int size;      /* bytes of an integer */
};

static void put(struct text *text, char character)
{
    if (text->length + 1 < text->capacity) {
        text->buffer[text->length++] = character;
    }
}

static void put_many(struct text *text, char character, int count)
{
    while (count-- > 0) {
        put(text, character);
    }
}

static void put_field(struct text *text, const struct conversion *conversion, const char *body,
                      int length)
{
    int padding = conversion->width - length;
    if (!conversion->left) {
        put_many(text, ' ', padding);
    }
    for (int i = 0; i < length; i++) {
        put(text, body[i]);
    }
    if (conversion->left) {
        put_many(text, ' ', padding);
    }
}

static void put_string(struct text *text, const struct conversion *conversion, const char *string)
{
    int length = 0;
    if (string == NULL) {
        string = "(null)";
    }
    while (length != conversion->precision && string[length] != '\0') {
        length++;
    }
    put_field(text, conversion, string, length);
}

/* `sign` is the sign or the 0x before the digits; zeros go between. */
static void put_number(struct text *text, const struct conversion *conversion, const char *sign,
                       uint64_t value, unsigned base, const char *digits)
{
    char body[2 * DIGITS];
    int start = (int)sizeof(body), sign_length = 0;
    do {
        body[--start] = digits[value % base];
        value /= base;
    } while (value > 0);
    while (sign[sign_length] != '\0') {
        sign_length++;
    }
    int wanted = conversion->zeros && !conversion->left ? conversion->width - sign_length
                                                        : conversion->precision;
    while ((int)sizeof(body) - start < wanted && start > sign_length) {
        body[--start] = '0';
    }
    for (int i = sign_length; i > 0; i--) {
        body[--start] = sign[i - 1];
    }
    put_field(text, conversion, &body[start], (int)sizeof(body) - start);
}

static const char *parse_count(const char *at, int *count, va_list *arguments)
{
    if (*at == '*') {
        *count = va_arg(*arguments, int);
        return at + 1;
    }
    for (*count = 0; *at >= '0' && *at <= '9'; at++) {
        *count = *count * 10 + (*at - '0');
    }
    return at;
}

static const char *parse_size(const char *at, int *size)
{
    *size = (int)sizeof(int);
    for (; *at == 'h'; at++) {
        *size = *size == (int)sizeof(int) ? (int)sizeof(short) : 1;
    }
    for (; *at == 'l' || *at == 'z'; at++) {
        *size = (int)sizeof(uint64_t);
    }
    return at;
}

static const char *parse(const char *at, struct conversion *conversion, va_list *arguments)
{
    *conversion = (struct conversion){.precision = -1};
    for (;; at++) {
        if (*at == '-') {
            conversion->left = true;
        } else if (*at == '0') {
            conversion->zeros = true;
        } else if (*at == '#') {
            conversion->prefix = true;
        } else {
            break;
        }
    }
    at = parse_count(at, &conversion->width, arguments);
    if (*at == '.') {
        at = parse_count(at + 1, &conversion->precision, arguments);
    }
    return parse_size(at, &conversion->size);
}

static int64_t signed_argument(int size, va_list *arguments)
{
    int64_t value =
        size == (int)sizeof(int64_t) ? va_arg(*arguments, int64_t) : va_arg(*arguments, int);
    return size == 1 ? (signed char)value : size == (int)sizeof(short) ? (short)value : value;
}

static uint64_t unsigned_argument(int size, va_list *arguments)
{
    uint64_t value =
        size == (int)sizeof(uint64_t) ? va_arg(*arguments, uint64_t) : va_arg(*arguments, unsigned);
    return size == 1 ? (uint8_t)value : size == (int)sizeof(short) ? (uint16_t)value : value;
}

static void convert(struct text *text, const struct conversion *conversion, char kind,
                    va_list *arguments)
{
    static const char lower[] = "0123456789abcdef", upper[] = "0123456789ABCDEF";
    char character;
    int64_t number;
    switch (kind) {
    case 'c':
        character = (char)va_arg(*arguments, int);
        put_field(text, conversion, &character, 1);
        break;
    case 's':
        put_string(text, conversion, va_arg(*arguments, const char *));
        break;
    case 'd':
    case 'i':
        number = signed_argument(conversion->size, arguments);
        put_number(text, conversion, number < 0 ? "-" : "",
                   number < 0 ? -(uint64_t)number : (uint64_t)number, 10, lower);
        break;
    case 'u':
        put_number(text, conversion, "", unsigned_argument(conversion->size, arguments), 10, lower);
        break;
    case 'x':
    case 'X':
        put_number(text, conversion, conversion->prefix ? "0x" : "",
                   unsigned_argument(conversion->size, arguments), 16, kind == 'x' ? lower : upper);
        break;
    case 'p':
        put_number(text, conversion, "0x", (uint64_t)(uintptr_t)va_arg(*arguments, void *), 16,
                   lower);
        break;
    default:
        put(text, kind);
        break;
    }
}

size_t format_arguments(char *buffer, size_t capacity, const char *format, va_list arguments)
{
    struct text text = {buffer, capacity, 0};
    va_list copy;
    va_copy(copy, arguments);
    while (*format != '\0') {
        struct conversion conversion;
        if (*format != '%') {
            put(&text, *format++);
            continue;
        }
        format = parse(format + 1, &conversion, &copy);
        if (*format != '\0') {
            convert(&text, &conversion, *format++, &copy);
        }
    }
    va_end(copy);
    buffer[text.length] = '\0';
    return text.length;
}

size_t format_text(char *buffer, size_t capacity, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    size_t length = format_arguments(buffer, capacity, format, arguments);
    va_end(arguments);
    return length;
}
