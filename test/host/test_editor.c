/*
 * The shell's line editor against a small model of a terminal, its history and completion. The
 * model knows the escape sequences that the editor uses, and waits at the end of a row as real
 * terminals do.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "complete.h"
#include "editor.h"

#define ROWS    8
#define COLUMNS 20

static struct screen {
    char cells[ROWS][COLUMNS + 1];
    size_t row, column; /* column == COLUMNS: waits with wrapping */
    char sequence[16];
    size_t sequence_length;
} screen;

static struct history history;
static struct editor editor;

static void clear_from_cursor(void)
{
    if (screen.column < COLUMNS) {
        memset(screen.cells[screen.row] + screen.column, ' ', COLUMNS - screen.column);
    }
    for (size_t row = screen.row + 1; row < ROWS; row++) {
        memset(screen.cells[row], ' ', COLUMNS);
    }
}

static void run_sequence(char final)
{
    size_t count = strtoul(screen.sequence + 1, NULL, 10);
    if (screen.column == COLUMNS) {
        screen.column--;
    }
    switch (final) {
    case 'A':
        assert_true(count <= screen.row);
        screen.row -= count;
        break;
    case 'B':
        screen.row += count;
        assert_true(screen.row < ROWS);
        break;
    case 'C':
        screen.column += count;
        assert_true(screen.column < COLUMNS);
        break;
    case 'D':
        assert_true(count <= screen.column);
        screen.column -= count;
        break;
    case 'H':
        screen.row = screen.column = 0;
        break;
    case 'J':
        if (count == 2) {
            memset(screen.cells[0], ' ', COLUMNS);
            screen.row = screen.column = 0;
        }
        clear_from_cursor();
        break;
    default:
        fail_msg("unknown sequence %c", final);
    }
}

static void put(char byte)
{
    if (screen.column == COLUMNS) {
        screen.column = 0;
        screen.row++;
    }
    assert_true(screen.row < ROWS);
    screen.cells[screen.row][screen.column++] = byte;
}

static void show_byte(char byte)
{
    if (screen.sequence_length > 0) {
        if (byte == '[' || (byte >= '0' && byte <= '9')) {
            screen.sequence[screen.sequence_length - 1] = byte;
            screen.sequence[screen.sequence_length++] = '\0';
        } else {
            screen.sequence_length = 0;
            run_sequence(byte);
        }
    } else if (byte == 0x1b) {
        screen.sequence_length = 1;
        screen.sequence[0] = '\0';
    } else if (byte == '\r') {
        screen.column = 0;
    } else if (byte == '\n') {
        screen.row++;
    } else if (byte == '\b') {
        screen.column--;
    } else {
        put(byte);
    }
}

static void show(void *context, const char *text, size_t length)
{
    (void)context;
    for (size_t i = 0; i < length; i++) {
        show_byte(text[i]);
    }
}

static int start(void **state)
{
    (void)state;
    memset(&screen, 0, sizeof(screen));
    for (size_t row = 0; row < ROWS; row++) {
        memset(screen.cells[row], ' ', COLUMNS);
    }
    memset(&editor, 0, sizeof(editor));
    editor.show = show;
    editor.history = &history;
    editor.columns = COLUMNS;
    editor_start(&editor, "# ");
    return 0;
}

static int stop(void **state)
{
    (void)state;
    history_free(&history);
    return 0;
}

static enum editor_result feed(const char *bytes)
{
    enum editor_result result = EDITOR_MORE;
    for (; *bytes != '\0'; bytes++) {
        result = editor_feed(&editor, (unsigned char)*bytes);
    }
    return result;
}

/* That the terminal shows the prompt and the line, and its cursor where the line's is. */
static void check_screen(const char *line)
{
    char expected[ROWS * COLUMNS + 1];
    char shown[ROWS * COLUMNS + 1];
    size_t length = (size_t)snprintf(expected, sizeof(expected), "# %s", line);
    memset(expected + length, ' ', sizeof(expected) - 1 - length);
    expected[sizeof(expected) - 1] = '\0';
    for (size_t row = 0; row < ROWS; row++) {
        memcpy(shown + row * COLUMNS, screen.cells[row], COLUMNS);
    }
    shown[sizeof(shown) - 1] = '\0';
    assert_string_equal(shown, expected);
    assert_int_equal(screen.row * COLUMNS + screen.column, 2 + editor.cursor);
}

static void check_line(const char *keys, const char *line)
{
    assert_int_equal(feed(keys), EDITOR_MORE);
    check_screen(line);
    assert_int_equal(editor.length, strlen(line));
    assert_int_equal(feed("\r"), EDITOR_LINE);
    assert_string_equal(editor.line, line);
}

static void typing(void **state)
{
    (void)state;
    check_line("echo hi", "echo hi");
}

static void middle(void **state)
{
    (void)state;
    check_line("ab\x1b[D\x1b[DX\x1b[CY", "XaYb");
}

static void home_and_end(void **state)
{
    (void)state;
    check_line("bc\x01"
               "a\x05"
               "d\x1b[HX\x1b[FY\x1b[1~<\x1b[4~>",
               "<XabcdY>");
}

static void erasing(void **state)
{
    (void)state;
    check_line("abcd\x7f\x08"
               "e\x01\x1b[3~\x04",
               "e");
}

static void killing(void **state)
{
    (void)state;
    check_line("one two  three\x17"
               "four\x1b[D\x1b[D\x0b",
               "one two  fo");
}

static void killing_to_start(void **state)
{
    (void)state;
    check_line("abc def\x1b[D\x1b[D\x1b[D\x15", "def");
}

static void long_lines_wrap(void **state)
{
    (void)state;
    check_line("0123456789abcdefghijklmnopqrstuvwxyz", "0123456789abcdefghijklmnopqrstuvwxyz");
}

static void editing_wrapped_lines(void **state)
{
    (void)state;
    check_line("0123456789abcdefghijklmnop\x01X\x1b[C\x1b[C\x7fY", "X0Y23456789abcdefghijklmnop");
}

static void full_rows(void **state)
{
    (void)state;
    feed("0123456789abcdefgh"); /* with the prompt exactly one row */
    check_screen("0123456789abcdefgh");
    feed("\x7f");
    check_screen("0123456789abcdefg");
    feed("h\x01Z");
    check_screen("Z0123456789abcdefgh");
    feed("\x1b[3~\x1b[3~\x05");
    check_screen("Z23456789abcdefgh");
}

static void refresh(void **state)
{
    (void)state;
    feed("abc\x1b[D\x0c");
    check_screen("abc");
}

static void results(void **state)
{
    (void)state;
    assert_int_equal(feed("\x04"), EDITOR_END);
    assert_int_equal(start(NULL), 0);
    assert_int_equal(feed("ab\x03"), EDITOR_INTERRUPT);
    assert_int_equal(start(NULL), 0);
    assert_int_equal(feed("ab\t"), EDITOR_COMPLETE);
    assert_string_equal(editor.line, "ab");
}

static void return_and_newline_are_one(void **state)
{
    (void)state;
    assert_int_equal(feed("a\r"), EDITOR_LINE);
    editor_start(&editor, "# ");
    assert_int_equal(feed("\n"), EDITOR_MORE);
    assert_int_equal(feed("\n"), EDITOR_LINE);
}

static void unknown_keys_are_ignored(void **state)
{
    (void)state;
    check_line("a\x1b[15~\x1bOP\x1b[1;5Zb\x1b"
               "xc",
               "abc");
}

static void line_is_bounded(void **state)
{
    (void)state;
    editor.columns = 2 * EDITOR_LINE_SIZE;
    for (size_t i = 0; i < EDITOR_LINE_SIZE + 50; i++) {
        screen.row = screen.column = 0; /* the model is too small for the line */
        assert_int_equal(editor_feed(&editor, 'a'), EDITOR_MORE);
    }
    assert_int_equal(editor.length, EDITOR_LINE_SIZE - 1);
    screen.row = screen.column = 0;
    assert_int_equal(editor_feed(&editor, '\r'), EDITOR_LINE);
    assert_int_equal(strlen(editor.line), EDITOR_LINE_SIZE - 1);
}

static void old_lines(void **state)
{
    (void)state;
    history_add(&history, "first");
    history_add(&history, "second one");
    history_add(&history, "second one");
    history_add(&history, "  ");
    assert_int_equal(history.count, 2);
    feed("new\x1b[A");
    check_screen("second one");
    feed("\x1b[A\x1b[A");
    check_screen("first");
    feed("\x1b[B\x1b[B");
    check_screen("new");
    feed("\x1b[B\x10");
    check_line("!", "second one!");
}

static void history_is_bounded(void **state)
{
    (void)state;
    char line[16];
    for (size_t i = 0; i < HISTORY_LIMIT + 5; i++) {
        (void)snprintf(line, sizeof(line), "%zu", i);
        history_add(&history, line);
    }
    assert_int_equal(history.count, HISTORY_LIMIT);
    assert_string_equal(history_line(&history, HISTORY_LIMIT), "5");
    assert_null(history_line(&history, HISTORY_LIMIT + 1));
    assert_null(history_line(&history, 0));
}

static void check_completion(const char *line, const char *folder, const char *prefix, bool command)
{
    struct completion completion;
    complete_start(&completion, line, strlen(line));
    assert_int_equal(completion.folder_length, strlen(folder));
    assert_memory_equal(completion.folder, folder, strlen(folder));
    assert_int_equal(completion.prefix_length, strlen(prefix));
    assert_memory_equal(completion.prefix, prefix, strlen(prefix));
    assert_int_equal(completion.command, command);
}

static unsigned service_place_of(const char *line)
{
    struct completion completion;
    complete_start(&completion, line, strlen(line));
    return completion.service;
}

static void words_of_services(void **state)
{
    (void)state;
    assert_int_equal(service_place_of("svc"), 0);
    assert_int_equal(service_place_of("svc "), 1);
    assert_int_equal(service_place_of("svc sta"), 1);
    assert_int_equal(service_place_of("svc  status\tfi"), 2);
    assert_int_equal(service_place_of("svc start fifo as"), 0);
    assert_int_equal(service_place_of("echo svc st"), 0);
    assert_int_equal(service_place_of("true; svc st"), 1);
    assert_int_equal(service_place_of("svc list | svc stop n"), 2);
    assert_int_equal(service_place_of("svc check /bo"), 0);
    assert_int_equal(service_place_of("svc list > fi"), 0);
    assert_int_equal(service_place_of("svcs st"), 0);
    assert_int_equal(service_place_of("sv st"), 0);
    assert_int_equal(service_place_of("svc 'st"), 0);
}

static void what_is_completed(void **state)
{
    (void)state;
    check_completion("", "", "", true);
    check_completion("ca", "", "ca", true);
    check_completion("cat f", "", "f", false);
    check_completion("cat /boot/f", "/boot/", "f", false);
    check_completion("/boot/f", "/boot/", "f", false);
    check_completion("a | ca", "", "ca", true);
    check_completion("a; if ca", "", "ca", true);
    check_completion("cat <f", "", "f", false);
    check_completion("x=/de", "/", "de", false);
}

static void common_part(void **state)
{
    struct completion completion;
    (void)state;
    complete_start(&completion, "cat sh", 6);
    assert_true(complete_add(&completion, "shell", false));
    assert_false(complete_add(&completion, "cat", false));
    assert_string_equal(completion.common, "shell");
    assert_true(complete_add(&completion, "shed", true));
    assert_string_equal(completion.common, "she");
    assert_int_equal(completion.count, 2);
    complete_free(&completion);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(typing),
        TEST(middle),
        TEST(home_and_end),
        TEST(erasing),
        TEST(killing),
        TEST(killing_to_start),
        TEST(long_lines_wrap),
        TEST(editing_wrapped_lines),
        TEST(full_rows),
        TEST(refresh),
        TEST(results),
        TEST(return_and_newline_are_one),
        TEST(line_is_bounded),
        TEST(unknown_keys_are_ignored),
        TEST(old_lines),
        TEST(history_is_bounded),
        TEST(common_part),
        TEST(what_is_completed),
        TEST(words_of_services),
    };
    return cmocka_run_group_tests_name("editor", tests, NULL, NULL);
}
