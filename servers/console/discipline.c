/* The line discipline of discipline.h. */
#include "discipline.h"

enum {
    CONTROL_C = 0x03,
    CONTROL_D = 0x04,
    BACKSPACE = 0x08,
    NEWLINE = 0x0a,
    RETURN = 0x0d,
    CONTROL_U = 0x15,
    CONTROL_W = 0x17,
    DELETE = 0x7f,
    FIRST_PRINTING = 0x20,
    CARET_SHIFT = 0x40 /* ^A is shown as the letter this far above it */
};

void discipline_init(struct discipline *discipline, discipline_echo *echo, void *context)
{
    discipline->echo = echo;
    discipline->context = context;
    discipline->raw = false;
    discipline->open_record = false;
    discipline->line_length = 0;
    discipline->record_first = 0;
    discipline->record_count = 0;
    byte_ring_init(&discipline->ready, discipline->ready_bytes, DISCIPLINE_READY);
}

/* ---- records -------------------------------------------------------------------------------- */

static uint32_t *record_at(struct discipline *discipline, uint32_t index)
{
    return &discipline->records[(discipline->record_first + index) % DISCIPLINE_RECORDS];
}

/* Whether a record of `count` bytes fits; a record and an end of file after it always do. */
static bool has_room(const struct discipline *discipline, uint32_t count)
{
    return discipline->record_count < DISCIPLINE_RECORDS &&
           byte_ring_room(&discipline->ready) >= count;
}

static void add_record(struct discipline *discipline, const uint8_t *bytes, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        (void)byte_ring_put(&discipline->ready, bytes[i]);
    }
    *record_at(discipline, discipline->record_count) = count;
    discipline->record_count++;
    discipline->open_record = false;
}

static void drop_record(struct discipline *discipline)
{
    discipline->record_first = (discipline->record_first + 1) % DISCIPLINE_RECORDS;
    discipline->record_count--;
    if (discipline->record_count == 0) {
        discipline->open_record = false;
    }
}

static void drop_everything(struct discipline *discipline)
{
    byte_ring_discard(&discipline->ready, byte_ring_used(&discipline->ready));
    discipline->record_count = 0;
    discipline->open_record = false;
    discipline->line_length = 0;
}

/* ---- echo ----------------------------------------------------------------------------------- */

static bool is_control(uint8_t byte)
{
    return byte < FIRST_PRINTING || byte == DELETE;
}

static void echo_byte(struct discipline *discipline, uint8_t byte)
{
    char text[2] = {(char)byte, 0};
    uint32_t count = 1;
    if (is_control(byte) && byte != NEWLINE && byte != '\t') {
        text[0] = '^';
        text[1] = (char)(byte ^ CARET_SHIFT);
        count = 2;
    }
    discipline->echo(discipline->context, text, count);
}

/* A tab is erased as one column: where it began is not known here. */
static void erase_last(struct discipline *discipline)
{
    uint8_t byte = discipline->line[--discipline->line_length];
    bool continues_character = (byte & 0xc0) == 0x80; /* UTF-8: only the first byte has a column */
    if (continues_character) {
        return;
    }
    discipline->echo(discipline->context, "\b \b", 3);
    if (is_control(byte) && byte != '\t') {
        discipline->echo(discipline->context, "\b \b", 3);
    }
}

static void erase_character(struct discipline *discipline)
{
    bool more = discipline->line_length > 0;
    while (more) {
        more = (discipline->line[discipline->line_length - 1] & 0xc0) == 0x80 &&
               discipline->line_length > 1;
        erase_last(discipline);
    }
}

static void erase_word(struct discipline *discipline)
{
    while (discipline->line_length > 0 && discipline->line[discipline->line_length - 1] == ' ') {
        erase_last(discipline);
    }
    while (discipline->line_length > 0 && discipline->line[discipline->line_length - 1] != ' ') {
        erase_last(discipline);
    }
}

static void erase_line(struct discipline *discipline)
{
    while (discipline->line_length > 0) {
        erase_last(discipline);
    }
}

/* ---- input ---------------------------------------------------------------------------------- */

static enum discipline_result interrupt(struct discipline *discipline)
{
    echo_byte(discipline, CONTROL_C);
    echo_byte(discipline, NEWLINE);
    drop_everything(discipline);
    return DISCIPLINE_INTERRUPT;
}

static enum discipline_result end_line(struct discipline *discipline, bool newline)
{
    if (!has_room(discipline, discipline->line_length + 1)) {
        return DISCIPLINE_FULL;
    }
    if (newline) {
        echo_byte(discipline, NEWLINE);
        discipline->line[discipline->line_length++] = NEWLINE;
    }
    add_record(discipline, discipline->line, discipline->line_length);
    discipline->line_length = 0;
    return DISCIPLINE_TAKEN;
}

/* One place in the line is kept for its NL; what does not fit rings the bell. */
static enum discipline_result add_to_line(struct discipline *discipline, uint8_t byte)
{
    if (discipline->line_length >= DISCIPLINE_LINE - 1) {
        discipline->echo(discipline->context, "\a", 1);
        return DISCIPLINE_TAKEN;
    }
    discipline->line[discipline->line_length++] = byte;
    echo_byte(discipline, byte);
    return DISCIPLINE_TAKEN;
}

static enum discipline_result input_cooked(struct discipline *discipline, uint8_t byte)
{
    switch (byte) {
    case CONTROL_C:
        return interrupt(discipline);
    case CONTROL_D:
        return end_line(discipline, false);
    case RETURN:
    case NEWLINE:
        return end_line(discipline, true);
    case BACKSPACE:
    case DELETE:
        erase_character(discipline);
        return DISCIPLINE_TAKEN;
    case CONTROL_U:
        erase_line(discipline);
        return DISCIPLINE_TAKEN;
    case CONTROL_W:
        erase_word(discipline);
        return DISCIPLINE_TAKEN;
    default:
        return add_to_line(discipline, byte);
    }
}

static enum discipline_result input_raw(struct discipline *discipline, uint8_t byte)
{
    if (discipline->open_record && byte_ring_put(&discipline->ready, byte)) {
        (*record_at(discipline, discipline->record_count - 1))++;
        return DISCIPLINE_TAKEN;
    }
    if (!has_room(discipline, 1)) {
        return DISCIPLINE_FULL;
    }
    add_record(discipline, &byte, 1);
    discipline->open_record = true;
    return DISCIPLINE_TAKEN;
}

enum discipline_result discipline_input(struct discipline *discipline, uint8_t byte)
{
    return discipline->raw ? input_raw(discipline, byte) : input_cooked(discipline, byte);
}

bool discipline_interrupts(const struct discipline *discipline, uint8_t byte)
{
    return !discipline->raw && byte == CONTROL_C;
}

/* Bytes up to the last ^C of those that came raw and that nobody has read; 0: there is none. */
static uint32_t find_raw_interrupt(const struct discipline *discipline)
{
    uint32_t used = byte_ring_used(&discipline->ready);
    uint32_t last = (discipline->record_first + discipline->record_count - 1) % DISCIPLINE_RECORDS;
    uint32_t first = discipline->open_record ? used - discipline->records[last] : used;
    while (used > first && byte_ring_peek(&discipline->ready, used - 1) != CONTROL_C) {
        used--;
    }
    return used > first ? used : 0;
}

/* What came after it stays. */
static enum discipline_result interrupt_late(struct discipline *discipline, uint32_t count)
{
    byte_ring_discard(&discipline->ready, count);
    echo_byte(discipline, CONTROL_C);
    echo_byte(discipline, NEWLINE);
    discipline->record_count = 0;
    if (byte_ring_used(&discipline->ready) > 0) {
        *record_at(discipline, 0) = byte_ring_used(&discipline->ready);
        discipline->record_count = 1;
    }
    return DISCIPLINE_INTERRUPT;
}

enum discipline_result discipline_set_raw(struct discipline *discipline, bool raw)
{
    uint32_t late = discipline->raw && !raw ? find_raw_interrupt(discipline) : 0;
    if (raw && discipline->line_length > 0 && has_room(discipline, discipline->line_length)) {
        add_record(discipline, discipline->line, discipline->line_length);
        discipline->line_length = 0;
    }
    discipline->raw = raw;
    discipline->open_record = false;
    return late > 0 ? interrupt_late(discipline, late) : DISCIPLINE_TAKEN;
}

/* ---- what readers get ----------------------------------------------------------------------- */

/* In raw mode an end of file typed before means nothing: there is only a wait for bytes. */
bool discipline_readable(const struct discipline *discipline)
{
    return discipline->raw ? byte_ring_used(&discipline->ready) > 0 : discipline->record_count > 0;
}

static uint32_t record_left(const struct discipline *discipline)
{
    return discipline->records[discipline->record_first];
}

uint32_t discipline_piece(const struct discipline *discipline, uint64_t wanted,
                          const uint8_t **start)
{
    uint32_t piece = byte_ring_used_span(&discipline->ready, start);
    if (!discipline->raw && piece > record_left(discipline)) {
        piece = record_left(discipline);
    }
    return piece < wanted ? piece : (uint32_t)wanted;
}

/* Takes `count` bytes off the records; one that is used up goes, and so does an end of file. */
static void take_records(struct discipline *discipline, uint32_t count)
{
    while (discipline->record_count > 0) {
        uint32_t *record = record_at(discipline, 0);
        if (*record > count) {
            *record -= count;
            return;
        }
        count -= *record;
        drop_record(discipline);
        if (!discipline->raw) {
            return;
        }
    }
}

bool discipline_take(struct discipline *discipline, uint32_t count)
{
    uint32_t records = discipline->record_count;
    byte_ring_discard(&discipline->ready, count);
    take_records(discipline, count);
    if (discipline->raw) {
        return byte_ring_used(&discipline->ready) > 0;
    }
    return discipline->record_count == records;
}

/* ---- output --------------------------------------------------------------------------------- */

uint32_t discipline_output(uint8_t *last, const uint8_t *from, uint32_t count, uint32_t *taken,
                           uint8_t *to, uint32_t capacity)
{
    uint32_t length = 0;
    uint32_t at = 0;
    while (at < count && capacity - length >= 2) {
        if (from[at] == NEWLINE && *last != RETURN) {
            to[length++] = RETURN;
        }
        *last = from[at++];
        to[length++] = *last;
    }
    *taken = at;
    return length;
}
