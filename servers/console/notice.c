/* Lines for people: see notice.h. Escape sequences are those of ECMA-48. */
#include "notice.h"

#include <stdbool.h>

#define ESCAPE     0x1b
#define CLEAR_LINE "\r\x1b[K"

static uint8_t byte_at(const struct byte_ring *ring, uint32_t position)
{
    return ring->bytes[position & (ring->capacity - 1)];
}

/* Where the current line begins, as a count of bytes before the end; false: too far back. */
static bool find_line(const struct byte_ring *output, uint32_t end, uint32_t *length)
{
    uint32_t most = NOTICE_CURRENT < output->capacity ? NOTICE_CURRENT : output->capacity;
    for (*length = 0; *length < most && *length < end; (*length)++) {
        uint8_t byte = byte_at(output, end - 1 - *length);
        if (byte == '\n' || byte == '\r') {
            return true;
        }
    }
    return *length == end;
}

static bool is_parameter(uint8_t byte)
{
    return (byte >= '0' && byte <= '9') || byte == ';';
}

/* Length of the control sequence at `at` that begins the terminal anew: a position, or a cleared
 * screen. 0: it is none. */
static uint32_t fresh_start(const struct byte_ring *output, uint32_t at, uint32_t end)
{
    uint32_t next = at + 2;
    if (end - at < 3 || byte_at(output, at) != ESCAPE || byte_at(output, at + 1) != '[') {
        return 0;
    }
    while (next != end && is_parameter(byte_at(output, next))) {
        next++;
    }
    bool all = next != end && byte_at(output, next) == 'J' && byte_at(output, next - 1) == '2';
    return all || (next != end && byte_at(output, next) == 'H') ? next + 1 - at : 0;
}

static uint32_t put(uint8_t *to, uint32_t used, const char *text)
{
    while (*text != '\0') {
        to[used++] = (uint8_t)*text++;
    }
    return used;
}

uint32_t notice_compose(const struct byte_ring *output, const char *line, uint32_t length,
                        uint8_t to[NOTICE_BYTES])
{
    uint32_t used = 0;
    uint32_t current = 0;
    uint32_t end = byte_ring_written(output);
    bool whole = find_line(output, end, &current);
    if (current != 0) {
        used = put(to, used, whole ? CLEAR_LINE : "\n");
    }
    for (uint32_t i = 0; i < length && i < NOTICE_LINE; i++) {
        to[used++] = (uint8_t)line[i];
    }
    to[used++] = '\n';
    uint32_t first = used;
    for (uint32_t at = end - current; whole && at != end; at++) {
        uint32_t skipped = fresh_start(output, at, end);
        if (skipped != 0) {
            at += skipped - 1;
            used = first;
        } else {
            to[used++] = byte_at(output, at);
        }
    }
    return used;
}
