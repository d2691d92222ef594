/*
 * The kernel's log of the boot before, in memory that outlived the reset. Pure.
 *
 * Nothing of it is believed: without power it is random, and firmware may have written over a part.
 * A damaged text is shown as far as it is text, since half of what a panic said is worth reading.
 */
#ifndef INIT_KEPT_LOG_H
#define INIT_KEPT_LOG_H

#include <sinter/abi.h>
#include <stdbool.h>

struct kept_log_text {
    const char *ring;
    uint64_t first; /* place of the oldest byte, before it is taken modulo the size */
    uint64_t length;
};

/* False: there is no log; then `log` is an empty one. */
bool kept_log_open(const struct kept_log *kept, struct kept_log_text *log);
/* Copies up to `limit` bytes from an offset; answers how many. What is no text becomes `?`. */
size_t kept_log_copy(const struct kept_log_text *log, uint64_t offset, char *to, size_t limit);
/* Whether it tells of a panic, which no task can write: their lines begin with a time. */
bool kept_log_has_panic(const struct kept_log_text *log);

#endif
