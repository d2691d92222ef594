/*
 * The kernel's log, read for what one task said last.
 */
#ifndef INIT_LOG_H
#define INIT_LOG_H

#include "init.h"
#include "text.h"

enum { LOG_LINES = 8, LOG_LINE_BYTES = 200 };

/* The newest lines of one task, in a ring; the caller's, since either thread may read. */
struct log_lines {
    const char *name;
    uint64_t until; /* ns since boot; later lines are left out */
    uint32_t count;
    size_t used; /* bytes of the line that is being put together */
    char line[LOG_LINES][LOG_LINE_BYTES];
};

/* Appends the last lines, up to a time, of a task of that name, each ended by a newline. */
void log_of_task(struct log_lines *lines, const char *name, uint64_t until, struct text *text);

#endif
