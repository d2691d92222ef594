/* Unit tests of examples/personality/header.c: files that are no program of the toy. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "personality.h"

enum { MACHINE = 243, FILE_BYTES = 3 * 4096 + 100 };

static struct toy_header header;
static const char *why;

static int setup(void **state)
{
    (void)state;
    header = (struct toy_header){.machine = MACHINE,
                                 .entry = TOY_BASE + sizeof(header),
                                 .text_end = TOY_BASE + 2 * PAGE,
                                 .data_end = TOY_BASE + FILE_BYTES,
                                 .zero_end = TOY_BASE + 5 * PAGE + 1};
    memcpy(header.magic, TOY_MAGIC, sizeof(header.magic));
    return 0;
}

static status_t check(uint64_t size)
{
    return toy_check(&header, size, MACHINE, &why);
}

static void assert_refused(const char *reason)
{
    assert_int_equal(check(FILE_BYTES), STATUS_REFUSED);
    assert_string_equal(why, reason);
}

static void test_good(void **state)
{
    (void)state;
    assert_int_equal(check(FILE_BYTES), STATUS_OK);
    assert_string_equal(why, "");
    assert_int_equal(check(FILE_BYTES + 1), STATUS_OK);
    header.data_end = header.zero_end = header.text_end;
    header.entry = header.text_end - 1;
    assert_int_equal(check(2 * PAGE), STATUS_OK);
    header.zero_end = TOY_TOP - 2 * TOY_STACK;
    assert_int_equal(check(2 * PAGE), STATUS_OK);
}

static void test_other_formats(void **state)
{
    (void)state;
    for (unsigned i = 0; i < sizeof(header.magic); i++) {
        header.magic[i] ^= 1;
        assert_int_equal(check(FILE_BYTES), STATUS_BAD_FORMAT);
        assert_string_equal(why, "does not begin as a toy program");
        header.magic[i] ^= 1;
    }
    assert_int_equal(check(sizeof(header) - 1), STATUS_BAD_FORMAT);
    assert_int_equal(check(0), STATUS_BAD_FORMAT);
    header.machine++;
    assert_refused("is built for another machine");
}

static void test_cut_short(void **state)
{
    (void)state;
    assert_int_equal(check(FILE_BYTES - 1), STATUS_REFUSED);
    assert_string_equal(why, "is cut short");
}

/* Each field in turn has each of these; whatever is taken keeps to the limits. */
static void test_wild_addresses(void **state)
{
    static const uint64_t wild[] = {0,
                                    1,
                                    TOY_BASE - 1,
                                    TOY_BASE,
                                    TOY_BASE + sizeof(header) - 1,
                                    TOY_BASE + PAGE - 1,
                                    TOY_BASE + 2 * PAGE - 1,
                                    TOY_BASE + 2 * PAGE,
                                    TOY_TOP - 2 * TOY_STACK + 1,
                                    TOY_TOP,
                                    UINT64_MAX - PAGE + 1,
                                    UINT64_MAX};
    const char *const order = "has addresses out of order or of its range";
    uint64_t *const fields[] = {&header.entry, &header.text_end, &header.data_end,
                                &header.zero_end};
    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        for (unsigned j = 0; j < sizeof(wild) / sizeof(wild[0]); j++) {
            (void)setup(NULL);
            *fields[i] = wild[j];
            if (check(FILE_BYTES) != STATUS_OK) {
                assert_string_equal(why, order);
                continue;
            }
            assert_true(header.text_end % PAGE == 0);
            assert_in_range(header.entry, TOY_BASE + sizeof(header), header.text_end - 1);
            assert_in_range(header.data_end, header.text_end, TOY_BASE + FILE_BYTES);
            assert_in_range(header.zero_end, header.data_end, TOY_TOP - 2 * TOY_STACK);
        }
    }
    (void)setup(NULL);
    header.text_end += 8;
    assert_refused(order);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_good, setup),
        cmocka_unit_test_setup(test_other_formats, setup),
        cmocka_unit_test_setup(test_cut_short, setup),
        cmocka_unit_test_setup(test_wild_addresses, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
