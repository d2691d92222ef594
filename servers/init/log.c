/*
 * The kernel's log: see log.h.
 */
#include "log.h"

#include "log_line.h"
#include "memory.h"

static void take_bytes(struct log_lines *lines, const char *bytes, uint64_t length)
{
    for (uint64_t i = 0; i < length; i++) {
        char *line = lines->line[lines->count % LOG_LINES];
        if (bytes[i] != '\n') {
            if (lines->used < LOG_LINE_BYTES - 1) {
                line[lines->used++] = bytes[i];
            }
            continue;
        }
        line[lines->used] = '\0';
        lines->used = 0;
        lines->count += log_line_is_of(line, lines->name) && log_line_time(line) <= lines->until;
    }
}

void log_of_task(struct log_lines *lines, const char *name, uint64_t until, struct text *text)
{
    uint64_t position = 0;
    uint64_t length = 0;
    memset(lines, 0, sizeof(*lines));
    lines->name = name;
    lines->until = until;
    while (log_read(init.machine, position, &position, &length) == STATUS_OK && length > 0) {
        take_bytes(lines, (const char *)message_page()->data, length);
    }
    /* One place of the ring holds the line in progress. */
    uint32_t first = lines->count > LOG_LINES - 1 ? lines->count - (LOG_LINES - 1) : 0;
    for (uint32_t i = first; i < lines->count; i++) {
        TEXT_PUT(text, lines->line[i % LOG_LINES], "\n");
    }
}
