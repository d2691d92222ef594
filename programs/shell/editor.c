/* The line editor. Rows and columns count from 0; the prompt begins at row 0, column 0. */
#include "editor.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define CONTROL(letter) ((letter) & 0x1f)
#define ESCAPE          0x1b
#define DELETE          0x7f
#define SEQUENCE_SIZE   32

static void show(struct editor *editor, const char *text)
{
    editor->show(editor->context, text, strlen(text));
}

/* Moves the terminal's cursor `count` times in the direction of an escape sequence's letter. */
static void show_motion(struct editor *editor, size_t count, char direction)
{
    char sequence[SEQUENCE_SIZE];
    if (count > 0) {
        (void)snprintf(sequence, sizeof(sequence), "\x1b[%lu%c", (unsigned long)count, direction);
        show(editor, sequence);
    }
}

static size_t position_of(const struct editor *editor, size_t index)
{
    return strlen(editor->prompt) + index;
}

/* From line index `from` to `to`, by rows and columns. */
static void show_move(struct editor *editor, size_t from, size_t to)
{
    size_t start = position_of(editor, from);
    size_t end = position_of(editor, to);
    size_t start_row = start / editor->columns;
    size_t end_row = end / editor->columns;
    show_motion(editor, start_row > end_row ? start_row - end_row : 0, 'A');
    show_motion(editor, end_row > start_row ? end_row - start_row : 0, 'B');
    start %= editor->columns;
    end %= editor->columns;
    show_motion(editor, start > end ? start - end : 0, 'D');
    show_motion(editor, end > start ? end - start : 0, 'C');
}

static void move_to(struct editor *editor, size_t index)
{
    show_move(editor, editor->cursor, index);
    editor->cursor = index;
}

/* After the last character of a row the terminal's cursor waits there for the next one; this takes
 * it to the next row, where it is reckoned to be. */
static void show_wrap(struct editor *editor)
{
    if (position_of(editor, editor->length) % editor->columns == 0) {
        show(editor, " \b");
    }
}

/* Shows the line from index `from`, at which the terminal's cursor stands, to its end; clears what
 * lies behind; and goes back to the cursor's place. */
static void show_rest(struct editor *editor, size_t from)
{
    editor->show(editor->context, editor->line + from, editor->length - from);
    if (editor->length > from) {
        show_wrap(editor);
    }
    show(editor, "\x1b[J");
    show_move(editor, editor->length, editor->cursor);
}

void editor_refresh(struct editor *editor)
{
    show(editor, editor->prompt);
    show_rest(editor, 0);
}

void editor_start(struct editor *editor, const char *prompt)
{
    editor->prompt = prompt;
    editor->length = 0;
    editor->cursor = 0;
    editor->back = 0;
    editor->state = KEY_PLAIN;
    show(editor, prompt);
}

void editor_insert(struct editor *editor, const char *text, size_t length)
{
    size_t room = EDITOR_LINE_SIZE - 1 - editor->length;
    size_t count = length < room ? length : room;
    size_t at = editor->cursor;
    memmove(editor->line + at + count, editor->line + at, editor->length - at);
    memcpy(editor->line + at, text, count);
    editor->length += count;
    editor->cursor += count;
    if (editor->cursor == editor->length) {
        editor->show(editor->context, text, count);
        show_wrap(editor);
    } else {
        show_rest(editor, at);
    }
}

static void erase(struct editor *editor, size_t from, size_t to)
{
    move_to(editor, from);
    memmove(editor->line + from, editor->line + to, editor->length - to);
    editor->length -= to - from;
    show_rest(editor, from);
}

/* The start of the word before the cursor. */
static size_t word_start(const struct editor *editor)
{
    size_t at = editor->cursor;
    while (at > 0 && isspace((unsigned char)editor->line[at - 1])) {
        at--;
    }
    while (at > 0 && !isspace((unsigned char)editor->line[at - 1])) {
        at--;
    }
    return at;
}

static void replace_line(struct editor *editor, const char *text)
{
    size_t length = strlen(text);
    move_to(editor, 0);
    editor->length = length < EDITOR_LINE_SIZE ? length : EDITOR_LINE_SIZE - 1;
    memcpy(editor->line, text, editor->length);
    editor->cursor = editor->length;
    show_rest(editor, 0);
}

static void show_history(struct editor *editor, size_t back)
{
    const char *line = back == 0 ? editor->typed : history_line(editor->history, back);
    if (line == NULL) {
        return;
    }
    if (editor->back == 0) {
        memcpy(editor->typed, editor->line, editor->length);
        editor->typed[editor->length] = '\0';
    }
    editor->back = back;
    replace_line(editor, line);
}

static void key_up(struct editor *editor)
{
    show_history(editor, editor->back + 1);
}

static void key_down(struct editor *editor)
{
    if (editor->back > 0) {
        show_history(editor, editor->back - 1);
    }
}

static void key_left(struct editor *editor)
{
    if (editor->cursor > 0) {
        move_to(editor, editor->cursor - 1);
    }
}

static void key_right(struct editor *editor)
{
    if (editor->cursor < editor->length) {
        move_to(editor, editor->cursor + 1);
    }
}

static void key_delete(struct editor *editor)
{
    if (editor->cursor < editor->length) {
        erase(editor, editor->cursor, editor->cursor + 1);
    }
}

static void key_backspace(struct editor *editor)
{
    if (editor->cursor > 0) {
        erase(editor, editor->cursor - 1, editor->cursor);
    }
}

/* The numbered keys of VT terminals: ESC [ NUMBER ~. */
static void key_numbered(struct editor *editor, unsigned number)
{
    if (number == 1 || number == 7) {
        move_to(editor, 0);
    } else if (number == 4 || number == 8) {
        move_to(editor, editor->length);
    } else if (number == 3) {
        key_delete(editor);
    }
}

/* A byte after ESC [ or ESC O. */
static void feed_sequence(struct editor *editor, unsigned char byte)
{
    if (isdigit(byte)) {
        editor->parameter = editor->parameter * 10 % 1000 + (unsigned)(byte - '0');
        return;
    }
    if (byte == ';') {
        editor->parameter = 0;
        return;
    }
    editor->state = KEY_PLAIN;
    switch (byte) {
    case 'A':
        key_up(editor);
        break;
    case 'B':
        key_down(editor);
        break;
    case 'C':
        key_right(editor);
        break;
    case 'D':
        key_left(editor);
        break;
    case 'H':
        move_to(editor, 0);
        break;
    case 'F':
        move_to(editor, editor->length);
        break;
    case '~':
        key_numbered(editor, editor->parameter);
        break;
    default:
        break;
    }
}

static enum editor_result finish(struct editor *editor, enum editor_result result, const char *text)
{
    move_to(editor, editor->length);
    show(editor, text);
    editor->line[editor->length] = '\0';
    return result;
}

static enum editor_result key_end_of_input(struct editor *editor)
{
    if (editor->length == 0) {
        return finish(editor, EDITOR_END, "\r\n");
    }
    key_delete(editor);
    return EDITOR_MORE;
}

static enum editor_result feed_control(struct editor *editor, unsigned char byte)
{
    switch (byte) {
    case '\r':
    case '\n':
        return finish(editor, EDITOR_LINE, "\r\n");
    case '\t':
        editor->line[editor->length] = '\0';
        return EDITOR_COMPLETE;
    case CONTROL('A'):
        move_to(editor, 0);
        break;
    case CONTROL('B'):
        key_left(editor);
        break;
    case CONTROL('C'):
        return finish(editor, EDITOR_INTERRUPT, "^C\r\n");
    case CONTROL('D'):
        return key_end_of_input(editor);
    case CONTROL('E'):
        move_to(editor, editor->length);
        break;
    case CONTROL('F'):
        key_right(editor);
        break;
    case CONTROL('H'):
    case DELETE:
        key_backspace(editor);
        break;
    case CONTROL('K'):
        erase(editor, editor->cursor, editor->length);
        break;
    case CONTROL('L'):
        show(editor, "\x1b[H\x1b[2J");
        editor_refresh(editor);
        break;
    case CONTROL('N'):
        key_down(editor);
        break;
    case CONTROL('P'):
        key_up(editor);
        break;
    case CONTROL('U'):
        erase(editor, 0, editor->cursor);
        break;
    case CONTROL('W'):
        erase(editor, word_start(editor), editor->cursor);
        break;
    case ESCAPE:
        editor->state = KEY_ESCAPE;
        break;
    default:
        break;
    }
    return EDITOR_MORE;
}

enum editor_result editor_feed(struct editor *editor, unsigned char byte)
{
    bool belongs = editor->after_return && byte == '\n';
    editor->after_return = byte == '\r';
    if (belongs) {
        return EDITOR_MORE;
    }
    if (editor->state == KEY_ESCAPE) {
        bool sequence = byte == '[' || byte == 'O';
        editor->state = sequence ? KEY_SEQUENCE : KEY_PLAIN;
        editor->parameter = 0;
        return EDITOR_MORE;
    }
    if (editor->state == KEY_SEQUENCE) {
        feed_sequence(editor, byte);
        return EDITOR_MORE;
    }
    if (iscntrl(byte)) {
        return feed_control(editor, byte);
    }
    editor_insert(editor, (const char *)&byte, 1);
    return EDITOR_MORE;
}
