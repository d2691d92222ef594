/*
 * Names of the functions of libsys, for backtraces: its dynamic symbols, which are part of the
 * image that the kernel maps into every task, init's own included.
 */
#ifndef INIT_LIBSYS_NAMES_H
#define INIT_LIBSYS_NAMES_H

#include "text.h"

/* `port_call+0x1c (libsys)`, or `libsys+0x1234` between exported functions, or `unknown`. */
void libsys_put_name(struct text *text, uint64_t offset);

#endif
