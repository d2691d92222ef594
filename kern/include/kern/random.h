/*
 * Random numbers: ChaCha20 (RFC 8439) keyed from the boot loader's seed, the CPU's counter and
 * entropy_add(), with the key replaced at every draw.
 */
#ifndef KERN_RANDOM_H
#define KERN_RANDOM_H

#include <stddef.h>
#include <stdint.h>

/* Mixes bytes into the key; before or after the first draw. */
void random_add(const void *bytes, size_t length);
void random_read(void *bytes, size_t length);
uint64_t random_u64(void);

#endif
