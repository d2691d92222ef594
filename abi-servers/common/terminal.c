/* Attributes and output of a terminal: see terminal.h. */
#include "terminal_internal.h"

enum {
    LONGEST_OUTPUT = TAB_STOP, /* of one byte that is written */
    SOURCE_HIGH = TERMINAL_INPUT_BYTES / 4 * 3,
    SOURCE_LOW = TERMINAL_INPUT_BYTES / 4
};

/* As most systems begin; TERMINAL_IUTF8 since text is that here. */
static const struct terminal_attributes first_attributes = {
    .input = TERMINAL_ICRNL | TERMINAL_IXON | TERMINAL_IUTF8,
    .output = TERMINAL_OPOST | TERMINAL_ONLCR,
    .control = TERMINAL_B38400 | TERMINAL_CS8 | TERMINAL_CREAD | TERMINAL_HUPCL,
    .local = TERMINAL_ISIG | TERMINAL_ICANON | TERMINAL_ECHO | TERMINAL_ECHOE | TERMINAL_ECHOK |
             TERMINAL_ECHOCTL | TERMINAL_ECHOKE | TERMINAL_IEXTEN,
    .characters =
        {
            [TERMINAL_VINTR] = 'C' - '@',
            [TERMINAL_VQUIT] = '\\' - '@',
            [TERMINAL_VERASE] = DELETE,
            [TERMINAL_VKILL] = 'U' - '@',
            [TERMINAL_VEOF] = 'D' - '@',
            [TERMINAL_VMIN] = 1,
            [TERMINAL_VSTART] = 'Q' - '@',
            [TERMINAL_VSTOP] = 'S' - '@',
            [TERMINAL_VSUSP] = 'Z' - '@',
            [TERMINAL_VREPRINT] = 'R' - '@',
            [TERMINAL_VWERASE] = 'W' - '@',
            [TERMINAL_VLNEXT] = 'V' - '@',
        },
};

void terminal_init(struct terminal *terminal, const struct terminal_hooks *hooks, void *context)
{
    __builtin_memset(terminal, 0, sizeof(*terminal));
    terminal->hooks = hooks;
    terminal->context = context;
    terminal->attributes = first_attributes;
}

void terminal_wake_now(struct terminal *terminal)
{
    uint32_t who = terminal->woken;
    terminal->woken = 0;
    if (who != 0) {
        terminal->hooks->wake(terminal->context, who);
    }
}

/* ---- output --------------------------------------------------------------------------------- */

static bool output_flag(const struct terminal *terminal, uint32_t flag)
{
    return (terminal->attributes.output & flag) != 0;
}

uint32_t terminal_output_count(const struct terminal *terminal)
{
    return terminal->output_end - terminal->output_first;
}

/* Where the output stands after a byte. */
static uint32_t column_after(const struct terminal *terminal, uint8_t byte)
{
    uint32_t column = terminal->column;
    switch (byte) {
    case RETURN:
        return 0;
    case NEWLINE:
        return output_flag(terminal, TERMINAL_ONLRET) ? 0 : column;
    case TAB:
        return column + TAB_STOP - column % TAB_STOP;
    case '\b':
        return column == 0 ? 0 : column - 1;
    default:
        return is_control(byte) || continues_character(terminal, byte) ? column : column + 1;
    }
}

void terminal_put_raw(struct terminal *terminal, const char *bytes, uint32_t count)
{
    if (count > TERMINAL_OUTPUT_BYTES - terminal_output_count(terminal)) {
        return;
    }
    for (uint32_t i = 0; i < count; i++) {
        uint8_t byte = (uint8_t)bytes[i];
        terminal->output[terminal->output_end++ % TERMINAL_OUTPUT_BYTES] = byte;
        terminal->column = column_after(terminal, byte);
    }
    terminal_will_wake(terminal, TERMINAL_WAKE_DEVICE);
}

void terminal_put(struct terminal *terminal, uint8_t byte)
{
    char text = (char)byte;
    uint32_t tabs = terminal->attributes.output & TERMINAL_TABDLY;
    if (!output_flag(terminal, TERMINAL_OPOST)) {
        terminal_put_raw(terminal, &text, 1);
    } else if (byte == NEWLINE && output_flag(terminal, TERMINAL_ONLCR)) {
        terminal_put_raw(terminal, "\r\n", 2);
    } else if (byte == TAB && tabs == TERMINAL_TAB3) {
        terminal_put_raw(terminal, "        ", TAB_STOP - terminal->column % TAB_STOP);
    } else if (byte != RETURN || !output_flag(terminal, TERMINAL_ONOCR) || terminal->column != 0) {
        bool becomes_newline = byte == RETURN && output_flag(terminal, TERMINAL_OCRNL);
        terminal_put_raw(terminal, becomes_newline ? "\n" : &text, 1);
    }
}

bool terminal_writable(const struct terminal *terminal)
{
    return terminal->hung_up || terminal_output_count(terminal) + LONGEST_OUTPUT <=
                                    TERMINAL_OUTPUT_BYTES - TERMINAL_ECHO_BYTES;
}

enum terminal_status terminal_write(struct terminal *terminal, const void *bytes, uint32_t count,
                                    uint32_t *taken)
{
    const uint8_t *from = bytes;
    *taken = 0;
    if (terminal->hung_up) {
        return TERMINAL_IO_ERROR;
    }
    while (*taken < count && terminal_writable(terminal)) {
        terminal_put(terminal, from[(*taken)++]);
    }
    terminal_wake_now(terminal);
    return *taken > 0 || count == 0 ? TERMINAL_DONE : TERMINAL_WAITS;
}

/* ---- the device ----------------------------------------------------------------------------- */

static bool is_flowing(const struct terminal *terminal)
{
    return !terminal->stopped && !terminal->suspended;
}

bool terminal_sends(const struct terminal *terminal)
{
    return terminal->flow_character != TERMINAL_DISABLED ||
           (is_flowing(terminal) && terminal_output_count(terminal) > 0);
}

uint32_t terminal_send(struct terminal *terminal, void *to, uint32_t capacity)
{
    uint8_t *next = to;
    uint32_t count = 0;
    if (capacity > 0 && terminal->flow_character != TERMINAL_DISABLED) {
        next[count++] = terminal->flow_character;
        terminal->flow_character = TERMINAL_DISABLED;
    }
    while (count < capacity && is_flowing(terminal) && terminal_output_count(terminal) > 0) {
        next[count++] = terminal->output[terminal->output_first++ % TERMINAL_OUTPUT_BYTES];
        terminal_will_wake(terminal, TERMINAL_WAKE_WRITERS);
    }
    terminal_wake_now(terminal);
    return count;
}

/* ---- flow control --------------------------------------------------------------------------- */

void terminal_restart(struct terminal *terminal)
{
    if (terminal->stopped) {
        terminal->stopped = false;
        terminal_will_wake(terminal, TERMINAL_WAKE_DEVICE);
    }
}

static void tell_source(struct terminal *terminal, bool stop)
{
    uint8_t byte = terminal->attributes.characters[stop ? TERMINAL_VSTOP : TERMINAL_VSTART];
    terminal->source_stopped = stop;
    terminal->flow_character = byte;
    if (byte != TERMINAL_DISABLED) {
        terminal_will_wake(terminal, TERMINAL_WAKE_DEVICE);
    }
}

/* A line that nobody can read before it is ended must not be stopped. */
void terminal_steer_source(struct terminal *terminal)
{
    bool asked = input_flag(terminal, TERMINAL_IXOFF);
    bool unread = !is_canonical(terminal) || terminal->input_line != terminal->input_first;
    uint32_t used = input_used(terminal);
    if (asked && unread && used >= SOURCE_HIGH && !terminal->source_stopped) {
        tell_source(terminal, true);
    } else if (terminal->source_stopped && (!asked || !unread || used <= SOURCE_LOW)) {
        tell_source(terminal, false);
    }
}

void terminal_flow(struct terminal *terminal, enum terminal_flow_action action)
{
    switch (action) {
    case TERMINAL_OUTPUT_OFF:
        terminal->suspended = true;
        break;
    case TERMINAL_OUTPUT_ON:
        terminal->suspended = false;
        terminal_will_wake(terminal, TERMINAL_WAKE_DEVICE);
        break;
    case TERMINAL_INPUT_OFF:
    case TERMINAL_INPUT_ON:
        tell_source(terminal, action == TERMINAL_INPUT_OFF);
        break;
    }
    terminal_wake_now(terminal);
}

void terminal_drop(struct terminal *terminal, uint32_t queues)
{
    if ((queues & TERMINAL_FLUSH_INPUT) != 0) {
        terminal->input_first = terminal->input_line = terminal->input_end;
        terminal->literal = false;
        terminal_steer_source(terminal);
        terminal_will_wake(terminal, TERMINAL_WAKE_SOURCE);
    }
    if ((queues & TERMINAL_FLUSH_OUTPUT) != 0) {
        terminal->output_first = terminal->output_end;
        terminal_will_wake(terminal, TERMINAL_WAKE_WRITERS);
    }
}

void terminal_flush(struct terminal *terminal, uint32_t queues)
{
    terminal_drop(terminal, queues);
    terminal_wake_now(terminal);
}

/* ---- attributes ----------------------------------------------------------------------------- */

static bool ends_line(const struct terminal *terminal, uint8_t byte)
{
    const uint8_t *characters = terminal->attributes.characters;
    return byte == NEWLINE || (byte != TERMINAL_DISABLED && (byte == characters[TERMINAL_VEOL] ||
                                                             byte == characters[TERMINAL_VEOL2]));
}

/* Reads the input again under the other mode: ends of lines are found, or forgotten. */
static void convert_input(struct terminal *terminal)
{
    uint32_t to = terminal->input_first;
    terminal->input_line = to;
    for (uint32_t from = to; from != terminal->input_end; from++) {
        uint16_t entry = *input_at(terminal, from);
        uint8_t byte = entry & INPUT_BYTE;
        if ((entry & INPUT_END_OF_FILE) != 0) {
            continue;
        }
        bool ends = is_canonical(terminal) && ends_line(terminal, byte);
        *input_at(terminal, to++) = ends ? byte | INPUT_ENDS : byte;
        terminal->input_line = ends ? to : terminal->input_line;
    }
    terminal->input_end = to;
    terminal->line_column = 0;
    terminal->literal = false;
}

void terminal_set_attributes(struct terminal *terminal,
                             const struct terminal_attributes *attributes)
{
    bool was_canonical = is_canonical(terminal);
    terminal->attributes = *attributes;
    if (was_canonical != is_canonical(terminal)) {
        convert_input(terminal);
    }
    if (!input_flag(terminal, TERMINAL_IXON)) {
        terminal_restart(terminal);
    }
    terminal_steer_source(terminal);
    terminal_will_wake(terminal, TERMINAL_WAKE_READERS | TERMINAL_WAKE_SOURCE);
    terminal_wake_now(terminal);
}

void terminal_set_size(struct terminal *terminal, const struct terminal_size *size)
{
    bool same = __builtin_memcmp(&terminal->size, size, sizeof(*size)) == 0;
    terminal->size = *size;
    if (!same) {
        terminal_signal_foreground(terminal, TERMINAL_SIGWINCH);
    }
}
