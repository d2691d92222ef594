/*
 * The kernel's log: see log.h. A line is `[   1.234567] NAME: text`.
 */
#include "log.h"

#include "memory.h"

static bool is_of(const char *line, const char *name)
{
    size_t length = text_length(name);
    while (*line != '\0' && *line != ']') {
        line++;
    }
    return line[0] == ']' && line[1] == ' ' && text_starts(line + 2, name) &&
           line[2 + length] == ':';
}

/* Digits from *at on, which moves behind what ends them. */
static uint64_t take_digits(const char **at)
{
    uint64_t number = 0;
    for (; **at >= '0' && **at <= '9'; (*at)++) {
        number = number * 10 + (uint64_t)(**at - '0');
    }
    *at += **at != '\0';
    return number;
}

/* Nanoseconds since boot. */
static uint64_t time_of(const char *line)
{
    while (*line == '[' || *line == ' ') {
        line++;
    }
    uint64_t seconds = take_digits(&line);
    return seconds * INIT_SECOND + take_digits(&line) * (INIT_MILLISECOND / 1000);
}

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
        lines->count += is_of(line, lines->name) && time_of(line) <= lines->until;
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
