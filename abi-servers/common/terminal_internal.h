/* What the files of a terminal have in common: see terminal.h. */
#ifndef ABI_TERMINAL_INTERNAL_H
#define ABI_TERMINAL_INTERNAL_H

#include "terminal.h"

enum {
    INPUT_BYTE = 0x00ff,
    INPUT_ENDS = 0x0100,       /* the last byte of a line */
    INPUT_END_OF_FILE = 0x0200 /* no byte: a line ends before it */
};

enum { TAB = '\t', NEWLINE = '\n', RETURN = '\r', TAB_STOP = 8, DELETE = 0x7f };

static inline bool input_flag(const struct terminal *terminal, uint32_t flag)
{
    return (terminal->attributes.input & flag) != 0;
}

static inline bool local_flag(const struct terminal *terminal, uint32_t flag)
{
    return (terminal->attributes.local & flag) != 0;
}

static inline bool is_canonical(const struct terminal *terminal)
{
    return local_flag(terminal, TERMINAL_ICANON);
}

static inline bool is_control(uint8_t byte)
{
    return byte < ' ' || byte == DELETE;
}

/* All but the first byte of a character in UTF-8, if input is that. */
static inline bool continues_character(const struct terminal *terminal, uint8_t byte)
{
    return input_flag(terminal, TERMINAL_IUTF8) && (byte & 0xc0) == 0x80;
}

static inline uint16_t *input_at(struct terminal *terminal, uint32_t position)
{
    return &terminal->input[position % TERMINAL_INPUT_BYTES];
}

static inline uint32_t input_used(const struct terminal *terminal)
{
    return terminal->input_end - terminal->input_first;
}

/* Marks whom the hook has to wake; the end of every public call tells it. */
static inline void terminal_will_wake(struct terminal *terminal, uint32_t who)
{
    terminal->woken |= who;
}

void terminal_wake_now(struct terminal *terminal);

/* To the output: bytes as they are, and one as if a program had written it. If there is no room for
 * all that this makes, it is not shown. */
void terminal_put_raw(struct terminal *terminal, const char *bytes, uint32_t count);
void terminal_put(struct terminal *terminal, uint8_t byte);

/* Lets output go on that VSTOP has stopped. */
void terminal_restart(struct terminal *terminal);

void terminal_drop(struct terminal *terminal, uint32_t queues); /* TERMINAL_FLUSH_ bits */

/* After input has come, gone or changed: sends VSTOP or VSTART as IXOFF asks. */
void terminal_steer_source(struct terminal *terminal);

void terminal_signal_foreground(struct terminal *terminal, enum terminal_signal signal);

#endif
