/* Lines of logs (servers/journal/lines.c): where the journal goes on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lines.h"

static void expect_last(const char *text, const char *wanted)
{
    struct line line = lines_last(text, strlen(text));
    assert_int_equal(line.length, strlen(wanted));
    assert_memory_equal(line.text == NULL ? "" : line.text, wanted, line.length);
}

static void test_last(void **state)
{
    (void)state;
    expect_last("", "");
    expect_last("\n\n", "");
    expect_last("[ 1.0] no end", "");
    expect_last("[ 1.0] one\n[ 2.0] torn", "[ 1.0] one");
    expect_last("[ 1.0] one\n[ 2.0] two\n", "[ 2.0] two");
    expect_last("[ 1.0] one\n==== boot ====\nkernel panic on CPU 0\n\n", "[ 1.0] one");
    expect_last("ine] cut\n==== boot ====\n", "");
}

static void test_behind(void **state)
{
    static const char text[] = "[ 1] one\n[ 2] two\n[ 1] one\n[ 3] two and more\n[ 4] torn";
    size_t behind = 99;
    (void)state;
    struct line line = {"[ 1] one", 8};
    assert_true(lines_behind(text, strlen(text), &line, &behind));
    assert_string_equal(text + behind, "[ 3] two and more\n[ 4] torn");
    line = (struct line){"[ 3] two", 8};
    assert_false(lines_behind(text, strlen(text), &line, &behind));
    line = (struct line){"[ 4] torn", 9};
    assert_false(lines_behind(text, strlen(text), &line, &behind));
    line = (struct line){0};
    assert_false(lines_behind("\n\n", 2, &line, &behind));
    assert_false(lines_behind("", 0, &line, &behind));
}

static void test_whole(void **state)
{
    (void)state;
    assert_int_equal(lines_whole("one\ntwo", 7), 4);
    assert_int_equal(lines_whole("one\ntwo\n", 8), 8);
    assert_int_equal(lines_whole("one", 3), 3);
    assert_int_equal(lines_whole("", 0), 0);
}

static void test_size(void **state)
{
    uint64_t size = 0;
    (void)state;
    assert_true(lines_size("64K", 4096, 1 << 20, &size));
    assert_int_equal(size, 65536);
    assert_true(lines_size("1M", 4096, 1 << 20, &size));
    assert_int_equal(size, 1 << 20);
    assert_true(lines_size("4096", 4096, 1 << 20, &size));
    static const char *const bad[] = {"",
                                      "K",
                                      "4095",
                                      "1025K",
                                      "2M",
                                      "64k",
                                      "64KB",
                                      "-1",
                                      "64 ",
                                      "18446744073709551616K",
                                      "99999999999999999999999"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_false(lines_size(bad[i], 4096, 1 << 20, &size));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_last),
        cmocka_unit_test(test_behind),
        cmocka_unit_test(test_whole),
        cmocka_unit_test(test_size),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
