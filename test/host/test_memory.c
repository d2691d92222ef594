/*
 * The memory functions of libsys against those of the host: every alignment of both places, every
 * short length, every overlap, with pages that cannot be touched right before and behind.
 */
#define _DEFAULT_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

/* libsys/memory.c, under other names. */
void *tested_memcpy(void *restrict to, const void *restrict from, size_t length);
void *tested_memmove(void *to, const void *from, size_t length);
void *tested_memset(void *to, int value, size_t length);
int tested_memcmp(const void *left, const void *right, size_t length);

enum { ALIGNMENTS = 16, LENGTHS = 300, PAGE = 4096, DISTANCES = 40 };

/* A page between two that cannot be touched. */
static uint8_t *guarded_page(void)
{
    uint8_t *pages =
        mmap(NULL, 3 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_true(pages != MAP_FAILED);
    assert_int_equal(mprotect(pages, PAGE, PROT_NONE), 0);
    assert_int_equal(mprotect(pages + 2 * PAGE, PAGE, PROT_NONE), 0);
    return pages + PAGE;
}

static uint8_t original[PAGE];
static uint8_t expected[PAGE];

static int make_original(void **state)
{
    (void)state;
    for (size_t i = 0; i < PAGE; i++) {
        original[i] = (uint8_t)(i * 7 + i / 251 + 1);
    }
    return 0;
}

/* The page holds what `expected` does, which was changed by the host's function. */
static void expect_page(const uint8_t *page, size_t to, size_t from, size_t length)
{
    if (memcmp(page, expected, PAGE) != 0) {
        fail_msg("%zu bytes from %zu to %zu", length, from, to);
    }
}

static void expect_copy(uint8_t *to, size_t to_offset, const uint8_t *from, size_t from_offset,
                        size_t length)
{
    memcpy(to, original, PAGE);
    memcpy(expected, original, PAGE);
    memcpy(expected + to_offset, original + from_offset, length);
    assert_ptr_equal(tested_memcpy(to + to_offset, from + from_offset, length), to + to_offset);
    expect_page(to, to_offset, from_offset, length);
}

/* At the start of both pages, and at the end. */
static void test_copy(void **state)
{
    uint8_t *to = guarded_page();
    uint8_t *from = guarded_page();
    (void)state;
    memcpy(from, original, PAGE);
    for (size_t length = 0; length <= LENGTHS; length++) {
        for (size_t i = 0; i < ALIGNMENTS * ALIGNMENTS; i++) {
            size_t a = i / ALIGNMENTS;
            size_t b = i % ALIGNMENTS;
            expect_copy(to, a, from, b, length);
            expect_copy(to, PAGE - length - a, from, PAGE - length - b, length);
        }
    }
}

static void expect_move(uint8_t *page, size_t to, size_t from, size_t length)
{
    memcpy(page, original, PAGE);
    memcpy(expected, original, PAGE);
    memmove(expected + to, expected + from, length);
    assert_ptr_equal(tested_memmove(page + to, page + from, length), page + to);
    expect_page(page, to, from, length);
}

static void test_move(void **state)
{
    uint8_t *page = guarded_page();
    (void)state;
    for (size_t length = 0; length <= LENGTHS; length++) {
        for (size_t i = 0; i < ALIGNMENTS * DISTANCES; i++) {
            size_t low = i / DISTANCES;
            size_t high = low + i % DISTANCES;
            expect_move(page, low, high, length);
            expect_move(page, high, low, length);
            expect_move(page, PAGE - length - low, PAGE - length - high, length);
            expect_move(page, PAGE - length - high, PAGE - length - low, length);
        }
    }
}

static void expect_set(uint8_t *page, size_t start, size_t length)
{
    const int value = 0x5aa5; /* only the low byte counts */
    memcpy(page, original, PAGE);
    memcpy(expected, original, PAGE);
    memset(expected + start, value, length);
    assert_ptr_equal(tested_memset(page + start, value, length), page + start);
    expect_page(page, start, start, length);
}

static void test_set(void **state)
{
    uint8_t *page = guarded_page();
    (void)state;
    for (size_t length = 0; length <= LENGTHS; length++) {
        for (size_t i = 0; i < ALIGNMENTS; i++) {
            expect_set(page, i, length);
            expect_set(page, PAGE - length - i, length);
        }
    }
}

static int sign(int value)
{
    return (value > 0) - (value < 0);
}

/* Equal; then with one byte that is greater as an unsigned number, and what follows smaller. */
static void expect_compare(uint8_t *left, uint8_t *right, size_t length)
{
    assert_int_equal(tested_memcmp(left, right, length), 0);
    for (size_t i = 0; i < length; i += 1 + i / 3) {
        uint8_t kept = left[i];
        uint8_t next = i + 1 < length ? left[i + 1] : 0;
        left[i] = 0x80;
        right[i] = 0x7f;
        if (i + 1 < length) {
            left[i + 1] = (uint8_t)(next - 1);
        }
        assert_int_equal(sign(tested_memcmp(left, right, length)), 1);
        assert_int_equal(sign(tested_memcmp(right, left, length)), -1);
        left[i] = right[i] = kept;
        if (i + 1 < length) {
            left[i + 1] = next;
        }
    }
}

static void test_compare(void **state)
{
    uint8_t *left = guarded_page();
    uint8_t *right = guarded_page();
    (void)state;
    for (size_t length = 0; length <= LENGTHS; length++) {
        for (size_t i = 0; i < ALIGNMENTS * ALIGNMENTS; i++) {
            size_t a = PAGE - length - i / ALIGNMENTS;
            size_t b = PAGE - length - i % ALIGNMENTS;
            memcpy(left + a, original, length);
            memcpy(right + b, original, length);
            expect_compare(left + a, right + b, length);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_copy),
        cmocka_unit_test(test_move),
        cmocka_unit_test(test_set),
        cmocka_unit_test(test_compare),
    };
    return cmocka_run_group_tests(tests, make_original, NULL);
}
