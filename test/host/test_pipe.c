/* Unit tests of abi-servers/common/pipe.c: random operations, and sequences that matter. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "pipe_model.h"

enum { RUNS = 20000, BYTES = 600 };

static void test_random(void **state)
{
    uint8_t bytes[BYTES];
    (void)state;
    srandom(12);
    for (unsigned run = 0; run < RUNS; run++) {
        for (unsigned i = 0; i < BYTES; i++) {
            bytes[i] = (uint8_t)random();
        }
        pipe_run(bytes, (size_t)random() % BYTES);
    }
}

/* More calls from outside than there is room for; then the end of the file for all. */
static void test_many_calls(void **state)
{
    enum { CALLS = 70, STEP = 3 };
    uint8_t bytes[2 + CALLS * STEP + STEP] = {3, 0}; /* the whole ring */
    (void)state;
    for (unsigned i = 0; i < CALLS; i++) {
        memcpy(&bytes[2 + i * STEP], (const uint8_t[]){2, 10, 0}, STEP); /* reads 10 bytes */
    }
    memcpy(&bytes[2 + CALLS * STEP], (const uint8_t[]){5, 0, 1}, STEP); /* the writer closes */
    pipe_run(bytes, sizeof(bytes));
}

/* A pool that is empty at each of the three things that a pipe takes. */
static void test_full_pools(void **state)
{
    (void)state;
    for (uint8_t i = 1; i <= 3; i++) {
        pipe_run((const uint8_t[]){(uint8_t)(i * 4)}, 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random),
        cmocka_unit_test(test_many_calls),
        cmocka_unit_test(test_full_pools),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
