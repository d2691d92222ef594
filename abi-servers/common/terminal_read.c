/* What readers get: see terminal.h. XBD 11.1.6 and 11.1.7. */
#include "terminal_internal.h"

#define DECISECOND 100000000ull /* ns */

/* ---- without ICANON ------------------------------------------------------------------------- */

static uint64_t deadline_after(const struct terminal *terminal, uint64_t now)
{
    uint64_t time = terminal->attributes.characters[TERMINAL_VTIME] * DECISECOND;
    return time < TERMINAL_FOREVER - now ? now + time : TERMINAL_FOREVER;
}

static void stop_timer(struct terminal_reading *reading)
{
    reading->timed = false;
    reading->deadline = TERMINAL_FOREVER;
}

/* For MIN 0 the timer starts with the read, else after each byte, the first of them included. */
static void run_timer(const struct terminal *terminal, struct terminal_reading *reading,
                      uint64_t now)
{
    bool between_bytes = terminal->attributes.characters[TERMINAL_VMIN] != 0;
    if (between_bytes && input_used(terminal) == 0) {
        stop_timer(reading);
    } else if (!reading->timed || (between_bytes && reading->input_end != terminal->input_end)) {
        reading->timed = true;
        reading->input_end = terminal->input_end;
        reading->deadline = deadline_after(terminal, now);
    }
}

static bool bytes_are_ready(const struct terminal *terminal, struct terminal_reading *reading,
                            uint64_t now, uint32_t capacity)
{
    const uint8_t *characters = terminal->attributes.characters;
    uint32_t least = characters[TERMINAL_VMIN];
    uint32_t have = input_used(terminal);
    if (have > 0 && (have >= least || have >= capacity || reading->nonblocking)) {
        return true;
    }
    if (characters[TERMINAL_VTIME] == 0 || reading->nonblocking) {
        stop_timer(reading);
        return least == 0 && characters[TERMINAL_VTIME] == 0;
    }
    run_timer(terminal, reading, now);
    return now >= reading->deadline;
}

static uint32_t take_bytes(struct terminal *terminal, uint8_t *to, uint32_t capacity)
{
    uint32_t count = 0;
    while (count < capacity && terminal->input_first != terminal->input_end) {
        to[count++] = *input_at(terminal, terminal->input_first++) & INPUT_BYTE;
    }
    terminal->input_line = terminal->input_first;
    return count;
}

/* ---- with ICANON ---------------------------------------------------------------------------- */

/* An end of file that follows is taken even if there is no room, so that it is not met twice. */
static uint32_t take_line(struct terminal *terminal, uint8_t *to, uint32_t capacity)
{
    uint32_t count = 0;
    uint16_t entry = 0;
    while ((entry & INPUT_ENDS) == 0 && terminal->input_first != terminal->input_line) {
        entry = *input_at(terminal, terminal->input_first);
        bool is_byte = (entry & INPUT_END_OF_FILE) == 0;
        if (is_byte && count == capacity) {
            break;
        }
        if (is_byte) {
            to[count++] = entry & INPUT_BYTE;
        }
        terminal->input_first++;
    }
    return count;
}

/* ---- both ----------------------------------------------------------------------------------- */

static bool line_is_ready(const struct terminal *terminal)
{
    return terminal->input_first != terminal->input_line;
}

static bool is_ready(const struct terminal *terminal, struct terminal_reading *reading,
                     uint64_t now, uint32_t capacity)
{
    if (!is_canonical(terminal)) {
        return bytes_are_ready(terminal, reading, now, capacity);
    }
    stop_timer(reading);
    return line_is_ready(terminal);
}

enum terminal_status terminal_read(struct terminal *terminal, struct terminal_reading *reading,
                                   uint64_t now, void *to, uint32_t capacity, uint32_t *count)
{
    *count = 0;
    if (capacity == 0 || terminal->hung_up) {
        return TERMINAL_DONE;
    }
    if (!is_ready(terminal, reading, now, capacity)) {
        return TERMINAL_WAITS;
    }
    *count = is_canonical(terminal) ? take_line(terminal, to, capacity)
                                    : take_bytes(terminal, to, capacity);
    terminal_steer_source(terminal);
    terminal_will_wake(terminal, TERMINAL_WAKE_SOURCE);
    terminal_wake_now(terminal);
    return TERMINAL_DONE;
}

bool terminal_readable(const struct terminal *terminal)
{
    const uint8_t *characters = terminal->attributes.characters;
    uint32_t least = characters[TERMINAL_VTIME] == 0 ? characters[TERMINAL_VMIN] : 1;
    if (terminal->hung_up) {
        return true;
    }
    if (is_canonical(terminal)) {
        return line_is_ready(terminal);
    }
    return input_used(terminal) >= (least == 0 ? 1 : least);
}

uint32_t terminal_input_count(const struct terminal *terminal)
{
    uint32_t end = is_canonical(terminal) ? terminal->input_line : terminal->input_end;
    uint32_t count = 0;
    for (uint32_t at = terminal->input_first; at != end; at++) {
        count += (terminal->input[at % TERMINAL_INPUT_BYTES] & INPUT_END_OF_FILE) == 0;
    }
    return count;
}
