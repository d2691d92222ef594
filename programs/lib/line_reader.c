/* See line_reader.h. */
#include "line_reader.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ROOM_AT_FIRST 65536

void line_reader_begin(struct line_reader *reader, int file)
{
    *reader = (struct line_reader){.file = file};
}

void line_reader_end(struct line_reader *reader)
{
    free(reader->text);
    reader->text = NULL;
}

/* What has been handed out makes room; else twice as much is wanted. */
static bool make_room(struct line_reader *reader)
{
    if (reader->next > 0) {
        reader->size -= reader->next;
        memmove(reader->text, reader->text + reader->next, reader->size);
        reader->next = 0;
        return true;
    }
    size_t room = reader->room > 0 ? 2 * reader->room : ROOM_AT_FIRST;
    char *text = realloc(reader->text, room);
    if (text == NULL) {
        errno = ENOMEM;
        return false;
    }
    reader->text = text;
    reader->room = room;
    return true;
}

static void read_more(struct line_reader *reader)
{
    if (reader->size == reader->room && !make_room(reader)) {
        reader->failed = true;
        return;
    }
    ssize_t count = read(reader->file, reader->text + reader->size, reader->room - reader->size);
    reader->failed = count < 0;
    reader->ended = count == 0;
    reader->size += count > 0 ? (size_t)count : 0;
}

bool line_reader_next(struct line_reader *reader, char **line, size_t *length)
{
    size_t looked_at = 0; /* of what is to come, without an end of line */
    const char *end = NULL;
    while (end == NULL && !reader->failed) {
        size_t left = reader->size - reader->next;
        if (left > looked_at) {
            end = memchr(reader->text + reader->next + looked_at, '\n', left - looked_at);
        }
        looked_at = left;
        if (end == NULL && reader->ended) {
            break;
        }
        if (end == NULL) {
            read_more(reader);
        }
    }
    if (reader->failed || (end == NULL && looked_at == 0)) {
        return false;
    }
    *line = reader->text + reader->next;
    *length = end != NULL ? (size_t)(end - *line) : looked_at;
    reader->next += *length + (end != NULL);
    return true;
}
