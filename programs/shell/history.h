/* The lines typed before, oldest first, at most HISTORY_LIMIT. */
#ifndef SHELL_HISTORY_H
#define SHELL_HISTORY_H

#include <stddef.h>

#define HISTORY_LIMIT 100

struct history {
    char *lines[HISTORY_LIMIT];
    size_t count;
};

/* Appends a copy, unless the line is blank or the same as the last one. */
void history_add(struct history *history, const char *line);
/* The line `back` lines before the end (1 is the last), or null. */
const char *history_line(const struct history *history, size_t back);
void history_free(struct history *history);

#endif
