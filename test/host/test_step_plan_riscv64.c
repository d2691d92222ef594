/* Unit tests of abi-servers/common/step_plan.c with the instructions of riscv64. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "step_plan.h"

#define PC UINT64_C(0x10000)

static uint64_t registers[64];
static uint8_t code[STEP_CODE];
static size_t size;

static int setup(void **state)
{
    (void)state;
    memset(registers, 0, sizeof(registers));
    for (unsigned i = 1; i < 32; i++) {
        registers[i] = 1000 + i;
    }
    registers[0] = PC;
    size = 0;
    return 0;
}

static void put(uint32_t word)
{
    memcpy(code + size, &word, (word & 3) == 3 ? 4 : 2);
    size += (word & 3) == 3 ? 4 : 2;
}

static struct step_plan plan(void)
{
    return step_plan(registers, code, size);
}

static void goes_to(uint32_t word, uint64_t pc)
{
    registers[0] = PC;
    size = 0;
    put(word);
    assert_int_equal(plan().way, STEP_DONE);
    assert_int_equal(registers[0], pc);
}

static void stops_at(uint32_t word, uint64_t pc)
{
    size = 0;
    put(word);
    struct step_plan made = plan();
    assert_int_equal(made.way, STEP_BREAKS);
    assert_int_equal(made.count, 1);
    assert_int_equal(made.stops[0], pc);
    assert_int_equal(registers[0], PC);
}

static void test_plain(void **state)
{
    (void)state;
    stops_at(0x00168693, PC + 4);     /* addi a3, a3, 1 */
    stops_at(0x0685, PC + 2);         /* c.addi a3, 1 */
    stops_at(0x00000073, PC + 4);     /* ecall */
    stops_at(0x9002, PC + 2);         /* c.ebreak */
    stops_at(0x852e, PC + 2);         /* c.mv a0, a1 */
    stops_at(0x952e, PC + 2);         /* c.add a0, a1 */
    stops_at(0x00052063 | 0, PC + 4); /* of branches, one that is none */
    stops_at(0x00051067, PC + 4);     /* of jalr, one that is none */
    stops_at(0x00000000, PC + 2);
}

static void test_jumps(void **state)
{
    (void)state;
    goes_to(0x0000006f, PC);     /* jal zero, . */
    goes_to(0xffdff0ef, PC - 4); /* jal ra, .-4 */
    assert_int_equal(registers[1], PC + 4);
    goes_to(0x7ffff06f, PC + 0xffffe); /* the farthest */
    goes_to(0x8000006f, PC - 0x100000);
    registers[10] = 0x20001;
    goes_to(0x00a50567, 0x2000a); /* jalr a0, 10(a0): the lowest bit goes */
    assert_int_equal(registers[10], PC + 4);
    goes_to(0xfff00067, UINT64_MAX - 1); /* jalr zero, -1(zero): x0 is not pc */
    goes_to(0xb7fd, PC - 18);            /* c.j .-18 */
    goes_to(0xa001, PC);                 /* c.j . */
    registers[11] = 0x30000;
    goes_to(0x8582, 0x30000); /* c.jr a1 */
    registers[1] = 0;
    goes_to(0x9582, 0x30000); /* c.jalr a1 */
    assert_int_equal(registers[1], PC + 2);
}

/* beq, bne, blt, bge, bltu, bgeu a0, a1, .+8 */
static void check_branches(uint64_t a0, uint64_t a1, unsigned taken)
{
    static const uint32_t funct3[] = {0, 1, 4, 5, 6, 7};
    for (unsigned i = 0; i < 6; i++) {
        registers[10] = a0;
        registers[11] = a1;
        goes_to(0x00b50463 | funct3[i] << 12, PC + ((taken >> i & 1) ? 8 : 4));
    }
}

static void test_branches(void **state)
{
    (void)state;
    check_branches(5, 5, 1 | 8 | 32);
    check_branches(4, 5, 2 | 4 | 16);
    check_branches(5, 4, 2 | 8 | 32);
    check_branches(UINT64_MAX, 1, 2 | 4 | 32);
    check_branches(1, UINT64_MAX, 2 | 8 | 16);
    goes_to(0x80000063, PC - 0x1000); /* beq zero, zero, the farthest */
    goes_to(0x7e000fe3, PC + 0xffe);
    registers[8] = 0;
    goes_to(0xdc7d, PC - 2); /* c.beqz s0, .-2 */
    goes_to(0xfc7d, PC + 2); /* c.bnez s0 */
    registers[8] = 1;
    goes_to(0xdc7d, PC + 2);
    goes_to(0xfc7d, PC - 2);
}

#define LR_D   0x1005362fu /* lr.d a2, (a0) */
#define SC_D   0x18c532afu /* sc.d t0, a2, (a0) */
#define ADDI   0x00160613u
#define BNEZ_8 0x00061463u /* bnez a2, .+8 */

static void test_sequences(void **state)
{
    (void)state;
    put(LR_D);
    put(ADDI);
    put(SC_D);
    struct step_plan made = plan();
    assert_int_equal(made.count, 1);
    assert_int_equal(made.stops[0], PC + 12);
    size = 0;
    put(LR_D);
    put(BNEZ_8 + 0x400); /* .+16: out of it */
    put(BNEZ_8);         /* to the last: inside */
    put(ADDI);
    put(SC_D);
    made = plan();
    assert_int_equal(made.count, 2);
    assert_true(made.stops[0] == PC + 20 && made.stops[1] == PC + 20);
}

/* One load that reserves, by itself. */
static void test_no_sequences(void **state)
{
    (void)state;
    for (unsigned kind = 0; kind < 5; kind++) {
        size = 0;
        put(LR_D);
        for (unsigned i = 1; i < STEP_SEQUENCE - 1; i++) {
            put(kind == 1 && i == 3   ? 0x0000006f
                : kind == 2 && i == 3 ? LR_D
                : kind == 3           ? 0x06061863
                                      : ADDI);
        }
        put(kind == 0 ? ADDI : SC_D);
        size -= kind == 4 ? 2 : 0;
        struct step_plan made = plan();
        assert_int_equal(made.way, STEP_BREAKS);
        assert_int_equal(made.count, 1);
        assert_int_equal(made.stops[0], PC + 4);
    }
}

static void test_truncated(void **state)
{
    (void)state;
    put(ADDI);
    for (size = 0; size < 4; size++) {
        struct step_plan made = plan();
        assert_int_equal(made.way, STEP_BREAKS);
        assert_int_equal(made.count, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_plain, setup),
        cmocka_unit_test_setup(test_jumps, setup),
        cmocka_unit_test_setup(test_branches, setup),
        cmocka_unit_test_setup(test_sequences, setup),
        cmocka_unit_test_setup(test_no_sequences, setup),
        cmocka_unit_test_setup(test_truncated, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
