/*
 * The early console, for the log until a driver takes the device over, and for panics.
 */
#ifndef KERN_CONSOLE_H
#define KERN_CONSOLE_H

#include <stddef.h>

struct devicetree;

/* Until then, and without a UART that is known, text goes to the firmware's console. */
void console_init(const struct devicetree *tree);
void console_write(const char *text, size_t length);

#endif
