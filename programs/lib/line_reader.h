/* Lines of a file, one after the other. */
#ifndef LINE_READER_H
#define LINE_READER_H

#include <stdbool.h>
#include <stddef.h>

struct line_reader {
    int file;
    char *text; /* what has been read; the lines from `next` on are still to come */
    size_t size, room, next;
    bool ended, failed;
};

void line_reader_begin(struct line_reader *reader, int file);
/* False: there are no more, or (`failed`, errno) the file could not be read or a line is longer
 * than memory. The line is without its end, and there until the next call; a last line without an
 * end is one too. */
bool line_reader_next(struct line_reader *reader, char **line, size_t *length);
void line_reader_end(struct line_reader *reader);

#endif
