/* Unit tests of servers/console/discipline.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "discipline.h"

static struct discipline discipline;
static char shown[65536];
static uint32_t shown_length;

static void echo(void *context, const char *bytes, uint32_t count)
{
    assert_ptr_equal(context, shown);
    assert_true(shown_length + count < sizeof(shown));
    memcpy(shown + shown_length, bytes, count);
    shown_length += count;
    shown[shown_length] = '\0';
}

static int setup(void **state)
{
    (void)state;
    shown_length = 0;
    shown[0] = '\0';
    discipline_init(&discipline, echo, shown);
    return 0;
}

static void type(const char *text)
{
    for (; *text != '\0'; text++) {
        assert_int_equal(discipline_input(&discipline, (uint8_t)*text), DISCIPLINE_TAKEN);
    }
}

/* One read, as the server does it; the length, or -1 if it would wait. */
static int read_once(char *to, uint64_t wanted)
{
    uint64_t done = 0;
    bool more = true;
    memset(to, 0, wanted + 1);
    if (!discipline_readable(&discipline)) {
        return -1;
    }
    while (more && done < wanted) {
        const uint8_t *start;
        uint32_t piece = discipline_piece(&discipline, wanted - done, &start);
        memcpy(to + done, start, piece);
        done += piece;
        more = discipline_take(&discipline, piece);
    }
    return (int)done;
}

static void assert_read(const char *expected)
{
    char text[DISCIPLINE_READY + 1];
    assert_int_equal(read_once(text, DISCIPLINE_READY), (int)strlen(expected));
    assert_string_equal(text, expected);
}

static void assert_waits(void)
{
    char text[2];
    assert_int_equal(read_once(text, 1), -1);
}

/* ---- cooked --------------------------------------------------------------------------------- */

static void test_a_line_is_read_when_it_ends(void **state)
{
    (void)state;
    type("echo hi");
    assert_waits();
    type("\r");
    assert_read("echo hi\n");
    assert_waits();
    assert_string_equal(shown, "echo hi\n");
}

static void test_a_read_gets_one_line(void **state)
{
    (void)state;
    type("one\ntwo\n");
    assert_read("one\n");
    assert_read("two\n");
}

static void test_a_short_read_leaves_the_rest(void **state)
{
    (void)state;
    char text[4];
    type("abcdef\ng\n");
    assert_int_equal(read_once(text, 3), 3);
    assert_string_equal(text, "abc");
    assert_read("def\n");
    assert_read("g\n");
}

static void test_backspace(void **state)
{
    (void)state;
    type("ab\x7f\x08\x08"
         "c\r");
    assert_read("c\n");
    assert_string_equal(shown, "ab\b \b\b \bc\n");
}

static void test_backspace_takes_a_whole_character(void **state)
{
    (void)state;
    type("a\xc3\xa9\x7f"
         "b\r");
    assert_read("ab\n");
    assert_string_equal(shown, "a\xc3\xa9\b \bb\n");
}

static void test_backspace_over_a_control_character(void **state)
{
    (void)state;
    type("\x01\x7f\r");
    assert_read("\n");
    assert_string_equal(shown, "^A\b \b\b \b\n");
}

static void test_kill_line_and_word(void **state)
{
    (void)state;
    type("rm all\x15ls  my file \x17\x17now\r");
    assert_read("ls  now\n");
}

static void test_end_of_file(void **state)
{
    (void)state;
    type("\x04");
    assert_read("");
    assert_waits();
    type("abc\x04");
    assert_read("abc");
    assert_waits();
    type("x\n\x04y\n");
    assert_read("x\n");
    assert_read("");
    assert_read("y\n");
}

static void test_interrupt_drops_what_was_typed(void **state)
{
    (void)state;
    type("one\ntw");
    assert_int_equal(discipline_input(&discipline, 3), DISCIPLINE_INTERRUPT);
    assert_waits();
    type("three\n");
    assert_read("three\n");
    assert_string_equal(shown, "one\ntw^C\nthree\n");
}

static void test_a_line_too_long_rings(void **state)
{
    (void)state;
    for (int i = 0; i < DISCIPLINE_LINE + 10; i++) {
        type("x");
    }
    assert_int_equal(shown[shown_length - 1], '\a');
    type("\n");
    char text[DISCIPLINE_READY + 1];
    assert_int_equal(read_once(text, DISCIPLINE_READY), DISCIPLINE_LINE);
    assert_int_equal(text[DISCIPLINE_LINE - 1], '\n');
}

/* Input waits when nobody reads; an interrupt always has a place. */
static void test_full_input_is_not_dropped(void **state)
{
    (void)state;
    int lines = 0;
    while (discipline_input(&discipline, '\n') == DISCIPLINE_TAKEN) {
        lines++;
    }
    assert_int_equal(lines, DISCIPLINE_RECORDS);
    assert_read("\n");
    assert_int_equal(discipline_input(&discipline, '\n'), DISCIPLINE_TAKEN);
    assert_int_equal(discipline_input(&discipline, '\n'), DISCIPLINE_FULL);
    assert_int_equal(discipline_input(&discipline, 3), DISCIPLINE_INTERRUPT);
    assert_waits();
}

static void test_full_by_bytes(void **state)
{
    (void)state;
    char text[DISCIPLINE_READY + 1];
    int lines = 0;
    enum discipline_result result = DISCIPLINE_TAKEN;
    while (result == DISCIPLINE_TAKEN) {
        for (int i = 0; i < 999; i++) {
            type("y");
        }
        result = discipline_input(&discipline, '\n');
        lines += result == DISCIPLINE_TAKEN;
    }
    assert_int_equal(result, DISCIPLINE_FULL);
    assert_int_equal(lines, DISCIPLINE_READY / 1000);
    assert_int_equal(read_once(text, DISCIPLINE_READY), 1000);
    assert_int_equal(discipline_input(&discipline, '\n'), DISCIPLINE_TAKEN);
    for (int i = 0; i < lines; i++) {
        assert_int_equal(read_once(text, DISCIPLINE_READY), 1000);
        assert_int_equal(text[998], 'y');
        assert_int_equal(text[999], '\n');
    }
}

/* ---- raw ------------------------------------------------------------------------------------ */

static void test_raw_bytes_come_at_once(void **state)
{
    (void)state;
    assert_int_equal(discipline_set_raw(&discipline, true), DISCIPLINE_TAKEN);
    type("a\x04\x03\r\x7f");
    assert_read("a\x04\x03\r\x7f");
    assert_waits();
    assert_string_equal(shown, "");
    assert_false(discipline_interrupts(&discipline, 3));
}

static void test_going_raw_shows_the_unfinished_line(void **state)
{
    (void)state;
    type("one\ntw");
    assert_int_equal(discipline_set_raw(&discipline, true), DISCIPLINE_TAKEN);
    type("o");
    assert_read("one\ntwo");
}

static void test_going_cooked_keeps_what_came(void **state)
{
    (void)state;
    assert_int_equal(discipline_set_raw(&discipline, true), DISCIPLINE_TAKEN);
    type("ab");
    assert_int_equal(discipline_set_raw(&discipline, false), DISCIPLINE_TAKEN);
    assert_true(discipline_interrupts(&discipline, 3));
    type("c\n");
    assert_read("ab");
    assert_read("c\n");
}

/* Typed ahead: nobody has read the line before it, which is gone, and the one after it stays. */
static void test_going_cooked_finds_an_interrupt(void **state)
{
    (void)state;
    type("cooked\n");
    assert_int_equal(discipline_set_raw(&discipline, true), DISCIPLINE_TAKEN);
    type("one\ntwo\x03three\x03"
         "four");
    shown_length = 0;
    assert_int_equal(discipline_set_raw(&discipline, false), DISCIPLINE_INTERRUPT);
    assert_string_equal(shown, "^C\n");
    type("five\n");
    assert_read("four");
    assert_read("five\n");
    assert_waits();
    assert_int_equal(discipline_set_raw(&discipline, true), DISCIPLINE_TAKEN);
    type("\x03");
    assert_int_equal(discipline_set_raw(&discipline, false), DISCIPLINE_INTERRUPT);
    assert_waits();
}

/* What was read is whose it is, and what was typed cooked was looked at then. */
static void test_going_cooked_leaves_other_bytes(void **state)
{
    (void)state;
    assert_int_equal(discipline_set_raw(&discipline, true), DISCIPLINE_TAKEN);
    type("a\x03");
    assert_read("a\x03");
    assert_int_equal(discipline_set_raw(&discipline, false), DISCIPLINE_TAKEN);
    assert_int_equal(discipline_set_raw(&discipline, false), DISCIPLINE_TAKEN);
    assert_waits();
}

static void test_raw_fills_up(void **state)
{
    (void)state;
    assert_int_equal(discipline_set_raw(&discipline, true), DISCIPLINE_TAKEN);
    for (int i = 0; i < DISCIPLINE_READY; i++) {
        type("z");
    }
    assert_int_equal(discipline_input(&discipline, 'z'), DISCIPLINE_FULL);
    char text[DISCIPLINE_READY + 1];
    assert_int_equal(read_once(text, DISCIPLINE_READY), DISCIPLINE_READY);
    assert_waits();
}

/* Lines of many lengths, over many turns of the ring. */
static void test_many_lines(void **state)
{
    (void)state;
    char line[300];
    srand(2);
    for (int i = 0; i < 5000; i++) {
        size_t length = (size_t)(rand() % 298);
        memset(line, 'a' + i % 26, length);
        strcpy(line + length, "\n");
        shown_length = 0;
        type(line);
        assert_read(line);
        assert_waits();
    }
}

/* ---- output --------------------------------------------------------------------------------- */

static void test_output(void **state)
{
    (void)state;
    const char *text = "a\n\nb\r\nc";
    uint8_t sent[32];
    uint8_t last = 0;
    uint32_t taken = 0;
    uint32_t length = discipline_output(&last, (const uint8_t *)text, 7, &taken, sent, 32);
    assert_int_equal(taken, 7);
    assert_int_equal(length, 9);
    assert_memory_equal(sent, "a\r\n\r\nb\r\nc", 9);
    assert_int_equal(last, 'c');
}

static void test_output_in_pieces(void **state)
{
    (void)state;
    const uint8_t text[] = "\n\n\rx\r";
    uint8_t sent[32];
    uint8_t last = 0;
    uint32_t length = 0, done = 0;
    while (done < 5) {
        uint32_t taken = 0;
        length += discipline_output(&last, text + done, 5 - done, &taken, sent + length, 2);
        assert_true(taken > 0);
        done += taken;
    }
    uint32_t taken = 0;
    length += discipline_output(&last, (const uint8_t *)"\n", 1, &taken, sent + length, 3);
    assert_int_equal(length, 8);
    assert_memory_equal(sent, "\r\n\r\n\rx\r\n", 8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_a_line_is_read_when_it_ends, setup),
        cmocka_unit_test_setup(test_a_read_gets_one_line, setup),
        cmocka_unit_test_setup(test_a_short_read_leaves_the_rest, setup),
        cmocka_unit_test_setup(test_backspace, setup),
        cmocka_unit_test_setup(test_backspace_takes_a_whole_character, setup),
        cmocka_unit_test_setup(test_backspace_over_a_control_character, setup),
        cmocka_unit_test_setup(test_kill_line_and_word, setup),
        cmocka_unit_test_setup(test_end_of_file, setup),
        cmocka_unit_test_setup(test_interrupt_drops_what_was_typed, setup),
        cmocka_unit_test_setup(test_a_line_too_long_rings, setup),
        cmocka_unit_test_setup(test_full_input_is_not_dropped, setup),
        cmocka_unit_test_setup(test_full_by_bytes, setup),
        cmocka_unit_test_setup(test_raw_bytes_come_at_once, setup),
        cmocka_unit_test_setup(test_going_raw_shows_the_unfinished_line, setup),
        cmocka_unit_test_setup(test_going_cooked_keeps_what_came, setup),
        cmocka_unit_test_setup(test_going_cooked_finds_an_interrupt, setup),
        cmocka_unit_test_setup(test_going_cooked_leaves_other_bytes, setup),
        cmocka_unit_test_setup(test_raw_fills_up, setup),
        cmocka_unit_test_setup(test_many_lines, setup),
        cmocka_unit_test_setup(test_output, setup),
        cmocka_unit_test_setup(test_output_in_pieces, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
