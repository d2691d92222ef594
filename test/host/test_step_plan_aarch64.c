/* Unit tests of abi-servers/common/step_plan.c with the instructions of aarch64. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "step_plan.h"

#define PC    UINT64_C(0x10000)
#define LDXR  0xc85f7c02u /* ldxr x2, [x0] */
#define STXR  0xc8037c02u /* stxr w3, x2, [x0] */
#define LDAXP 0xc87f9c06u /* ldaxp x6, x7, [x0] */
#define STLXP 0xc8239c06u /* stlxp w3, x6, x7, [x0] */
#define CASP  0x48207c82u /* casp x0, x1, x2, x3, [x4] */
#define ADD   0x91000442u
#define B     0x14000000u
#define RET   0xd65f03c0u

static uint64_t registers[64];

static struct step_plan plan(const uint32_t *words, size_t count)
{
    registers[32] = PC;
    return step_plan(registers, (const uint8_t *)words, count * 4);
}

static void by_machine(const uint32_t *words, size_t count)
{
    assert_int_equal(plan(words, count).way, STEP_MACHINE);
}

static void stops_at(const uint32_t *words, size_t count, uint64_t first, uint64_t last)
{
    struct step_plan made = plan(words, count);
    assert_int_equal(made.way, STEP_BREAKS);
    assert_int_equal(made.count, first != last ? 2 : 1);
    assert_int_equal(made.stops[0], first);
    assert_int_equal(made.stops[made.count - 1], last);
}

static void test_plain(void **state)
{
    const uint32_t words[] = {ADD, B, RET, STXR, CASP, 0, 0x54000040, 0xd4000001};
    (void)state;
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        by_machine(&words[i], 1);
    }
}

static void test_sequences(void **state)
{
    (void)state;
    stops_at((const uint32_t[]){LDXR, ADD, STXR}, 3, PC + 12, PC + 12);
    stops_at((const uint32_t[]){LDAXP, ADD, STLXP}, 3, PC + 12, PC + 12);
    stops_at((const uint32_t[]){LDXR, 0x540000c1, STXR}, 3, PC + 28, PC + 12); /* b.ne .+24 */
    stops_at((const uint32_t[]){LDXR, 0xb5ffffe2, STXR}, 3, PC + 12, PC + 12); /* cbnz x2, .-4 */
    stops_at((const uint32_t[]){LDXR, 0xb5ffffc2, STXR}, 3, PC - 4, PC + 12);  /* cbnz x2, .-8 */
    stops_at((const uint32_t[]){LDXR, 0x37040002, STXR}, 3, PC + 4 - 0x8000, PC + 12); /* tbnz */
}

static void test_no_sequences(void **state)
{
    uint32_t words[STEP_SEQUENCE + 1] = {LDXR};
    (void)state;
    by_machine((const uint32_t[]){LDXR, B, STXR}, 3);
    by_machine((const uint32_t[]){LDXR, RET, STXR}, 3);
    by_machine((const uint32_t[]){LDXR, LDXR, STXR}, 3);
    by_machine((const uint32_t[]){LDXR, ADD}, 2);
    for (unsigned i = 1; i < STEP_SEQUENCE; i++) {
        words[i] = ADD;
    }
    words[STEP_SEQUENCE] = STXR;
    by_machine(words, STEP_SEQUENCE + 1);
    for (unsigned i = 1; i < STEP_SEQUENCE - 1; i++) {
        words[i] = 0x54001001; /* b.ne, each to another place behind */
    }
    words[STEP_SEQUENCE - 1] = STXR;
    by_machine(words, STEP_SEQUENCE);
}

static void test_truncated(void **state)
{
    const uint32_t word = LDXR;
    (void)state;
    registers[32] = PC;
    for (size_t bytes = 0; bytes < 4; bytes++) {
        struct step_plan made = step_plan(registers, (const uint8_t *)&word, bytes);
        assert_int_equal(made.way, STEP_BREAKS);
        assert_int_equal(made.count, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plain),
        cmocka_unit_test(test_sequences),
        cmocka_unit_test(test_no_sequences),
        cmocka_unit_test(test_truncated),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
