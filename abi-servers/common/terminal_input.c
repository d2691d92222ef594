/* What is typed: see terminal.h. Each byte is taken with all that it does, or not at all. */
#include "terminal_internal.h"

enum { CARET_SHIFT = 0x40, BELL = '\a' };

static bool is_character(const struct terminal *terminal, enum terminal_character which,
                         uint8_t byte)
{
    return byte != TERMINAL_DISABLED && terminal->attributes.characters[which] == byte;
}

/* The characters that need IEXTEN. */
static bool is_extended(const struct terminal *terminal, enum terminal_character which,
                        uint8_t byte)
{
    return local_flag(terminal, TERMINAL_IEXTEN) && is_character(terminal, which, byte);
}

static uint8_t byte_at(struct terminal *terminal, uint32_t position)
{
    return *input_at(terminal, position) & INPUT_BYTE;
}

/* ---- echo ----------------------------------------------------------------------------------- */

static bool is_shown_with_caret(const struct terminal *terminal, uint8_t byte)
{
    return local_flag(terminal, TERMINAL_ECHOCTL) && is_control(byte) && byte != TAB;
}

static void show(struct terminal *terminal, uint8_t byte)
{
    char text[2] = {'^', (char)(byte ^ CARET_SHIFT)};
    if (is_shown_with_caret(terminal, byte)) {
        terminal_put_raw(terminal, text, sizeof(text));
    } else {
        terminal_put(terminal, byte);
    }
}

static void echo_newline(struct terminal *terminal)
{
    terminal_put(terminal, NEWLINE);
}

static void echo(struct terminal *terminal, uint8_t byte)
{
    if (terminal->input_line == terminal->input_end) {
        terminal->line_column = terminal->column;
    }
    if (!local_flag(terminal, TERMINAL_ECHO)) {
        return;
    }
    if (byte == NEWLINE && !is_canonical(terminal)) {
        echo_newline(terminal);
    } else {
        show(terminal, byte);
    }
}

/* ---- storing -------------------------------------------------------------------------------- */

/* The last place is kept for what ends a line, so that a line can always be ended. */
static bool has_place(const struct terminal *terminal)
{
    return input_used(terminal) < TERMINAL_INPUT_BYTES - 1;
}

/* Whether nothing is readable, so that what has no place never gets one by waiting. */
static bool is_overlong(const struct terminal *terminal)
{
    return is_canonical(terminal) && terminal->input_line == terminal->input_first;
}

bool terminal_receives(const struct terminal *terminal)
{
    return terminal->hung_up || has_place(terminal) || is_overlong(terminal);
}

static bool store(struct terminal *terminal, uint8_t byte)
{
    if (has_place(terminal)) {
        echo(terminal, byte);
        *input_at(terminal, terminal->input_end++) = byte;
    } else if (!is_overlong(terminal)) {
        return false;
    } else if (input_flag(terminal, TERMINAL_IMAXBEL)) {
        char bell = BELL;
        terminal_put_raw(terminal, &bell, 1);
    }
    if (!is_canonical(terminal)) {
        terminal_will_wake(terminal, TERMINAL_WAKE_READERS);
    }
    return true;
}

static bool end_line(struct terminal *terminal, uint16_t entry)
{
    if (input_used(terminal) == TERMINAL_INPUT_BYTES) {
        return false;
    }
    if (entry == (NEWLINE | INPUT_ENDS)) {
        if (local_flag(terminal, TERMINAL_ECHO | TERMINAL_ECHONL)) {
            echo_newline(terminal);
        }
    } else if ((entry & INPUT_END_OF_FILE) == 0) {
        echo(terminal, entry & INPUT_BYTE);
    }
    *input_at(terminal, terminal->input_end++) = entry;
    terminal->input_line = terminal->input_end;
    terminal_will_wake(terminal, TERMINAL_WAKE_READERS);
    return true;
}

/* ---- erasing -------------------------------------------------------------------------------- */

static uint32_t width(const struct terminal *terminal, uint8_t byte)
{
    if (is_control(byte)) {
        return is_shown_with_caret(terminal, byte) ? 2 : 0;
    }
    return continues_character(terminal, byte) ? 0 : 1;
}

/* The columns that a tab at the end of the line has: up to the tab before, all is a multiple. */
static uint32_t tab_width(struct terminal *terminal)
{
    uint32_t columns = 0;
    uint32_t at = terminal->input_end;
    while (at != terminal->input_line && byte_at(terminal, at - 1) != TAB) {
        columns += width(terminal, byte_at(terminal, --at));
    }
    if (at == terminal->input_line) {
        columns += terminal->line_column;
    }
    return TAB_STOP - columns % TAB_STOP;
}

static void take_back(struct terminal *terminal, const char *bytes, uint32_t length, uint32_t times)
{
    while (times-- > 0) {
        terminal_put_raw(terminal, bytes, length);
    }
}

static void erase_byte(struct terminal *terminal, bool shown)
{
    uint8_t byte = byte_at(terminal, --terminal->input_end);
    terminal_will_wake(terminal, TERMINAL_WAKE_SOURCE);
    if (!shown) {
        return;
    }
    if (byte == TAB) {
        take_back(terminal, "\b", 1, tab_width(terminal));
    } else {
        take_back(terminal, "\b \b", 3, width(terminal, byte));
    }
}

static bool is_line_empty(const struct terminal *terminal)
{
    return terminal->input_line == terminal->input_end;
}

static void erase_one(struct terminal *terminal, bool shown)
{
    bool more = !is_line_empty(terminal);
    while (more) {
        more = continues_character(terminal, byte_at(terminal, terminal->input_end - 1));
        erase_byte(terminal, shown);
        more = more && !is_line_empty(terminal);
    }
}

/* ECHO without ECHOE: what is erased stays, and the character that erases is shown. */
static bool erases_shown(struct terminal *terminal, uint8_t byte)
{
    bool shown = local_flag(terminal, TERMINAL_ECHO) && local_flag(terminal, TERMINAL_ECHOE);
    if (local_flag(terminal, TERMINAL_ECHO) && !shown && !is_line_empty(terminal)) {
        show(terminal, byte);
    }
    return shown;
}

static void erase_character(struct terminal *terminal, uint8_t byte)
{
    erase_one(terminal, erases_shown(terminal, byte));
}

static bool in_word(uint8_t byte)
{
    bool letter = (byte | 0x20) >= 'a' && (byte | 0x20) <= 'z';
    return letter || (byte >= '0' && byte <= '9') || byte == '_' || byte >= 0x80;
}

static void erase_word(struct terminal *terminal, uint8_t byte)
{
    bool shown = erases_shown(terminal, byte);
    bool seen = false;
    while (!is_line_empty(terminal)) {
        bool inside = in_word(byte_at(terminal, terminal->input_end - 1));
        if (seen && !inside) {
            return;
        }
        seen = inside;
        erase_one(terminal, shown);
    }
}

static void kill_line(struct terminal *terminal, uint8_t byte)
{
    const uint32_t visible = TERMINAL_ECHOE | TERMINAL_ECHOK | TERMINAL_ECHOKE;
    bool echoes = local_flag(terminal, TERMINAL_ECHO);
    bool shown = echoes && (terminal->attributes.local & visible) == visible;
    while (!is_line_empty(terminal)) {
        erase_byte(terminal, shown);
    }
    if (echoes && !shown) {
        show(terminal, byte);
        if (local_flag(terminal, TERMINAL_ECHOK)) {
            echo_newline(terminal);
        }
    }
}

static void reprint(struct terminal *terminal, uint8_t byte)
{
    show(terminal, byte);
    echo_newline(terminal);
    terminal->line_column = terminal->column;
    for (uint32_t at = terminal->input_line; at != terminal->input_end; at++) {
        show(terminal, byte_at(terminal, at));
    }
}

/* ---- bytes ---------------------------------------------------------------------------------- */

static bool start_literal(struct terminal *terminal)
{
    terminal->literal = true;
    if (local_flag(terminal, TERMINAL_ECHO) && local_flag(terminal, TERMINAL_ECHOCTL)) {
        terminal_put_raw(terminal, "^\b", 2); /* what comes is shown over it */
    }
    return true;
}

static bool receive_literal(struct terminal *terminal, uint8_t byte)
{
    terminal->literal = !store(terminal, byte);
    return !terminal->literal;
}

/* Those that change the line; false: another. */
static bool edit(struct terminal *terminal, uint8_t byte)
{
    if (is_character(terminal, TERMINAL_VERASE, byte)) {
        erase_character(terminal, byte);
    } else if (is_extended(terminal, TERMINAL_VWERASE, byte)) {
        erase_word(terminal, byte);
    } else if (is_character(terminal, TERMINAL_VKILL, byte)) {
        kill_line(terminal, byte);
    } else if (is_extended(terminal, TERMINAL_VREPRINT, byte) &&
               local_flag(terminal, TERMINAL_ECHO)) {
        reprint(terminal, byte);
    } else {
        return false;
    }
    return true;
}

static bool receive_canonical(struct terminal *terminal, uint8_t byte)
{
    if (edit(terminal, byte)) {
        return true;
    }
    if (is_extended(terminal, TERMINAL_VLNEXT, byte)) {
        return start_literal(terminal);
    }
    if (byte == NEWLINE) {
        return end_line(terminal, NEWLINE | INPUT_ENDS);
    }
    if (is_character(terminal, TERMINAL_VEOF, byte)) {
        return end_line(terminal, INPUT_END_OF_FILE | INPUT_ENDS);
    }
    if (is_character(terminal, TERMINAL_VEOL, byte) ||
        is_extended(terminal, TERMINAL_VEOL2, byte)) {
        return end_line(terminal, byte | INPUT_ENDS);
    }
    return store(terminal, byte);
}

static bool receive_flow(struct terminal *terminal, uint8_t byte)
{
    if (!input_flag(terminal, TERMINAL_IXON)) {
        return false;
    }
    if (is_character(terminal, TERMINAL_VSTART, byte)) {
        terminal_restart(terminal);
    } else if (is_character(terminal, TERMINAL_VSTOP, byte)) {
        terminal->stopped = true;
    } else {
        return false;
    }
    return true;
}

static bool receive_signal(struct terminal *terminal, uint8_t byte)
{
    enum terminal_signal signal;
    if (!local_flag(terminal, TERMINAL_ISIG)) {
        return false;
    }
    if (is_character(terminal, TERMINAL_VINTR, byte)) {
        signal = TERMINAL_SIGINT;
    } else if (is_character(terminal, TERMINAL_VQUIT, byte)) {
        signal = TERMINAL_SIGQUIT;
    } else if (is_character(terminal, TERMINAL_VSUSP, byte)) {
        signal = TERMINAL_SIGTSTP;
    } else {
        return false;
    }
    if (!local_flag(terminal, TERMINAL_NOFLSH)) {
        terminal_drop(terminal, TERMINAL_FLUSH_INPUT | TERMINAL_FLUSH_OUTPUT);
    }
    terminal_restart(terminal);
    echo(terminal, byte);
    terminal_signal_foreground(terminal, signal);
    return true;
}

/* What ICRNL and its like make of a byte; false: nothing. */
static bool translate(const struct terminal *terminal, uint8_t *byte)
{
    if (*byte == RETURN && input_flag(terminal, TERMINAL_IGNCR)) {
        return false;
    }
    if (*byte == RETURN && input_flag(terminal, TERMINAL_ICRNL)) {
        *byte = NEWLINE;
    } else if (*byte == NEWLINE && input_flag(terminal, TERMINAL_INLCR)) {
        *byte = RETURN;
    }
    return true;
}

static bool receive(struct terminal *terminal, uint8_t byte)
{
    if (input_flag(terminal, TERMINAL_ISTRIP)) {
        byte &= 0x7f;
    }
    if (terminal->literal) {
        return receive_literal(terminal, byte);
    }
    if (receive_flow(terminal, byte) || receive_signal(terminal, byte)) {
        return true;
    }
    if (input_flag(terminal, TERMINAL_IXON) && input_flag(terminal, TERMINAL_IXANY)) {
        terminal_restart(terminal);
    }
    if (!translate(terminal, &byte)) {
        return true;
    }
    if (is_canonical(terminal)) {
        return receive_canonical(terminal, byte);
    }
    return store(terminal, byte);
}

uint32_t terminal_receive(struct terminal *terminal, const void *bytes, uint32_t count)
{
    const uint8_t *from = bytes;
    uint32_t taken = 0;
    while (taken < count && !terminal->hung_up && receive(terminal, from[taken])) {
        taken++;
    }
    terminal_steer_source(terminal);
    terminal_wake_now(terminal);
    return terminal->hung_up ? count : taken;
}
