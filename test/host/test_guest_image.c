/* Unit tests of abi-servers/common/image.c: regions and texts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "guest_image.h"
#include "guest_image_model.h"

enum { RUNS = 2000, BYTES = 400 };

static void test_random(void **state)
{
    uint8_t bytes[BYTES];
    (void)state;
    srandom(11);
    for (unsigned run = 0; run < RUNS; run++) {
        for (unsigned i = 0; i < BYTES; i++) {
            bytes[i] = (uint8_t)random();
        }
        guest_image_run(bytes, sizeof(bytes));
    }
}

/* Each other page, until there are as many regions as can be; then nothing more, but what joins. */
static void test_full(void **state)
{
    struct image image;
    const struct image *after = &image;
    (void)state;
    guest_image_run(NULL, 0); /* nothing is mapped */
    assert_int_equal(image_create(&image, 1, 64 * PAGE), STATUS_OK);
    for (uint64_t i = 0; i < IMAGE_REGIONS; i++) {
        assert_int_equal(image_map(&image, 2 * i * PAGE, PAGE, MAP_READ), STATUS_OK);
    }
    assert_int_equal(image_map(&image, 40 * PAGE, PAGE, MAP_READ), STATUS_NO_SPACE);
    assert_int_equal(image_unmap(&image, 0, PAGE), STATUS_NO_SPACE);
    assert_int_equal(image_protect(&image, 0, PAGE, MAP_WRITE), STATUS_NO_SPACE);
    assert_int_equal(after->region_count, IMAGE_REGIONS);
    image_destroy(&image);
}

/* The fake guest has one page, of `x` and a zero at its end. */
static void test_texts(void **state)
{
    char text[256];
    size_t length = 0;
    (void)state;
    assert_int_equal(guest_copy_text(text, PAGE - 100, sizeof(text), &length), STATUS_OK);
    assert_true(length < 100 && strlen(text) == length);
    assert_int_equal(guest_copy_text(text, 0, sizeof(text), &length), STATUS_TOO_LARGE);
    assert_int_equal(guest_copy_text(text, PAGE, sizeof(text), &length), STATUS_BAD_ADDRESS);
    assert_int_equal(guest_copy_text(text, UINT64_MAX, sizeof(text), &length), STATUS_BAD_ADDRESS);
    assert_int_equal(guest_copy_text(text, 0, 0, &length), STATUS_TOO_LARGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random),
        cmocka_unit_test(test_full),
        cmocka_unit_test(test_texts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
