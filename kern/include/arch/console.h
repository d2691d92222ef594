/*
 * The early console: what /chosen/stdout-path names (ns16550a, pl011, sifive,uart0), or SBI's.
 * It only writes, polling; a driver server takes the device over later.
 */
#ifndef ARCH_CONSOLE_H
#define ARCH_CONSOLE_H

#include <stddef.h>

struct devicetree;

/* Without a usable console everything written is dropped. */
void console_init(const struct devicetree *tree);
void console_write(const char *text, size_t length);

#endif
