/*
 * The kernel's log: the last LOG_SIZE bytes of text since boot, each line with its time.
 */
#ifndef KERN_LOG_H
#define KERN_LOG_H

#include <stdbool.h>
#include <stdint.h>

#define LOG_SIZE 32768

/* One line; `who` before it unless null. */
void log_append(const char *who, const char *text, uint32_t length);
/* Copies up to `limit` bytes from a position (bytes since boot; raised to what is kept, up to what
 * is there); answers how many, and moves *position to their end. */
uint32_t log_copy(uint64_t *position, char *to, uint32_t limit);
/* The clock is set up: lines carry the time. */
void log_clock_works(void);
/* From now on the log goes to the early console too, or not; what is kept is written out first. */
void log_console(bool on);

#endif
