/*
 * Random tests of abi-servers/common/terminal: any operations against what must hold, and bytes
 * that go through it in both directions against what went in. The numbers are the same in each run.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "pseudo_terminal.h"
#include "terminal_operations.h"

enum { RUNS = 100, CHOICES = 4000, STREAM = 200000, PIECE = 600, LINE = 200 };

static uint64_t random_state;

/* splitmix64 */
static uint64_t random_number(void)
{
    random_state += 0x9e3779b97f4a7c15u;
    uint64_t value = random_state;
    value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9u;
    value = (value ^ (value >> 27)) * 0x94d049bb133111ebu;
    return value ^ (value >> 31);
}

static void test_operations(void **state)
{
    (void)state;
    static uint8_t choices[CHOICES];
    random_state = 1;
    for (uint32_t run = 0; run < RUNS; run++) {
        for (uint32_t i = 0; i < CHOICES; i++) {
            choices[i] = (uint8_t)random_number();
        }
        terminal_operations(choices, CHOICES);
    }
}

/* ---- streams -------------------------------------------------------------------------------- */

static void wake(void *context, uint32_t who)
{
    (void)context;
    (void)who;
}

static void signal_any(void *context, uint32_t id, enum terminal_signal signal)
{
    (void)context;
    fail_msg("signal %d to %u", (int)signal, id);
}

static bool never(void *context, uint32_t group)
{
    (void)context;
    (void)group;
    return false;
}

static const struct terminal_hooks hooks = {wake, signal_any, signal_any, never};

static struct pseudo_terminal pair;
static uint8_t in[STREAM], out[STREAM], got_in[STREAM + PIECE], got_out[STREAM + PIECE];

static uint32_t piece(uint32_t done)
{
    uint32_t count = (uint32_t)(random_number() % PIECE) + 1;
    return count < STREAM - done ? count : STREAM - done;
}

/* All of both streams, in pieces, by four parties in any order. */
static void pass_streams(void)
{
    uint32_t typed = 0, read = 0, written = 0, sent = 0, count;
    while (read < STREAM || sent < STREAM) {
        struct terminal_reading reading = {.nonblocking = true};
        switch (random_number() % 4) {
        case 0:
            typed += terminal_receive(&pair.terminal, in + typed, piece(typed));
            break;
        case 1:
            (void)terminal_read(&pair.terminal, &reading, 0, got_in + read, piece(read), &count);
            read += count;
            break;
        case 2:
            (void)terminal_write(&pair.terminal, out + written, piece(written), &count);
            written += count;
            break;
        default:
            sent += terminal_send(&pair.terminal, got_out + sent, piece(sent));
            break;
        }
        assert_true(read <= typed && sent <= written);
    }
    assert_memory_equal(got_in, in, STREAM);
    assert_memory_equal(got_out, out, STREAM);
}

static void test_bytes_are_kept(void **state)
{
    (void)state;
    random_state = 2;
    pseudo_terminal_init(&pair, &hooks, &pair);
    struct terminal_attributes raw = {.characters = {[TERMINAL_VMIN] = 1}};
    terminal_set_attributes(&pair.terminal, &raw);
    for (uint32_t i = 0; i < STREAM; i++) {
        in[i] = (uint8_t)random_number();
        out[i] = (uint8_t)random_number();
    }
    pass_streams();
}

static void test_lines_are_kept(void **state)
{
    (void)state;
    random_state = 3;
    pseudo_terminal_init(&pair, &hooks, &pair);
    struct terminal_attributes lines = pair.terminal.attributes;
    lines.local &= ~(uint32_t)TERMINAL_ECHO;
    lines.output &= ~(uint32_t)TERMINAL_OPOST;
    terminal_set_attributes(&pair.terminal, &lines);
    for (uint32_t i = 0; i < STREAM; i++) {
        uint64_t number = random_number();
        in[i] = number % LINE == 0 ? '\n' : (uint8_t)('a' + number % 26);
        out[i] = (uint8_t)number;
    }
    in[STREAM - 1] = '\n';
    pass_streams();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_operations),
        cmocka_unit_test(test_bytes_are_kept),
        cmocka_unit_test(test_lines_are_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
