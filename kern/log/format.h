/*
 * A small printf for the kernel: %s %d %u %x with l, and a width with 0 or spaces.
 */
#ifndef LOG_FORMAT_H
#define LOG_FORMAT_H

#include <stdarg.h>
#include <stdint.h>

/* Always terminated; answers the length written without the zero. */
uint32_t format_text(char *buffer, uint32_t size, const char *format, va_list arguments);
uint32_t format_line(char *buffer, uint32_t size, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
