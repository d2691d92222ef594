/*
 * Formatted text without a C library: %c %s %d %i %u %x %X %p %%, with the flags - 0 #, width and
 * precision (numbers or *), and the sizes hh h l ll z. Lines of the kernel log.
 */
#ifndef FORMAT_H
#define FORMAT_H

#include <stdarg.h>
#include <stddef.h>

/* Writes at most `capacity` bytes, the last of which is zero; the length without it. What does
 * not fit is left out. capacity is not 0. */
size_t format_arguments(char *buffer, size_t capacity, const char *format, va_list arguments)
    __attribute__((format(printf, 3, 0)));
size_t format_text(char *buffer, size_t capacity, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* One line of the kernel log, which adds the task's name; up to 256 bytes. Uses the message page's
 * data. */
void log_line(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
