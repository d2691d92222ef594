/*
 * Lines of the kernel's log: `[   1.234567] NAME: text`. Pure.
 */
#ifndef INIT_LOG_LINE_H
#define INIT_LOG_LINE_H

#include <stdbool.h>
#include <stdint.h>

/* Whether a task of that name has said it. */
bool log_line_is_of(const char *line, const char *name);
/* When: nanoseconds since boot. */
uint64_t log_line_time(const char *line);

#endif
