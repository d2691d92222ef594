/* Unit tests of programs/lib/gpio_words.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "gpio_words.h"

static void test_words(void **state)
{
    (void)state;
    struct gpio_words words = {0};
    assert_true(gpio_words_add(&words, "0", false));
    assert_true(gpio_words_add(&words, "63", false));
    assert_true(words.lines == (1ull << 63 | 1) && words.values == 0);
    words = (struct gpio_words){0};
    assert_true(gpio_words_add(&words, "3=1", true));
    assert_true(gpio_words_add(&words, "007=0", true));
    assert_int_equal(words.lines, 0x88);
    assert_int_equal(words.values, 0x8);
    assert_false(gpio_words_add(&words, "3=0", true));
    static const char *const plain[] = {"", "64", "-1", "1=1", "1 ", "x", "99999999999999999999"};
    static const char *const valued[] = {"", "1", "1=", "1=2", "1=11", "1=1 ", "=1", "64=1"};
    for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++) {
        words = (struct gpio_words){0};
        assert_false(gpio_words_add(&words, plain[i], false));
    }
    for (size_t i = 0; i < sizeof(valued) / sizeof(valued[0]); i++) {
        words = (struct gpio_words){0};
        assert_false(gpio_words_add(&words, valued[i], true));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_words)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
