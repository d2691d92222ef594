/* Unit tests of abi-servers/common/arguments.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "arguments.h"

#define TEXTS(text, arguments, environment) {arguments, environment, text, sizeof(text) - 1}

static void test_next(void **state)
{
    const struct arguments two = TEXTS("one\0\0left", 2, 0);
    size_t at = 0;
    (void)state;
    assert_string_equal(arguments_next(&two, &at), "one");
    assert_string_equal(arguments_next(&two, &at), "");
    assert_null(arguments_next(&two, &at)); /* no zero ends it */
    assert_int_equal(at, 5);
    at = 100;
    assert_null(arguments_next(&two, &at));
}

static void test_whole(void **state)
{
    const struct arguments good[] = {TEXTS("", 0, 0), TEXTS("a\0b\0", 2, 0), TEXTS("a\0b\0", 0, 2),
                                     TEXTS("\0\0\0", 1, 2)};
    const struct arguments bad[] = {TEXTS("", 1, 0),
                                    TEXTS("a\0b", 1, 0),
                                    TEXTS("a\0b", 2, 0),
                                    TEXTS("a\0b\0", 1, 0),
                                    TEXTS("a\0b\0", 3, UINT64_MAX),
                                    TEXTS("a\0b\0", UINT64_MAX, 3)};
    (void)state;
    for (unsigned i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        assert_true(arguments_are_whole(&good[i]));
    }
    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_false(arguments_are_whole(&bad[i]));
    }
}

static void assert_script(struct arguments arguments, const char *line, const char *wanted,
                          size_t bytes)
{
    static char texts[ARGUMENT_BYTES];
    char reason[SCRIPT_LINE_REASON];
    struct script_line script;
    uint64_t environment = arguments.environment_count;
    assert_int_equal(script_line_parse(line, (uint32_t)strlen(line), &script, reason), STATUS_OK);
    assert_int_equal(arguments_of_script(&arguments, &script, "/file", texts), STATUS_OK);
    assert_int_equal(arguments.bytes, bytes);
    assert_memory_equal(arguments.texts, wanted, bytes);
    assert_int_equal(arguments.environment_count, environment);
    assert_true(arguments_are_whole(&arguments));
}

static void test_script(void **state)
{
    (void)state;
    assert_script((struct arguments)TEXTS("name\0x\0E=1\0", 2, 1), "#!/sh -e f \n",
                  "/sh\0-e f\0/file\0x\0E=1", 21);
    assert_script((struct arguments)TEXTS("name\0", 1, 0), "#!/sh", "/sh\0/file", 10);
    assert_script((struct arguments)TEXTS("", 0, 0), "#!/sh", "/sh\0/file", 10);
    assert_script((struct arguments)TEXTS("E=1\0", 0, 1), "#!/sh", "/sh\0/file\0E=1", 14);
}

/* To the last byte, and one more. */
static void test_script_too_large(void **state)
{
    static char given[ARGUMENT_BYTES];
    static char texts[ARGUMENT_BYTES + 1];
    const struct script_line script = {"/sh", 3, "", 0};
    const size_t most = ARGUMENT_BYTES - sizeof("/sh") - sizeof("/file");
    (void)state;
    memset(given, 'x', sizeof(given));
    given[0] = given[most] = '\0';
    for (size_t more = 0; more < 2; more++) {
        given[most + more] = '\0';
        struct arguments arguments = {2, 0, given, 1 + most + more};
        given[most] = more ? 'x' : '\0';
        texts[ARGUMENT_BYTES] = '!';
        assert_int_equal(arguments_of_script(&arguments, &script, "/file", texts),
                         more ? STATUS_TOO_LARGE : STATUS_OK);
        assert_int_equal(arguments.argument_count, more ? 2 : 3);
        assert_true(more || arguments_are_whole(&arguments));
        assert_int_equal(texts[ARGUMENT_BYTES], '!');
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_next),
        cmocka_unit_test(test_whole),
        cmocka_unit_test(test_script),
        cmocka_unit_test(test_script_too_large),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
