/*
 * Lines of the log: see log_line.h.
 */
#include "log_line.h"

#include "text.h"

#define SECOND      1000000000ull
#define MICROSECOND 1000ull

bool log_line_is_of(const char *line, const char *name)
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

uint64_t log_line_time(const char *line)
{
    while (*line == '[' || *line == ' ') {
        line++;
    }
    uint64_t seconds = take_digits(&line);
    return seconds * SECOND + take_digits(&line) * MICROSECOND;
}
