/* Unit tests of abi-servers/common/terminal: each flag, and what readers, writers and jobs meet. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "pseudo_terminal.h"

enum { SESSION = 10, SHELL = 10, JOB = 20, ORPHANS = 30 };

#define SECOND 1000000000ull

static struct pseudo_terminal pair;
static struct terminal *const terminal = &pair.terminal;
static struct terminal_attributes attributes;
static uint32_t woken;
static char signals[256]; /* sent, as "group:signal " or "leader:signal " */

/* ---- hooks ---------------------------------------------------------------------------------- */

static void wake(void *context, uint32_t who)
{
    assert_ptr_equal(context, &pair);
    assert_int_not_equal(who, 0);
    woken |= who;
}

static void note_signal(const char *whom, uint32_t id, enum terminal_signal signal)
{
    size_t used = strlen(signals);
    snprintf(signals + used, sizeof(signals) - used, "%s%u:%d ", whom, id, (int)signal);
}

static void signal_group(void *context, uint32_t group, enum terminal_signal signal)
{
    assert_ptr_equal(context, &pair);
    note_signal("", group, signal);
}

static void signal_leader(void *context, uint32_t session, enum terminal_signal signal)
{
    assert_ptr_equal(context, &pair);
    note_signal("leader ", session, signal);
}

static bool group_is_orphaned(void *context, uint32_t group)
{
    assert_ptr_equal(context, &pair);
    return group == ORPHANS;
}

static const struct terminal_hooks hooks = {
    .wake = wake,
    .signal_group = signal_group,
    .signal_leader = signal_leader,
    .group_is_orphaned = group_is_orphaned,
};

/* ---- helpers -------------------------------------------------------------------------------- */

static struct terminal_caller caller(uint32_t group)
{
    return (struct terminal_caller){.session = SESSION, .group = group};
}

static int setup(void **state)
{
    (void)state;
    pseudo_terminal_init(&pair, &hooks, &pair);
    pair.locked = false;
    assert_int_equal(pseudo_terminal_open_slave(&pair), TERMINAL_DONE);
    struct terminal_caller leader = caller(SHELL);
    leader.leads_session = true;
    assert_int_equal(terminal_acquire(terminal, &leader), TERMINAL_DONE);
    attributes = terminal->attributes;
    woken = 0;
    signals[0] = '\0';
    return 0;
}

static void apply(void)
{
    terminal_set_attributes(terminal, &attributes);
    woken = 0;
}

static void no_echo(void)
{
    attributes.local &= ~(uint32_t)TERMINAL_ECHO;
    apply();
}

static void raw(uint8_t least, uint8_t time)
{
    attributes.local &= ~(uint32_t)(TERMINAL_ICANON | TERMINAL_ECHO);
    attributes.characters[TERMINAL_VMIN] = least;
    attributes.characters[TERMINAL_VTIME] = time;
    apply();
}

static void type(const char *text)
{
    assert_int_equal(terminal_receive(terminal, text, (uint32_t)strlen(text)), strlen(text));
}

static void write_text(const char *text)
{
    uint32_t taken;
    assert_int_equal(terminal_write(terminal, text, (uint32_t)strlen(text), &taken), TERMINAL_DONE);
    assert_int_equal(taken, strlen(text));
}

static void assert_sent(const char *expected)
{
    char text[TERMINAL_OUTPUT_BYTES + 1];
    uint32_t count = terminal_send(terminal, text, TERMINAL_OUTPUT_BYTES);
    text[count] = '\0';
    assert_string_equal(text, expected);
}

/* Bytes of one read that does not wait; -1 if it would. */
static int read_once(char *to, uint32_t capacity)
{
    struct terminal_reading reading = {.nonblocking = false};
    uint32_t count;
    enum terminal_status status = terminal_read(terminal, &reading, 0, to, capacity, &count);
    assert_true(status == TERMINAL_DONE || (status == TERMINAL_WAITS && count == 0));
    return status == TERMINAL_DONE ? (int)count : -1;
}

static void assert_read_of(uint32_t capacity, const char *expected)
{
    char text[TERMINAL_INPUT_BYTES + 1];
    int count = read_once(text, capacity);
    assert_int_equal(count, strlen(expected));
    text[count] = '\0';
    assert_string_equal(text, expected);
}

static void assert_read(const char *expected)
{
    assert_read_of(TERMINAL_INPUT_BYTES, expected);
}

static void assert_waits(void)
{
    char byte;
    assert_int_equal(read_once(&byte, 1), -1);
    assert_false(terminal_readable(terminal));
}

static void assert_woken(uint32_t who)
{
    assert_int_equal(woken & who, who);
    woken = 0;
}

static void assert_signals(const char *expected)
{
    assert_string_equal(signals, expected);
    signals[0] = '\0';
}

/* ---- lines ---------------------------------------------------------------------------------- */

static void test_line(void **state)
{
    (void)state;
    type("echo hi");
    assert_waits();
    assert_int_equal(woken & TERMINAL_WAKE_READERS, 0);
    type("\n");
    assert_woken(TERMINAL_WAKE_READERS | TERMINAL_WAKE_DEVICE);
    assert_true(terminal_readable(terminal));
    assert_int_equal(terminal_input_count(terminal), 8);
    assert_read("echo hi\n");
    assert_waits();
    assert_sent("echo hi\r\n");
}

static void test_a_read_gets_one_line(void **state)
{
    (void)state;
    type("one\ntwo\n");
    assert_read_of(2, "on");
    assert_read("e\n");
    assert_read("two\n");
    type("x\n");
    assert_read_of(0, "");
    assert_read("x\n");
}

static void test_end_of_file(void **state)
{
    (void)state;
    type("\x04");
    assert_true(terminal_readable(terminal));
    assert_int_equal(terminal_input_count(terminal), 0);
    assert_read("");
    assert_waits();
    type("ab\x04");
    assert_int_equal(terminal_input_count(terminal), 2);
    assert_read_of(2, "ab"); /* with the end of file, although there is no room for more */
    assert_waits();
    type("ab\x04\x04");
    assert_read("ab");
    assert_read("");
    assert_sent("abab");
}

static void test_other_ends_of_line(void **state)
{
    (void)state;
    attributes.characters[TERMINAL_VEOL] = ';';
    attributes.characters[TERMINAL_VEOL2] = '!';
    apply();
    type("a;b!c");
    assert_read("a;");
    assert_read("b!");
    assert_waits();
    assert_sent("a;b!c");
    attributes.local &= ~(uint32_t)TERMINAL_IEXTEN;
    apply();
    type("!;");
    assert_read("c!;");
}

static void test_disabled_character(void **state)
{
    (void)state;
    attributes.characters[TERMINAL_VINTR] = TERMINAL_DISABLED;
    apply();
    assert_int_equal(terminal_receive(terminal, "\0\x03\n", 3), 3);
    char text[4];
    assert_int_equal(read_once(text, 4), 3);
    assert_memory_equal(text, "\0\x03\n", 3);
    assert_signals("");
}

/* ---- translation of input ------------------------------------------------------------------- */

static void test_carriage_returns(void **state)
{
    (void)state;
    type("a\r");
    assert_read("a\n");
    attributes.input |= TERMINAL_IGNCR;
    apply();
    type("b\r\n");
    assert_read("b\n");
    attributes.input &= ~(uint32_t)(TERMINAL_IGNCR | TERMINAL_ICRNL);
    apply();
    type("c\r\n");
    assert_read("c\r\n");
    attributes.input |= TERMINAL_INLCR;
    apply();
    type("d\n\x04");
    assert_read("d\r");
}

static void test_strip(void **state)
{
    (void)state;
    attributes.input |= TERMINAL_ISTRIP;
    apply();
    type("\xe1\n");
    assert_read("a\n");
}

/* ---- erasing -------------------------------------------------------------------------------- */

static void test_erase(void **state)
{
    (void)state;
    type("ab\x7f\x7f\x7f"
         "c\n");
    assert_read("c\n");
    assert_sent("ab\b \b\b \bc\r\n");
}

static void test_erase_does_not_reach_the_line_before(void **state)
{
    (void)state;
    type("a\n\x7f\x15\x17");
    assert_read("a\n");
    assert_waits();
}

static void test_erase_control(void **state)
{
    (void)state;
    type("\x01\x7f");
    assert_sent("^A\b \b\b \b");
    attributes.local &= ~(uint32_t)TERMINAL_ECHOCTL;
    apply();
    type("\x01\x7f");
    assert_sent("\x01");
}

static void test_erase_character_of_many_bytes(void **state)
{
    (void)state;
    type("a\xe2\x82\xac\x7f\n");
    assert_read("a\n");
    assert_sent("a\xe2\x82\xac\b \b\r\n");
    type("\x80\x80\x7f\n"); /* no character at all */
    assert_read("\n");
    attributes.input &= ~(uint32_t)TERMINAL_IUTF8;
    apply();
    type("a\xc3\xa9\x7f\n");
    assert_read("a\xc3\n");
}

static void test_erase_tab(void **state)
{
    (void)state;
    write_text("$ ");
    type("ab\t\x7f");
    assert_sent("$ ab\t\b\b\b\b");
    type("\x15\t12\t\x7f\x7f\x7f\x7f");
    assert_sent("\b \b\b \b\t12\t\b\b\b\b\b\b\b \b\b \b\b\b\b\b\b\b");
    type("\n");
    assert_read("\n");
}

static void test_without_echoe(void **state)
{
    (void)state;
    attributes.local &= ~(uint32_t)TERMINAL_ECHOE;
    attributes.characters[TERMINAL_VERASE] = '#';
    apply();
    type("#ab#c\n");
    assert_read("ac\n");
    assert_sent("ab#c\r\n");
}

static void test_kill(void **state)
{
    (void)state;
    type("ab\x01\x15"
         "c\n");
    assert_read("c\n");
    assert_sent("ab^A\b \b\b \b\b \b\b \bc\r\n");
    attributes.local &= ~(uint32_t)TERMINAL_ECHOKE;
    apply();
    type("ab\x15"
         "c\n");
    assert_read("c\n");
    assert_sent("ab^U\r\nc\r\n");
    attributes.local &= ~(uint32_t)TERMINAL_ECHOK;
    apply();
    type("ab\x15"
         "c\n");
    assert_sent("ab^Uc\r\n");
}

static void test_erase_word(void **state)
{
    (void)state;
    type("ls  my_file2, \x17\x17now\n");
    assert_read("now\n");
    type("a b\x17\x17\x17\n");
    assert_read("\n");
    type("xx \xc3\xa9t\xc3\xa9\x17\n");
    assert_read("xx \n");
    type("- \xc3\x80_az09AZ\x17\n");
    assert_read("- \n");
    type("a@[`{/:\x17\n"); /* those beside letters and digits are none */
    assert_read("\n");
    attributes.local &= ~(uint32_t)TERMINAL_IEXTEN;
    apply();
    type("a\x17\n");
    assert_read("a\x17\n");
}

static void test_reprint(void **state)
{
    (void)state;
    write_text("$ ");
    type("a\x16\x03\x12");
    assert_sent("$ a^\b^C^R\r\na^C");
    type("\t\x7f\n");
    assert_sent("\t\b\b\b\b\b\r\n"); /* from column 3, where the line stands now */
    no_echo();
    type("a\x12\n");
    assert_read("a\x03\n");
    assert_read("a\x12\n");
}

static void test_literal(void **state)
{
    (void)state;
    type("\x16\x04\x16\n\x16\x16\x16\x7f\n");
    assert_read("\x04\n\x16\x7f\n");
    assert_sent("^\b^D^\b^J^\b^V^\b^?\r\n");
    attributes.local &= ~(uint32_t)TERMINAL_IEXTEN;
    apply();
    type("\x16\n");
    assert_read("\x16\n");
    attributes.local |= TERMINAL_IEXTEN;
    raw(1, 0);
    type("\x16z"); /* only a line that is edited has it */
    assert_read("\x16z");
}

/* ---- echo ----------------------------------------------------------------------------------- */

static void test_no_echo(void **state)
{
    (void)state;
    no_echo();
    type("secret\x7f\n");
    assert_read("secre\n");
    assert_sent("");
    attributes.local |= TERMINAL_ECHONL;
    apply();
    type("x\n");
    assert_sent("\r\n");
}

static void test_echo_of_bytes(void **state)
{
    (void)state;
    raw(1, 0);
    attributes.local |= TERMINAL_ECHO;
    apply();
    type("a\x1b\t\x7f\r");
    assert_sent("a^[\t^?\r\n");
    attributes.local &= ~(uint32_t)TERMINAL_ECHOCTL;
    apply();
    type("\x1b");
    assert_sent("\x1b");
}

static void test_echo_has_room_of_its_own(void **state)
{
    (void)state;
    static char text[TERMINAL_OUTPUT_BYTES];
    uint32_t taken;
    memset(text, 'x', sizeof(text));
    assert_int_equal(terminal_write(terminal, text, sizeof(text), &taken), TERMINAL_DONE);
    assert_in_range(taken, 3 * TERMINAL_OUTPUT_BYTES / 4,
                    TERMINAL_OUTPUT_BYTES - TERMINAL_ECHO_BYTES);
    assert_false(terminal_writable(terminal));
    assert_int_equal(terminal_write(terminal, text, 1, &taken), TERMINAL_WAITS);
    assert_int_equal(taken, 0);
    for (uint32_t i = 0; i < 2 * TERMINAL_ECHO_BYTES; i++) {
        type("y"); /* never refused for want of room to show it */
    }
    assert_int_equal(terminal_output_count(terminal), TERMINAL_OUTPUT_BYTES);
    assert_int_equal(terminal_send(terminal, text, sizeof(text)), TERMINAL_OUTPUT_BYTES);
    assert_woken(TERMINAL_WAKE_WRITERS);
    assert_true(terminal_writable(terminal));
}

/* ---- output --------------------------------------------------------------------------------- */

static void test_output(void **state)
{
    (void)state;
    write_text("a\tb\n\r\n");
    assert_sent("a\tb\r\n\r\r\n");
    attributes.output &= ~(uint32_t)TERMINAL_OPOST;
    apply();
    write_text("a\n");
    assert_sent("a\n");
    assert_woken(TERMINAL_WAKE_DEVICE | TERMINAL_WAKE_WRITERS);
}

static void test_output_flags(void **state)
{
    (void)state;
    attributes.output = TERMINAL_OPOST | TERMINAL_OCRNL;
    apply();
    write_text("a\rb");
    assert_sent("a\nb");
    attributes.output = TERMINAL_OPOST | TERMINAL_ONOCR;
    apply();
    write_text("\rc\r\r");
    assert_sent("\rc\r"); /* the first: it stood behind a and b */
    attributes.output = TERMINAL_OPOST | TERMINAL_ONOCR | TERMINAL_ONLRET;
    apply();
    write_text("d\n\r");
    assert_sent("d\n");
}

static void test_tabs_to_spaces(void **state)
{
    (void)state;
    attributes.output |= TERMINAL_TAB3;
    apply();
    write_text("ab\tc\n\t\xc3\xa9\x1b\b\bx\tz");
    assert_sent("ab      c\r\n        \xc3\xa9\x1b\b\bx        z");
    attributes.output = (attributes.output & ~(uint32_t)TERMINAL_TABDLY) | 0x0800;
    apply();
    write_text("\t");
    assert_sent("\t");
}

/* ---- flow control --------------------------------------------------------------------------- */

static void test_stop_and_start(void **state)
{
    (void)state;
    type("\x13");
    write_text("out");
    assert_false(terminal_sends(terminal));
    assert_sent("");
    type("a");
    assert_sent("");
    woken = 0;
    type("\x11");
    assert_woken(TERMINAL_WAKE_DEVICE);
    assert_sent("outa");
    attributes.input &= ~(uint32_t)TERMINAL_IXON;
    apply();
    type("\x13\x11\n");
    assert_sent("^S^Q\r\n");
    assert_read("a\x13\x11\n");
}

static void test_any_key_starts(void **state)
{
    (void)state;
    attributes.input |= TERMINAL_IXANY;
    apply();
    write_text("out");
    type("\x13");
    assert_false(terminal_sends(terminal));
    type("\x13");
    assert_false(terminal_sends(terminal));
    type("a");
    assert_sent("outa");
}

static void test_stop_ends_with_its_flag(void **state)
{
    (void)state;
    write_text("out");
    type("\x13");
    attributes.input &= ~(uint32_t)TERMINAL_IXON;
    terminal_set_attributes(terminal, &attributes);
    assert_woken(TERMINAL_WAKE_DEVICE | TERMINAL_WAKE_READERS);
    assert_sent("out");
}

static void test_flow_calls(void **state)
{
    (void)state;
    write_text("out");
    terminal_flow(terminal, TERMINAL_OUTPUT_OFF);
    type("\x11\x03");
    assert_sent(""); /* neither VSTART nor a signal undoes it; this one has flushed it */
    write_text("more");
    woken = 0;
    terminal_flow(terminal, TERMINAL_OUTPUT_ON);
    assert_woken(TERMINAL_WAKE_DEVICE);
    assert_sent("^Cmore");
    terminal_flow(terminal, TERMINAL_OUTPUT_OFF);
    terminal_flow(terminal, TERMINAL_INPUT_OFF);
    assert_woken(TERMINAL_WAKE_DEVICE);
    assert_true(terminal_sends(terminal));
    assert_int_equal(terminal_send(terminal, NULL, 0), 0);
    assert_sent("\x13");
    terminal_flow(terminal, TERMINAL_INPUT_ON);
    assert_sent("\x11");
    attributes.characters[TERMINAL_VSTOP] = TERMINAL_DISABLED;
    apply();
    terminal_flow(terminal, TERMINAL_INPUT_OFF);
    assert_false(terminal_sends(terminal));
}

static void fill(char with, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        assert_int_equal(terminal_receive(terminal, &with, 1), 1);
    }
}

static void test_source_is_stopped(void **state)
{
    (void)state;
    char text[TERMINAL_INPUT_BYTES];
    raw(1, 0);
    attributes.input |= TERMINAL_IXOFF;
    apply();
    fill('x', TERMINAL_INPUT_BYTES / 4 * 3 - 1);
    assert_false(terminal_sends(terminal));
    fill('x', 1);
    assert_woken(TERMINAL_WAKE_DEVICE);
    assert_sent("\x13");
    fill('x', 1);
    assert_sent("");
    assert_int_equal(read_once(text, TERMINAL_INPUT_BYTES / 2), TERMINAL_INPUT_BYTES / 2);
    assert_sent("");
    assert_int_equal(read_once(text, 1), 1);
    assert_woken(TERMINAL_WAKE_DEVICE);
    assert_sent("\x11");
    fill('x', TERMINAL_INPUT_BYTES / 2);
    assert_sent("\x13");
    attributes.input &= ~(uint32_t)TERMINAL_IXOFF;
    apply();
    assert_sent("\x11");
}

static void test_unended_line_is_not_stopped(void **state)
{
    (void)state;
    no_echo();
    attributes.input |= TERMINAL_IXOFF;
    apply();
    fill('x', TERMINAL_INPUT_BYTES - 1);
    assert_sent("");
    type("\n");
    assert_sent("\x13");
    terminal_flush(terminal, TERMINAL_FLUSH_INPUT);
    assert_sent("\x11");
}

/* ---- bounds --------------------------------------------------------------------------------- */

static void test_long_line(void **state)
{
    (void)state;
    char text[TERMINAL_INPUT_BYTES];
    no_echo();
    fill('x', TERMINAL_INPUT_BYTES - 1);
    assert_sent("");
    attributes.input |= TERMINAL_IMAXBEL;
    apply();
    fill('y', 2);
    assert_sent("\a\a");
    type("\n");
    assert_int_equal(read_once(text, sizeof(text)), TERMINAL_INPUT_BYTES);
    assert_int_equal(text[TERMINAL_INPUT_BYTES - 2], 'x');
    assert_int_equal(text[TERMINAL_INPUT_BYTES - 1], '\n');
}

static void test_lines_that_nobody_reads(void **state)
{
    (void)state;
    no_echo();
    type("a\n");
    fill('x', TERMINAL_INPUT_BYTES - 3);
    assert_false(terminal_receives(terminal));
    assert_int_equal(terminal_receive(terminal, "y\n", 2), 0);
    assert_int_equal(terminal_receive(terminal, "\n", 1), 1);
    assert_int_equal(terminal_receive(terminal, "\n", 1), 0);
    assert_int_equal(terminal_receive(terminal, "\x04", 1), 0);
    woken = 0;
    assert_read("a\n");
    assert_woken(TERMINAL_WAKE_SOURCE);
    type("\x03");
    assert_signals("10:2 ");
    assert_waits();
}

static void test_erasing_makes_room(void **state)
{
    (void)state;
    no_echo();
    type("a\n");
    fill('x', TERMINAL_INPUT_BYTES - 3);
    assert_int_equal(terminal_receive(terminal, "y", 1), 0);
    woken = 0;
    type("\x7f");
    assert_woken(TERMINAL_WAKE_SOURCE);
    assert_true(terminal_receives(terminal));
}

static void test_full_of_bytes(void **state)
{
    (void)state;
    char byte;
    raw(1, 0);
    fill('x', TERMINAL_INPUT_BYTES - 1);
    assert_int_equal(terminal_receive(terminal, "y", 1), 0);
    assert_false(terminal_receives(terminal));
    assert_int_equal(terminal_receive(terminal, "\x13\x03", 2), 2); /* these need no room */
    assert_signals("10:2 ");
    assert_true(terminal_receives(terminal));
    assert_int_equal(read_once(&byte, 1), -1);
}

static void test_literal_waits_for_room(void **state)
{
    (void)state;
    no_echo();
    type("a\n");
    fill('x', TERMINAL_INPUT_BYTES - 3);
    type("\x16");
    assert_int_equal(terminal_receive(terminal, "\x03", 1), 0);
    assert_read("a\n");
    assert_int_equal(terminal_receive(terminal, "\x03", 1), 1);
    assert_signals("");
}

/* ---- change of mode ------------------------------------------------------------------------- */

static void test_typed_line_becomes_bytes(void **state)
{
    (void)state;
    type("a\nb\x04\x04"
         "c");
    raw(1, 0);
    assert_int_equal(terminal_input_count(terminal), 4);
    assert_read("a\nbc");
}

static void test_bytes_become_lines(void **state)
{
    (void)state;
    raw(1, 0);
    type("a\nbc");
    attributes.local |= TERMINAL_ICANON;
    terminal_set_attributes(terminal, &attributes);
    assert_woken(TERMINAL_WAKE_READERS);
    assert_read("a\n");
    assert_waits();
    type("\x7f\n");
    assert_read("b\n");
}

static void test_bytes_become_lines_by_other_ends(void **state)
{
    (void)state;
    char text[8];
    attributes.characters[TERMINAL_VEOL2] = '!';
    raw(1, 0);
    assert_int_equal(terminal_receive(terminal, "\0!b;c", 5), 5);
    attributes.local |= TERMINAL_ICANON;
    attributes.characters[TERMINAL_VEOL] = ';';
    apply();
    assert_int_equal(read_once(text, sizeof(text)), 2); /* the zero byte ends nothing */
    assert_memory_equal(text, "\0!", 2);
    assert_read("b;");
    assert_waits();
}

/* ---- MIN and TIME --------------------------------------------------------------------------- */

static enum terminal_status read_at(struct terminal_reading *reading, uint64_t now,
                                    const char *expected)
{
    char text[TERMINAL_INPUT_BYTES + 1];
    uint32_t count;
    enum terminal_status status = terminal_read(terminal, reading, now, text, 8, &count);
    text[count] = '\0';
    assert_string_equal(text, expected);
    return status;
}

static void test_least(void **state)
{
    (void)state;
    struct terminal_reading reading = {.nonblocking = false};
    raw(3, 0);
    type("ab");
    assert_woken(TERMINAL_WAKE_READERS);
    assert_int_equal(read_at(&reading, 0, ""), TERMINAL_WAITS);
    assert_int_equal(reading.deadline, TERMINAL_FOREVER);
    assert_false(terminal_readable(terminal));
    assert_read_of(2, "ab"); /* no more are wanted */
    type("cde");
    assert_true(terminal_readable(terminal));
    assert_int_equal(read_at(&reading, 0, "cde"), TERMINAL_DONE);
    type("f");
    reading.nonblocking = true;
    assert_int_equal(read_at(&reading, 0, "f"), TERMINAL_DONE);
    assert_int_equal(read_at(&reading, 0, ""), TERMINAL_WAITS);
}

static void test_neither(void **state)
{
    (void)state;
    raw(0, 0);
    assert_read("");
    assert_false(terminal_readable(terminal));
    type("a");
    assert_true(terminal_readable(terminal));
    assert_read("a");
}

static void test_time_of_read(void **state)
{
    (void)state;
    struct terminal_reading reading = {.nonblocking = false};
    raw(0, 5);
    assert_int_equal(read_at(&reading, SECOND, ""), TERMINAL_WAITS);
    assert_int_equal(reading.deadline, SECOND + SECOND / 2);
    assert_int_equal(read_at(&reading, reading.deadline - 1, ""), TERMINAL_WAITS);
    assert_int_equal(reading.deadline, SECOND + SECOND / 2);
    assert_int_equal(read_at(&reading, reading.deadline, ""), TERMINAL_DONE);
    reading = (struct terminal_reading){.nonblocking = false};
    assert_int_equal(read_at(&reading, SECOND, ""), TERMINAL_WAITS);
    type("a");
    assert_int_equal(read_at(&reading, SECOND, "a"), TERMINAL_DONE);
    reading = (struct terminal_reading){.nonblocking = true};
    assert_int_equal(read_at(&reading, SECOND, ""), TERMINAL_WAITS);
    reading = (struct terminal_reading){.nonblocking = false};
    assert_int_equal(read_at(&reading, UINT64_MAX - 5, ""), TERMINAL_WAITS);
    assert_int_equal(reading.deadline, TERMINAL_FOREVER);
}

static void test_time_between_bytes(void **state)
{
    (void)state;
    struct terminal_reading reading = {.nonblocking = false};
    raw(3, 10);
    assert_int_equal(read_at(&reading, 0, ""), TERMINAL_WAITS);
    assert_int_equal(reading.deadline, TERMINAL_FOREVER);
    assert_int_equal(read_at(&reading, 100 * SECOND, ""), TERMINAL_WAITS);
    type("a");
    assert_true(terminal_readable(terminal));
    assert_int_equal(read_at(&reading, 200 * SECOND, ""), TERMINAL_WAITS);
    assert_int_equal(reading.deadline, 201 * SECOND);
    type("b");
    assert_int_equal(read_at(&reading, 201 * SECOND, ""), TERMINAL_WAITS);
    assert_int_equal(reading.deadline, 202 * SECOND);
    assert_int_equal(read_at(&reading, 202 * SECOND - 1, ""), TERMINAL_WAITS);
    assert_int_equal(read_at(&reading, 202 * SECOND, "ab"), TERMINAL_DONE);
    type("cde");
    reading = (struct terminal_reading){.nonblocking = false};
    assert_int_equal(read_at(&reading, 0, "cde"), TERMINAL_DONE);
}

/* Another reader has taken the byte whose timer ran. */
static void test_timer_stops_with_its_byte(void **state)
{
    (void)state;
    struct terminal_reading reading = {.nonblocking = false};
    raw(3, 10);
    type("a");
    assert_int_equal(read_at(&reading, 0, ""), TERMINAL_WAITS);
    assert_int_equal(reading.deadline, SECOND);
    assert_read_of(1, "a");
    assert_int_equal(read_at(&reading, 2 * SECOND, ""), TERMINAL_WAITS);
    assert_int_equal(reading.deadline, TERMINAL_FOREVER);
    attributes.local |= TERMINAL_ICANON;
    type("b");
    assert_int_equal(read_at(&reading, 2 * SECOND, ""), TERMINAL_WAITS);
    apply();
    assert_int_equal(read_at(&reading, 2 * SECOND, ""), TERMINAL_WAITS);
    assert_int_equal(reading.deadline, TERMINAL_FOREVER);
}

static void test_timer_starts_with_the_mode(void **state)
{
    (void)state;
    struct terminal_reading reading = {.nonblocking = false};
    assert_int_equal(read_at(&reading, SECOND, ""), TERMINAL_WAITS);
    raw(0, 5);
    assert_int_equal(read_at(&reading, 2 * SECOND, ""), TERMINAL_WAITS);
    assert_int_equal(reading.deadline, 2 * SECOND + SECOND / 2);
}

/* ---- signals -------------------------------------------------------------------------------- */

static void test_signals(void **state)
{
    (void)state;
    static const struct {
        const char *typed;
        const char *sent;
        const char *shown;
    } cases[] = {{"\x03", "10:2 ", "^C"}, {"\x1c", "10:3 ", "^\\"}, {"\x1a", "10:20 ", "^Z"}};
    for (uint32_t i = 0; i < 3; i++) {
        write_text("lost");
        type("lost\nlost");
        woken = 0;
        type(cases[i].typed);
        assert_signals(cases[i].sent);
        assert_woken(TERMINAL_WAKE_WRITERS | TERMINAL_WAKE_SOURCE | TERMINAL_WAKE_DEVICE);
        assert_sent(cases[i].shown);
        assert_waits();
    }
    type("\n");
    assert_read("\n");
}

static void test_signal_without_flush(void **state)
{
    (void)state;
    attributes.local |= TERMINAL_NOFLSH;
    apply();
    write_text("out");
    type("a\nb\x03");
    assert_signals("10:2 ");
    assert_sent("outa\r\nb^C");
    type("\n");
    assert_read("a\n");
    assert_read("b\n");
}

static void test_no_signals(void **state)
{
    (void)state;
    attributes.local &= ~(uint32_t)TERMINAL_ISIG;
    apply();
    type("\x03\x1a\x1c\n");
    assert_read("\x03\x1a\x1c\n");
    assert_signals("");
    raw(1, 0);
    attributes.local |= TERMINAL_ISIG;
    apply();
    type("\x03");
    assert_signals("10:2 ");
    terminal_leave(terminal, false);
    signals[0] = '\0';
    type("\x03"); /* taken, though there is nobody */
    assert_waits();
    assert_signals("");
}

static void test_signal_starts_output(void **state)
{
    (void)state;
    type("\x13\x03");
    assert_sent("^C");
}

static void test_size(void **state)
{
    (void)state;
    struct terminal_size size = {.rows = 24, .columns = 80};
    terminal_set_size(terminal, &size);
    assert_signals("10:28 ");
    terminal_set_size(terminal, &size);
    assert_signals("");
    assert_int_equal(terminal->size.columns, 80);
}

static void test_flush(void **state)
{
    (void)state;
    type("a\nb");
    terminal_flush(terminal, TERMINAL_FLUSH_INPUT);
    assert_woken(TERMINAL_WAKE_SOURCE);
    assert_waits();
    assert_int_equal(terminal_output_count(terminal), 4);
    terminal_flush(terminal, TERMINAL_FLUSH_OUTPUT);
    assert_woken(TERMINAL_WAKE_WRITERS);
    assert_sent("");
    type("\n");
    assert_read("\n");
}

/* ---- jobs ----------------------------------------------------------------------------------- */

static enum terminal_status may(uint32_t group, enum terminal_operation operation)
{
    struct terminal_caller who = caller(group);
    return terminal_may(terminal, &who, operation);
}

static void test_foreground_may_all(void **state)
{
    (void)state;
    assert_int_equal(may(SHELL, TERMINAL_READ), TERMINAL_DONE);
    assert_int_equal(may(SHELL, TERMINAL_WRITE), TERMINAL_DONE);
    assert_int_equal(may(SHELL, TERMINAL_CHANGE), TERMINAL_DONE);
    assert_signals("");
}

static void test_background(void **state)
{
    (void)state;
    assert_int_equal(may(JOB, TERMINAL_READ), TERMINAL_SIGNALLED);
    assert_signals("20:21 ");
    assert_int_equal(may(JOB, TERMINAL_WRITE), TERMINAL_DONE);
    assert_int_equal(may(JOB, TERMINAL_CHANGE), TERMINAL_SIGNALLED);
    assert_signals("20:22 ");
    attributes.local |= TERMINAL_TOSTOP;
    apply();
    assert_int_equal(may(JOB, TERMINAL_WRITE), TERMINAL_SIGNALLED);
    assert_signals("20:22 ");
}

static void test_orphans_are_not_stopped(void **state)
{
    (void)state;
    attributes.local |= TERMINAL_TOSTOP;
    apply();
    assert_int_equal(may(ORPHANS, TERMINAL_READ), TERMINAL_IO_ERROR);
    assert_int_equal(may(ORPHANS, TERMINAL_WRITE), TERMINAL_IO_ERROR);
    assert_int_equal(may(ORPHANS, TERMINAL_CHANGE), TERMINAL_IO_ERROR);
    assert_signals("");
}

static void test_ignored_stops(void **state)
{
    (void)state;
    attributes.local |= TERMINAL_TOSTOP;
    apply();
    struct terminal_caller who = caller(JOB);
    who.ignores_sigttin = true;
    assert_int_equal(terminal_may(terminal, &who, TERMINAL_READ), TERMINAL_IO_ERROR);
    assert_int_equal(terminal_may(terminal, &who, TERMINAL_WRITE), TERMINAL_SIGNALLED);
    assert_signals("20:22 ");
    who = caller(JOB);
    who.ignores_sigttou = true;
    assert_int_equal(terminal_may(terminal, &who, TERMINAL_READ), TERMINAL_SIGNALLED);
    assert_signals("20:21 ");
    assert_int_equal(terminal_may(terminal, &who, TERMINAL_WRITE), TERMINAL_DONE);
    assert_int_equal(terminal_may(terminal, &who, TERMINAL_CHANGE), TERMINAL_DONE);
}

static void test_other_sessions_may_all(void **state)
{
    (void)state;
    struct terminal_caller who = {.session = 99, .group = 99};
    assert_int_equal(terminal_may(terminal, &who, TERMINAL_READ), TERMINAL_DONE);
    assert_int_equal(terminal_may(terminal, &who, TERMINAL_CHANGE), TERMINAL_DONE);
}

static void test_set_foreground(void **state)
{
    (void)state;
    struct terminal_caller shell = caller(SHELL);
    struct terminal_caller stranger = {.session = 99, .group = 99};
    assert_int_equal(terminal_set_foreground(terminal, &shell, JOB, 99), TERMINAL_NOT_PERMITTED);
    assert_int_equal(terminal_set_foreground(terminal, &shell, JOB, 0), TERMINAL_NOT_PERMITTED);
    assert_int_equal(terminal_set_foreground(terminal, &shell, 0, SESSION), TERMINAL_NOT_PERMITTED);
    assert_int_equal(terminal_set_foreground(terminal, &stranger, 99, 99),
                     TERMINAL_NOT_CONTROLLING);
    assert_int_equal(terminal_set_foreground(terminal, &shell, JOB, SESSION), TERMINAL_DONE);
    type("\x03");
    assert_signals("20:2 ");
    assert_int_equal(terminal_set_foreground(terminal, &shell, SHELL, SESSION), TERMINAL_SIGNALLED);
    assert_signals("10:22 ");
    shell.ignores_sigttou = true;
    assert_int_equal(terminal_set_foreground(terminal, &shell, SHELL, SESSION), TERMINAL_DONE);
    assert_int_equal(terminal->foreground, SHELL);
}

static void test_acquire(void **state)
{
    (void)state;
    struct terminal_caller leader = {.session = 99, .group = 98, .leads_session = true};
    assert_int_equal(terminal_acquire(terminal, &leader), TERMINAL_NOT_PERMITTED);
    terminal_leave(terminal, false);
    assert_signals("10:1 ");
    leader.leads_session = false;
    assert_int_equal(terminal_acquire(terminal, &leader), TERMINAL_NOT_PERMITTED);
    leader.leads_session = leader.has_terminal = true;
    assert_int_equal(terminal_acquire(terminal, &leader), TERMINAL_NOT_PERMITTED);
    leader.has_terminal = false;
    assert_int_equal(terminal_acquire(terminal, &leader), TERMINAL_DONE);
    assert_int_equal(terminal->session, 99);
    assert_int_equal(terminal->foreground, 98);
    leader.has_terminal = true;
    assert_int_equal(terminal_acquire(terminal, &leader), TERMINAL_DONE);
    terminal_leave(terminal, true);
    assert_signals("98:1 98:18 ");
    assert_int_equal(terminal->foreground, 0);
    struct terminal_caller none = caller(SHELL);
    assert_int_equal(terminal_set_foreground(terminal, &none, SHELL, SESSION),
                     TERMINAL_NOT_CONTROLLING);
}

/* ---- hang-up and pairs ---------------------------------------------------------------------- */

static void test_hang_up(void **state)
{
    (void)state;
    uint32_t taken;
    attributes.input |= TERMINAL_IXOFF;
    apply();
    type("a\n");
    fill('x', TERMINAL_INPUT_BYTES - 3);
    woken = 0;
    pseudo_terminal_close_master(&pair);
    assert_woken(TERMINAL_WAKE_READERS | TERMINAL_WAKE_WRITERS | TERMINAL_WAKE_DEVICE |
                 TERMINAL_WAKE_SOURCE);
    assert_signals("leader 10:1 leader 10:18 ");
    assert_true(terminal_readable(terminal));
    assert_true(terminal_writable(terminal));
    assert_false(terminal_sends(terminal));
    assert_read("");
    assert_read("");
    assert_int_equal(terminal_write(terminal, "x", 1, &taken), TERMINAL_IO_ERROR);
    assert_int_equal(taken, 0);
    assert_int_equal(may(JOB, TERMINAL_READ), TERMINAL_DONE);
    assert_int_equal(may(SHELL, TERMINAL_WRITE), TERMINAL_IO_ERROR);
    assert_int_equal(may(SHELL, TERMINAL_CHANGE), TERMINAL_IO_ERROR);
    assert_int_equal(pseudo_terminal_open_slave(&pair), TERMINAL_IO_ERROR);
    struct terminal_caller leader = {.session = 99, .group = 99, .leads_session = true};
    assert_int_equal(terminal_acquire(terminal, &leader), TERMINAL_IO_ERROR);
    terminal_hang_up(terminal);
    assert_signals("");
    terminal_leave(terminal, false);
    assert_signals("10:1 ");
}

static void test_pair(void **state)
{
    (void)state;
    char text[64];
    uint32_t count;
    assert_int_equal(pseudo_terminal_read_master(&pair, text, sizeof(text), &count),
                     TERMINAL_WAITS);
    assert_false(pseudo_terminal_master_readable(&pair));
    assert_int_equal(pseudo_terminal_write_master(&pair, "hi\r", 3, &count), TERMINAL_DONE);
    assert_int_equal(count, 3);
    assert_read("hi\n");
    assert_true(pseudo_terminal_master_readable(&pair));
    assert_int_equal(pseudo_terminal_read_master(&pair, text, sizeof(text), &count), TERMINAL_DONE);
    assert_int_equal(count, 4);
    assert_memory_equal(text, "hi\r\n", 4);
    assert_int_equal(pseudo_terminal_read_master(&pair, text, 0, &count), TERMINAL_DONE);
}

static void test_master_is_full(void **state)
{
    (void)state;
    static char text[2 * TERMINAL_INPUT_BYTES];
    uint32_t count;
    raw(1, 0);
    memset(text, 'x', sizeof(text));
    assert_int_equal(pseudo_terminal_write_master(&pair, text, sizeof(text), &count),
                     TERMINAL_DONE);
    assert_int_equal(count, TERMINAL_INPUT_BYTES - 1);
    assert_false(pseudo_terminal_master_writable(&pair));
    assert_int_equal(pseudo_terminal_write_master(&pair, text, 1, &count), TERMINAL_WAITS);
    assert_int_equal(pseudo_terminal_write_master(&pair, text, 0, &count), TERMINAL_DONE);
    assert_read_of(1, "x");
    assert_true(pseudo_terminal_master_writable(&pair));
}

static void test_slaves_go(void **state)
{
    (void)state;
    char text[64];
    uint32_t count;
    assert_int_equal(pseudo_terminal_open_slave(&pair), TERMINAL_DONE);
    write_text("bye");
    type("\x13"); /* which must not hide what was written */
    pseudo_terminal_close_slave(&pair);
    assert_false(pair.slave_closed);
    woken = 0;
    pseudo_terminal_close_slave(&pair);
    assert_woken(TERMINAL_WAKE_DEVICE);
    assert_true(pair.slave_closed);
    assert_int_equal(pseudo_terminal_read_master(&pair, text, 2, &count), TERMINAL_DONE);
    assert_int_equal(pseudo_terminal_read_master(&pair, text, 64, &count), TERMINAL_DONE);
    assert_true(pseudo_terminal_master_readable(&pair));
    assert_int_equal(pseudo_terminal_read_master(&pair, text, 64, &count), TERMINAL_IO_ERROR);
    type("kept\n");
    assert_int_equal(pseudo_terminal_open_slave(&pair), TERMINAL_DONE);
    assert_read("kept\n");
    (void)!pseudo_terminal_read_master(&pair, text, 64, &count);
    assert_int_equal(pseudo_terminal_read_master(&pair, text, 64, &count), TERMINAL_WAITS);
}

static void test_locked(void **state)
{
    (void)state;
    char byte;
    uint32_t count;
    pseudo_terminal_init(&pair, &hooks, &pair);
    assert_int_equal(pseudo_terminal_open_slave(&pair), TERMINAL_IO_ERROR);
    assert_int_equal(pseudo_terminal_read_master(&pair, &byte, 1, &count), TERMINAL_WAITS);
    pair.locked = false;
    assert_int_equal(pseudo_terminal_open_slave(&pair), TERMINAL_DONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_line, setup),
        cmocka_unit_test_setup(test_a_read_gets_one_line, setup),
        cmocka_unit_test_setup(test_end_of_file, setup),
        cmocka_unit_test_setup(test_other_ends_of_line, setup),
        cmocka_unit_test_setup(test_disabled_character, setup),
        cmocka_unit_test_setup(test_carriage_returns, setup),
        cmocka_unit_test_setup(test_strip, setup),
        cmocka_unit_test_setup(test_erase, setup),
        cmocka_unit_test_setup(test_erase_does_not_reach_the_line_before, setup),
        cmocka_unit_test_setup(test_erase_control, setup),
        cmocka_unit_test_setup(test_erase_character_of_many_bytes, setup),
        cmocka_unit_test_setup(test_erase_tab, setup),
        cmocka_unit_test_setup(test_without_echoe, setup),
        cmocka_unit_test_setup(test_kill, setup),
        cmocka_unit_test_setup(test_erase_word, setup),
        cmocka_unit_test_setup(test_reprint, setup),
        cmocka_unit_test_setup(test_literal, setup),
        cmocka_unit_test_setup(test_no_echo, setup),
        cmocka_unit_test_setup(test_echo_of_bytes, setup),
        cmocka_unit_test_setup(test_echo_has_room_of_its_own, setup),
        cmocka_unit_test_setup(test_output, setup),
        cmocka_unit_test_setup(test_output_flags, setup),
        cmocka_unit_test_setup(test_tabs_to_spaces, setup),
        cmocka_unit_test_setup(test_stop_and_start, setup),
        cmocka_unit_test_setup(test_any_key_starts, setup),
        cmocka_unit_test_setup(test_stop_ends_with_its_flag, setup),
        cmocka_unit_test_setup(test_flow_calls, setup),
        cmocka_unit_test_setup(test_source_is_stopped, setup),
        cmocka_unit_test_setup(test_unended_line_is_not_stopped, setup),
        cmocka_unit_test_setup(test_long_line, setup),
        cmocka_unit_test_setup(test_lines_that_nobody_reads, setup),
        cmocka_unit_test_setup(test_erasing_makes_room, setup),
        cmocka_unit_test_setup(test_full_of_bytes, setup),
        cmocka_unit_test_setup(test_literal_waits_for_room, setup),
        cmocka_unit_test_setup(test_typed_line_becomes_bytes, setup),
        cmocka_unit_test_setup(test_bytes_become_lines, setup),
        cmocka_unit_test_setup(test_bytes_become_lines_by_other_ends, setup),
        cmocka_unit_test_setup(test_least, setup),
        cmocka_unit_test_setup(test_neither, setup),
        cmocka_unit_test_setup(test_time_of_read, setup),
        cmocka_unit_test_setup(test_time_between_bytes, setup),
        cmocka_unit_test_setup(test_timer_stops_with_its_byte, setup),
        cmocka_unit_test_setup(test_timer_starts_with_the_mode, setup),
        cmocka_unit_test_setup(test_signals, setup),
        cmocka_unit_test_setup(test_signal_without_flush, setup),
        cmocka_unit_test_setup(test_no_signals, setup),
        cmocka_unit_test_setup(test_signal_starts_output, setup),
        cmocka_unit_test_setup(test_size, setup),
        cmocka_unit_test_setup(test_flush, setup),
        cmocka_unit_test_setup(test_foreground_may_all, setup),
        cmocka_unit_test_setup(test_background, setup),
        cmocka_unit_test_setup(test_orphans_are_not_stopped, setup),
        cmocka_unit_test_setup(test_ignored_stops, setup),
        cmocka_unit_test_setup(test_other_sessions_may_all, setup),
        cmocka_unit_test_setup(test_set_foreground, setup),
        cmocka_unit_test_setup(test_acquire, setup),
        cmocka_unit_test_setup(test_hang_up, setup),
        cmocka_unit_test_setup(test_pair, setup),
        cmocka_unit_test_setup(test_master_is_full, setup),
        cmocka_unit_test_setup(test_slaves_go, setup),
        cmocka_unit_test_setup(test_locked, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
