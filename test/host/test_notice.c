/* Unit tests of servers/console/notice.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "notice.h"

enum { RING = 2048 };

static uint8_t bytes[RING];
static struct byte_ring output;

static int setup(void **state)
{
    (void)state;
    byte_ring_init(&output, bytes, RING);
    return 0;
}

/* Written and, so that old bytes are overwritten in time, sent. */
static void print(const char *text)
{
    for (; *text != '\0'; text++) {
        assert_true(byte_ring_put(&output, (uint8_t)*text));
        byte_ring_discard(&output, 1);
    }
}

static void expect(const char *wanted)
{
    uint8_t made[NOTICE_BYTES];
    uint32_t length = notice_compose(&output, "news", 4, made);
    assert_int_equal(length, strlen(wanted));
    assert_memory_equal(made, wanted, length);
}

static void test_empty_line(void **state)
{
    (void)state;
    expect("news\n");
    print("a line\n");
    expect("news\n");
    print("\r");
    expect("news\n");
}

static void test_current_line(void **state)
{
    (void)state;
    print("prompt");
    expect("\r\x1b[Knews\nprompt");
    print("\nfirst\n# typed\x1b[2Dxy\x1b[J");
    expect("\r\x1b[Knews\n# typed\x1b[2Dxy\x1b[J");
    print("\r10 percent");
    expect("\r\x1b[Knews\n10 percent");
}

/* What cleared the screen or chose a place there is not repeated. */
static void test_fresh_start(void **state)
{
    (void)state;
    print("old\x1b[H\x1b[2Jnew\x1b[J line");
    expect("\r\x1b[Knews\nnew\x1b[J line");
    print("\x1b[12;1H");
    expect("\r\x1b[Knews\n");
    print("\x1b[");
    expect("\r\x1b[Knews\n\x1b[");
}

/* The ring has overwritten its beginning, or it is longer than is looked through. */
static void test_long_line(void **state)
{
    (void)state;
    print("x\n");
    for (int i = 0; i < NOTICE_CURRENT; i++) {
        print("y");
    }
    expect("\nnews\n");
    for (int i = 0; i < 3 * RING; i++) {
        print("z");
    }
    expect("\nnews\n");
    print("\nshort");
    expect("\r\x1b[Knews\nshort");
}

static void test_longest(void **state)
{
    static char line[2 * NOTICE_LINE];
    uint8_t made[NOTICE_BYTES];
    (void)state;
    memset(line, 'n', sizeof(line));
    print("\n");
    for (int i = 0; i < NOTICE_CURRENT - 1; i++) {
        print("y");
    }
    uint32_t length = notice_compose(&output, line, sizeof(line), made);
    assert_int_equal(length, 4 + NOTICE_LINE + 1 + NOTICE_CURRENT - 1);
    assert_true(length <= NOTICE_BYTES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_empty_line, setup),
        cmocka_unit_test_setup(test_current_line, setup),
        cmocka_unit_test_setup(test_fresh_start, setup),
        cmocka_unit_test_setup(test_long_line, setup),
        cmocka_unit_test_setup(test_longest, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
