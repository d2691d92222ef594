/*
 * A small printf for the kernel: %s %c %d %u %x %p with l, and a width with 0 or spaces.
 */
#ifndef BOOT_FORMAT_H
#define BOOT_FORMAT_H

#include <stdarg.h>
#include <stdint.h>

/* Always terminated; answers the length written without the zero. */
uint32_t format_text(char *buffer, uint32_t size, const char *format, va_list arguments);

#endif
