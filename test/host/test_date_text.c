/* Unit tests of programs/lib/date_text.c, against the C library of the host. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>

#include <cmocka.h>

#include "date_text.h"

#define LAST_SECOND UINT64_C(18429292799) /* 2553-12-31 23:59:59 */

static void assert_same(uint64_t seconds)
{
    char text[32];
    uint64_t parsed = ~seconds;
    time_t time = (time_t)seconds;
    const struct tm *fields = gmtime(&time);
    assert_non_null(fields);
    assert_int_not_equal(strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", fields), 0);
    assert_true(date_parse(text, &parsed));
    assert_int_equal(parsed, seconds);
}

static void test_agrees_with_the_host(void **state)
{
    (void)state;
    assert_same(0);
    assert_same(LAST_SECOND);
    for (uint64_t seconds = 1; seconds < LAST_SECOND; seconds += 3 * 86399) {
        assert_same(seconds);
    }
}

static void test_what_is_refused(void **state)
{
    static const char *const texts[] = {
        "",
        "2001-02-03",
        "2001-02-03 04:05",
        "2001-02-03 04:05:06 ",
        " 2001-02-03 04:05:06",
        "2001-02-03T04:05:06",
        "2001-2-03 04:05:06",
        "+001-02-03 04:05:06",
        "1969-12-31 23:59:59",
        "2554-01-01 00:00:00",
        "2001-00-03 04:05:06",
        "2001-13-03 04:05:06",
        "2001-02-00 04:05:06",
        "2001-02-29 04:05:06",
        "2100-02-29 04:05:06",
        "2000-04-31 04:05:06",
        "2001-02-03 24:05:06",
        "2001-02-03 04:60:06",
        "2001-02-03 04:05:60",
        "YYYY-MM-DD hh:mm:ss",
    };
    uint64_t seconds = 0;
    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        if (date_parse(texts[i], &seconds)) {
            fail_msg("`%s` was taken", texts[i]);
        }
    }
    assert_true(date_parse("2000-02-29 00:00:00", &seconds));
    assert_true(date_parse("2400-02-29 23:59:59", &seconds));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_agrees_with_the_host),
        cmocka_unit_test(test_what_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
