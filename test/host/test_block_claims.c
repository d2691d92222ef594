/* Who has which bytes of a disk: the table behind `claim` of the file protocol. */
#include "block_claims.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

enum { SIZE = 1000 };

static struct block_claims claims;

static int begin(void **state)
{
    (void)state;
    claims = (struct block_claims){0};
    return 0;
}

static status_t add(uint64_t *badge, const char *name, uint64_t start, uint64_t length)
{
    *badge = block_claims_badge(&claims);
    return block_claims_add(&claims, *badge, (const uint8_t *)name, strlen(name), start, length);
}

static const char *holder(uint64_t start, uint64_t length)
{
    const struct block_claim *claim = block_claims_find(&claims, start, length);
    return claim == NULL ? "" : claim->name;
}

static void overlapping_claims_exclude_each_other(void **state)
{
    uint64_t first, second;
    (void)state;
    assert_int_equal(add(&first, "first", 100, 100), STATUS_OK);
    assert_int_equal(add(&second, "second", 199, 1), STATUS_BUSY);
    assert_int_equal(add(&second, "second", 0, 101), STATUS_BUSY);
    assert_int_equal(add(&second, "second", 0, SIZE), STATUS_BUSY);
    assert_int_equal(add(&second, "second", 150, 10), STATUS_BUSY);
    assert_int_equal(add(&second, "second", 200, 100), STATUS_OK);
    assert_int_equal(add(&second, "third", 0, 100), STATUS_OK);
    assert_string_equal(holder(100, 100), "first");
    assert_string_equal(holder(200, 1), "second");
    assert_string_equal(holder(99, 1), "third");
    assert_string_equal(holder(300, SIZE), "");
}

static void a_claim_ends_when_it_is_closed(void **state)
{
    uint64_t first, second;
    (void)state;
    assert_int_equal(add(&first, "first", 0, SIZE), STATUS_OK);
    block_claims_closed(&claims, 7);
    assert_int_equal(add(&second, "second", 0, SIZE), STATUS_BUSY);
    block_claims_closed(&claims, second);
    assert_string_equal(holder(0, SIZE), "first");
    block_claims_closed(&claims, first);
    assert_string_equal(holder(0, SIZE), "");
    assert_int_equal(add(&second, "second", 0, SIZE), STATUS_OK);
}

static void the_next_instance_takes_the_place_of_the_last(void **state)
{
    uint64_t before, after, other;
    (void)state;
    assert_int_equal(add(&before, "disk", 100, 100), STATUS_OK);
    assert_int_equal(add(&other, "other", 300, 100), STATUS_OK);
    assert_int_equal(add(&after, "disk", 0, 350), STATUS_BUSY);
    assert_string_equal(holder(100, 100), "disk");
    assert_int_equal(add(&after, "disk", 0, 300), STATUS_OK);
    assert_int_not_equal(before, after);
    block_claims_closed(&claims, before); /* may come late */
    assert_string_equal(holder(0, 100), "disk");
    block_claims_closed(&claims, after);
    assert_string_equal(holder(0, 300), "");
    assert_string_equal(holder(0, SIZE), "other");
}

static void names_are_whole(void **state)
{
    uint64_t badge;
    (void)state;
    assert_int_equal(add(&badge, "disk", 0, 10), STATUS_OK);
    assert_int_equal(add(&badge, "disk1", 0, 10), STATUS_BUSY);
    assert_int_equal(add(&badge, "dis", 0, 10), STATUS_BUSY);
    assert_int_equal(add(&badge, "", 10, 10), STATUS_BAD_ARGUMENT);
    assert_int_equal(add(&badge, "two words", 10, 10), STATUS_BAD_ARGUMENT);
    assert_int_equal(add(&badge, "name-of-24-bytes-is-long", 10, 10), STATUS_BAD_ARGUMENT);
    assert_int_equal(add(&badge, "name-of-23-bytes-is-not", 10, 10), STATUS_OK);
    assert_string_equal(holder(10, 10), "name-of-23-bytes-is-not");
    assert_int_equal(add(&badge, "empty", 20, 0), STATUS_BAD_ARGUMENT);
}

static void a_full_table_is_said(void **state)
{
    uint64_t badge, last = 0;
    (void)state;
    for (uint64_t i = 0; i < BLOCK_CLAIMS; i++) {
        assert_int_equal(add(&last, "disk", i, 1), STATUS_OK);
    }
    assert_int_equal(add(&badge, "disk", BLOCK_CLAIMS, 1), STATUS_FULL);
    assert_int_equal(add(&badge, "disk", 0, 1), STATUS_OK);
    block_claims_closed(&claims, last);
    assert_int_equal(add(&badge, "disk", BLOCK_CLAIMS, 1), STATUS_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(overlapping_claims_exclude_each_other, begin),
        cmocka_unit_test_setup(a_claim_ends_when_it_is_closed, begin),
        cmocka_unit_test_setup(the_next_instance_takes_the_place_of_the_last, begin),
        cmocka_unit_test_setup(names_are_whole, begin),
        cmocka_unit_test_setup(a_full_table_is_said, begin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
