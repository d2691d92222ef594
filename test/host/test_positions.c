/* Positions of openings, and where calls go that are repeated after the server has died. */
#include "positions.h"

#include <setjmp.h>
#include <sinter/protocol/file.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

enum { FILE_A = 10, FILE_B, CALL_A = 0x10000, CALL_B = 0x20000, LENGTH = 5 };

static struct positions positions;
static uint64_t end; /* of the file that is appended to */

static bool end_of(uint64_t badge, uint64_t *result)
{
    (void)badge;
    *result = end;
    return true;
}

static uint64_t begin(uint64_t badge, uint64_t offset, uint32_t call)
{
    return positions_take(&positions, badge, offset, FILE_AT_POSITION | call);
}

static void finish(uint64_t badge, uint32_t call, uint64_t start)
{
    positions_moved(&positions, badge, FILE_AT_POSITION | call, start + LENGTH);
}

static uint64_t transfer(uint64_t badge, uint64_t offset, uint32_t call)
{
    uint64_t start = begin(badge, offset, call);
    finish(badge, call, start);
    return start;
}

static uint64_t begin_append(uint32_t call, uint64_t length)
{
    return positions_append(&positions, FILE_A, 0, FILE_AT_POSITION | call, end, length);
}

static uint64_t append(uint32_t call)
{
    uint64_t start = begin_append(call, LENGTH);
    end = start + LENGTH > end ? start + LENGTH : end;
    finish(FILE_A, call, start);
    return start;
}

static void die(void)
{
    positions_begin(&positions, end_of);
}

static int set_up(void **state)
{
    (void)state;
    memset(&positions, 0, sizeof(positions));
    end = 100;
    die();
    return 0;
}

static void what_was_done_is_done_there_again(void **state)
{
    (void)state;
    assert_int_equal(transfer(FILE_A, 0, CALL_A), 0);
    die();
    assert_int_equal(transfer(FILE_A, 0, CALL_A), 0);
    die();
    assert_int_equal(transfer(FILE_A, 0, CALL_A), 0);
    assert_int_equal(transfer(FILE_A, LENGTH, CALL_B), LENGTH);
}

static void a_repetition_takes_nobody_back(void **state)
{
    (void)state;
    assert_int_equal(transfer(FILE_A, 0, CALL_A), 0);
    die();
    assert_int_equal(transfer(FILE_A, 0, CALL_B), LENGTH);
    assert_int_equal(transfer(FILE_A, 0, CALL_A), 0);
    assert_int_equal(transfer(FILE_A, LENGTH, CALL_B), 2 * LENGTH);
}

static void what_was_only_begun_goes_behind_others(void **state)
{
    (void)state;
    assert_int_equal(begin(FILE_A, 0, CALL_A), 0);
    die();
    assert_int_equal(transfer(FILE_A, 0, CALL_B), 0);
    assert_int_equal(transfer(FILE_A, 0, CALL_A), LENGTH);
}

static void what_moved_was_done_marked_or_not(void **state)
{
    (void)state;
    assert_int_equal(begin(FILE_A, 0, CALL_A), 0);
    uint32_t unmarked = positions.calls[0].number;
    finish(FILE_A, CALL_A, 0);
    assert_int_not_equal(positions.calls[0].number, unmarked);
    positions.calls[0].number = unmarked;
    die();
    assert_int_equal(transfer(FILE_A, 0, CALL_A), 0);
    assert_int_equal(transfer(FILE_A, LENGTH, CALL_B), LENGTH);
}

static void a_call_is_known_for_as_long_as_others_are_served(void **state)
{
    (void)state;
    assert_int_equal(transfer(FILE_A, 0, CALL_A), 0);
    die();
    for (uint32_t i = 1; i <= 500; i++) {
        assert_int_equal(transfer(FILE_B, 0, i << 16), (i - 1) * LENGTH);
    }
    assert_int_equal(transfer(FILE_A, 0, CALL_A), 0);
}

static void a_number_that_comes_again_is_no_repetition(void **state)
{
    (void)state;
    assert_int_equal(transfer(FILE_A, 0, CALL_A), 0);
    assert_int_equal(transfer(FILE_A, LENGTH, CALL_A), LENGTH); /* nobody died */
    die();
    assert_int_equal(transfer(FILE_A, 2 * LENGTH, CALL_A), 2 * LENGTH);
    assert_int_equal(transfer(FILE_B, LENGTH, CALL_A), LENGTH);
}

static void appends_that_were_done_go_there_again(void **state)
{
    (void)state;
    assert_int_equal(append(CALL_A), 100);
    die();
    assert_int_equal(append(CALL_B), 105);
    assert_int_equal(append(CALL_A), 100);
    assert_int_equal(end, 110);
}

static void appends_that_were_only_begun_go_behind_others(void **state)
{
    (void)state;
    assert_int_equal(begin_append(CALL_A, LENGTH), 100);
    die();
    assert_int_equal(append(CALL_B), 100);
    assert_int_equal(append(CALL_A), 105);
}

static void appends_that_were_cut_short_overwrite_only_themselves(void **state)
{
    (void)state;
    for (int others = 0; others < 2; others++) {
        assert_int_equal(set_up(state), 0);
        assert_int_equal(begin_append(CALL_A, LENGTH), 100);
        end = 102;
        die();
        if (others != 0) {
            assert_int_equal(append(CALL_B), 102);
        }
        assert_int_equal(append(CALL_A), others != 0 ? 107 : 100);
    }
}

/* Programs that were built before there were numbers. */
static void appends_without_numbers_are_not_made_twice(void **state)
{
    (void)state;
    assert_int_equal(begin_append(0, LENGTH), 100);
    end = 105;
    die();
    assert_int_equal(append(0), 100);
    assert_int_equal(append(0), 105);
    die();
    assert_int_equal(append(0), 110);
    assert_int_equal(transfer(FILE_A, 0, 0), 115);
}

static void an_append_to_what_was_emptied_leaves_no_gap(void **state)
{
    (void)state;
    assert_int_equal(append(CALL_A), 100);
    die();
    end = 0;
    assert_int_equal(append(CALL_A), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(what_was_done_is_done_there_again, set_up),
        cmocka_unit_test_setup(a_repetition_takes_nobody_back, set_up),
        cmocka_unit_test_setup(what_was_only_begun_goes_behind_others, set_up),
        cmocka_unit_test_setup(what_moved_was_done_marked_or_not, set_up),
        cmocka_unit_test_setup(a_call_is_known_for_as_long_as_others_are_served, set_up),
        cmocka_unit_test_setup(a_number_that_comes_again_is_no_repetition, set_up),
        cmocka_unit_test_setup(appends_that_were_done_go_there_again, set_up),
        cmocka_unit_test_setup(appends_that_were_only_begun_go_behind_others, set_up),
        cmocka_unit_test_setup(appends_that_were_cut_short_overwrite_only_themselves, set_up),
        cmocka_unit_test_setup(appends_without_numbers_are_not_made_twice, set_up),
        cmocka_unit_test_setup(an_append_to_what_was_emptied_leaves_no_gap, set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
