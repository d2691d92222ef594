/* Formatted output. */

#include "xv6.h"

struct output {
    int file;
    int used;
    char bytes[64];
};

static void flush(struct output *output)
{
    write(output->file, output->bytes, output->used);
    output->used = 0;
}

static void put(struct output *output, char character)
{
    output->bytes[output->used++] = character;
    if (output->used == (int)sizeof(output->bytes)) {
        flush(output);
    }
}

static void put_text(struct output *output, const char *text)
{
    for (text = text == NULL ? "(null)" : text; *text != '\0'; text++) {
        put(output, *text);
    }
}

static void put_number(struct output *output, uint64_t number, unsigned base)
{
    char digits[20]; /* of 2^64 in decimal */
    int count = 0;

    do {
        digits[count++] = "0123456789abcdef"[number % base];
        number /= base;
    } while (number > 0);
    while (count > 0) {
        put(output, digits[--count]);
    }
}

static void put_signed(struct output *output, int64_t number)
{
    if (number < 0) {
        put(output, '-');
    }
    put_number(output, number < 0 ? 0 - (uint64_t)number : (uint64_t)number, 10);
}

/* One conversion; `format` is behind the '%'. Returns where it ends. */
static const char *convert(struct output *output, const char *format, va_list *arguments)
{
    bool is_long = *format == 'l';

    format += is_long;
    switch (*format) {
    case 'd':
        put_signed(output, is_long ? va_arg(*arguments, long) : va_arg(*arguments, int));
        break;
    case 'u':
    case 'x':
        put_number(output,
                   is_long ? va_arg(*arguments, unsigned long) : va_arg(*arguments, unsigned),
                   *format == 'x' ? 16 : 10);
        break;
    case 'p':
        put_text(output, "0x");
        put_number(output, (uintptr_t)va_arg(*arguments, void *), 16);
        break;
    case 's':
        put_text(output, va_arg(*arguments, const char *));
        break;
    case 'c':
        put(output, (char)va_arg(*arguments, int));
        break;
    default:
        put(output, *format);
        break;
    }
    return format + 1;
}

void print(int file, const char *format, ...)
{
    struct output output = {.file = file};
    va_list arguments;

    va_start(arguments, format);
    while (*format != '\0') {
        if (*format == '%' && format[1] != '\0') {
            format = convert(&output, format + 1, &arguments);
        } else {
            put(&output, *format++);
        }
    }
    va_end(arguments);
    if (output.used > 0) {
        flush(&output);
    }
}

_Noreturn void give_up(const char *name, const char *what)
{
    print(2, "%s: %s\n", name, what);
    exit(1);
}
