/*
 * Lines of logs: where a text goes on behind what was written last. Pure; what it looks at (a file
 * on a disk, the log of the boot before) can hold anything.
 */
#ifndef JOURNAL_LINES_H
#define JOURNAL_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct line {
    const char *text;
    size_t length; /* without the newline; 0: there is none */
};

/* The last whole line that the kernel has put a time before. */
struct line lines_last(const char *text, size_t length);
/* The offset behind the last place where the text has this as a whole line; false: nowhere. */
bool lines_behind(const char *text, size_t length, const struct line *line, size_t *behind);
/* How much of the text is whole lines; all of it, if it holds no end of one. */
size_t lines_whole(const char *text, size_t length);
/* Bytes, as `300000`, `64K` or `2M`; false: it is no such text, or outside the limits. */
bool lines_size(const char *text, uint64_t least, uint64_t most, uint64_t *size);

#endif
