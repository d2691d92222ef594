/*
 * Lines of logs: see lines.h.
 */
#include "lines.h"

enum { KIBI = 1024 };

static bool is_same(const char *text, const struct line *line)
{
    for (size_t i = 0; i < line->length; i++) {
        if (text[i] != line->text[i]) {
            return false;
        }
    }
    return true;
}

/* Where the line begins whose newline is at `end`. */
static size_t start_of(const char *text, size_t end)
{
    while (end > 0 && text[end - 1] != '\n') {
        end--;
    }
    return end;
}

struct line lines_last(const char *text, size_t length)
{
    size_t end = length;
    while (end > 0) {
        end--;
        if (text[end] != '\n') {
            continue;
        }
        size_t start = start_of(text, end);
        if (start < end && text[start] == '[') {
            return (struct line){text + start, end - start};
        }
        end = start;
    }
    return (struct line){0};
}

bool lines_behind(const char *text, size_t length, const struct line *line, size_t *behind)
{
    bool found = false;
    size_t start = 0;
    for (size_t at = 0; at < length && line->length > 0; at++) {
        if (text[at] != '\n') {
            continue;
        }
        if (at - start == line->length && is_same(text + start, line)) {
            *behind = at + 1;
            found = true;
        }
        start = at + 1;
    }
    return found;
}

size_t lines_whole(const char *text, size_t length)
{
    size_t whole = start_of(text, length);
    return whole > 0 ? whole : length;
}

bool lines_size(const char *text, uint64_t least, uint64_t most, uint64_t *size)
{
    uint64_t value = 0;
    const char *at = text;
    for (; *at >= '0' && *at <= '9' && value <= most; at++) {
        value = value * 10 + (uint64_t)(*at - '0');
    }
    if (at == text || value > most) {
        return false;
    }
    uint64_t unit = *at == 'K' ? KIBI : *at == 'M' ? KIBI * KIBI : 1;
    at += unit != 1;
    *size = value * unit;
    return *at == '\0' && *size >= least && *size <= most;
}
