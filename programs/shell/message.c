/* What the shell prints itself. */
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "shell.h"

#define MESSAGE_SIZE 512

static void print(int file, const char *format, va_list arguments)
    __attribute__((format(printf, 2, 0)));

static void print(int file, const char *format, va_list arguments)
{
    char text[MESSAGE_SIZE];
    int length = vsnprintf(text, sizeof(text), format, arguments);
    if (length > 0) {
        size_t size = (size_t)length < sizeof(text) ? (size_t)length : sizeof(text) - 1;
        ssize_t written = write(file, text, size);
        (void)written; /* nobody is left to tell */
    }
}

void shell_print(int file, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    print(file, format, arguments);
    va_end(arguments);
}

void shell_complain(const struct io *io, const char *format, ...)
{
    va_list arguments;
    shell_print(io->files[2], "shell: ");
    va_start(arguments, format);
    print(io->files[2], format, arguments);
    va_end(arguments);
    shell_print(io->files[2], "\n");
}
