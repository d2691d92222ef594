/*
 * Any operations on a pseudo-terminal, chosen by bytes, with what must hold after each of them: for
 * the random test and the fuzzer.
 */
#ifndef TERMINAL_OPERATIONS_H
#define TERMINAL_OPERATIONS_H

#include <stddef.h>
#include <stdint.h>

/* Aborts at the first that does not hold. */
void terminal_operations(const uint8_t *choices, size_t count);

#endif
