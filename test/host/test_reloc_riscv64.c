/*
 * RISC-V relocations: every type at both ends of its range, and one past. The expected
 * instructions are what llvm-mc assembles for these operands. Long because it is a list of types.
 */
#include "test_object_builder.h"

#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "elf_riscv.h"
#include "object_internal.h"

#define ARRAY_COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* The reach of AUIPC with a signed low part. */
#define HIGH_MAX 0x7ffff7ffll
#define HIGH_MIN (-0x80000800ll)

enum {
    BEQ = 0x00b50063,
    JAL_RA = 0x000000ef,
    AUIPC_A0 = 0x00000517,
    LUI_A0 = 0x00000537,
    ADDI_A1 = 0x00050593,
    SD_A1 = 0x00b53023,
    C_BEQZ = 0xc101,
    C_J = 0xa001,
};

#define CALL_PAIR 0x000080e700000097ull
#define CALL_MAX  0x7ff080e77ffff097ull
#define CALL_MIN  0x800080e780000097ull
#define AUIPC_MAX 0x7ffff517ull
#define AUIPC_MIN 0x80000517ull
#define FILLED    0xa5a5a5a5a5a5a5a5ull

static const struct relocation_case cases[] = {
    {
        ABOUT_DISTANCE,
        R_RISCV_BRANCH,
        4094,
        BEQ,
        0x7eb50fe3,
    },
    {ABOUT_DISTANCE, R_RISCV_BRANCH, -4096, BEQ, 0x80b50063},
    {ABOUT_DISTANCE, R_RISCV_BRANCH, 4096, BEQ, REFUSED},
    {ABOUT_DISTANCE, R_RISCV_BRANCH, -4098, BEQ, REFUSED},
    {ABOUT_DISTANCE, R_RISCV_BRANCH, 3, BEQ, REFUSED},
    {ABOUT_DISTANCE, R_RISCV_JAL, 1048574, JAL_RA, 0x7ffff0ef},
    {ABOUT_DISTANCE, R_RISCV_JAL, -1048576, JAL_RA, 0x800000ef},
    {ABOUT_DISTANCE, R_RISCV_JAL, 1048576, JAL_RA, REFUSED},
    {ABOUT_DISTANCE, R_RISCV_JAL, -1048578, JAL_RA, REFUSED},
    {ABOUT_DISTANCE, R_RISCV_JAL, 1, JAL_RA, REFUSED},
    {ABOUT_DISTANCE, R_RISCV_CALL, HIGH_MAX, CALL_PAIR, CALL_MAX},
    {ABOUT_DISTANCE, R_RISCV_CALL, HIGH_MIN, CALL_PAIR, CALL_MIN},
    {ABOUT_DISTANCE, R_RISCV_CALL, HIGH_MAX + 1, CALL_PAIR, REFUSED},
    {ABOUT_DISTANCE, R_RISCV_CALL, HIGH_MIN - 1, CALL_PAIR, REFUSED},
    {ABOUT_DISTANCE, R_RISCV_CALL_PLT, HIGH_MAX, CALL_PAIR, CALL_MAX},
    {ABOUT_DISTANCE, R_RISCV_CALL_PLT, HIGH_MIN, CALL_PAIR, CALL_MIN},
    {ABOUT_DISTANCE, R_RISCV_CALL_PLT, HIGH_MAX + 1, CALL_PAIR, REFUSED},
    {ABOUT_DISTANCE, R_RISCV_CALL_PLT, HIGH_MIN - 1, CALL_PAIR, REFUSED},
    {ABOUT_DISTANCE, R_RISCV_PCREL_HI20, HIGH_MAX, AUIPC_A0, AUIPC_MAX},
    {ABOUT_DISTANCE, R_RISCV_PCREL_HI20, HIGH_MIN, AUIPC_A0, AUIPC_MIN},
    {ABOUT_DISTANCE, R_RISCV_PCREL_HI20, HIGH_MAX + 1, AUIPC_A0, REFUSED},
    {ABOUT_DISTANCE, R_RISCV_PCREL_HI20, HIGH_MIN - 1, AUIPC_A0, REFUSED},
    {ABOUT_SLOT, R_RISCV_GOT_HI20, HIGH_MAX, AUIPC_A0, AUIPC_MAX},
    {ABOUT_SLOT, R_RISCV_GOT_HI20, HIGH_MIN, AUIPC_A0, AUIPC_MIN},
    {ABOUT_SLOT, R_RISCV_GOT_HI20, HIGH_MAX + 1, AUIPC_A0, REFUSED},
    {ABOUT_SLOT, R_RISCV_GOT_HI20, HIGH_MIN - 1, AUIPC_A0, REFUSED},
    {ABOUT_TLS_SLOT, R_RISCV_TLS_GOT_HI20, HIGH_MAX, AUIPC_A0, AUIPC_MAX},
    {ABOUT_TLS_SLOT, R_RISCV_TLS_GOT_HI20, HIGH_MIN, AUIPC_A0, AUIPC_MIN},
    {ABOUT_TLS_SLOT, R_RISCV_TLS_GOT_HI20, HIGH_MAX + 1, AUIPC_A0, REFUSED},
    {ABOUT_TLS_SLOT, R_RISCV_TLS_GOT_HI20, HIGH_MIN - 1, AUIPC_A0, REFUSED},
    {ABOUT_TLS_SLOT, R_RISCV_TLS_GD_HI20, HIGH_MAX, AUIPC_A0, AUIPC_MAX},
    {ABOUT_TLS_SLOT, R_RISCV_TLS_GD_HI20, HIGH_MIN, AUIPC_A0, AUIPC_MIN},
    {ABOUT_TLS_SLOT, R_RISCV_TLS_GD_HI20, HIGH_MAX + 1, AUIPC_A0, REFUSED},
    {ABOUT_TLS_SLOT, R_RISCV_TLS_GD_HI20, HIGH_MIN - 1, AUIPC_A0, REFUSED},
    {ABOUT_ADDRESS, R_RISCV_HI20, HIGH_MAX, LUI_A0, 0x7ffff537},
    {ABOUT_ADDRESS, R_RISCV_HI20, HIGH_MIN, LUI_A0, 0x80000537},
    {ABOUT_ADDRESS, R_RISCV_HI20, HIGH_MAX + 1, LUI_A0, REFUSED},
    {ABOUT_ADDRESS, R_RISCV_HI20, HIGH_MIN - 1, LUI_A0, REFUSED},
    {ABOUT_ADDRESS, R_RISCV_LO12_I, 0x12347ff, ADDI_A1, 0x7ff50593},
    {ABOUT_ADDRESS, R_RISCV_LO12_I, 0x1234800, ADDI_A1, 0x80050593},
    {ABOUT_ADDRESS, R_RISCV_LO12_S, 0x12347ff, SD_A1, 0x7eb53fa3},
    {ABOUT_ADDRESS, R_RISCV_LO12_S, 0x1234800, SD_A1, 0x80b53023},
    {ABOUT_TLS, R_RISCV_TPREL_HI20, HIGH_MAX, LUI_A0, 0x7ffff537},
    {ABOUT_TLS, R_RISCV_TPREL_HI20, HIGH_MIN, LUI_A0, 0x80000537},
    {ABOUT_TLS, R_RISCV_TPREL_HI20, HIGH_MAX + 1, LUI_A0, REFUSED},
    {ABOUT_TLS, R_RISCV_TPREL_HI20, HIGH_MIN - 1, LUI_A0, REFUSED},
    {ABOUT_TLS, R_RISCV_TPREL_LO12_I, 0x7ff, ADDI_A1, 0x7ff50593},
    {ABOUT_TLS, R_RISCV_TPREL_LO12_I, -0x800, ADDI_A1, 0x80050593},
    {ABOUT_TLS, R_RISCV_TPREL_LO12_S, 0x7ff, SD_A1, 0x7eb53fa3},
    {ABOUT_TLS, R_RISCV_TPREL_LO12_S, -0x800, SD_A1, 0x80b53023},
    {ABOUT_TLS, R_RISCV_TPREL_ADD, 0x800, FILLED, FILLED},
    {ABOUT_ADDRESS, R_RISCV_NONE, 1, FILLED, FILLED},
    {ABOUT_ADDRESS, R_RISCV_RELAX, 1, FILLED, FILLED},
    {ABOUT_ADDRESS, R_RISCV_32, 0xffffffff, FILLED, 0xa5a5a5a5ffffffff},
    {ABOUT_ADDRESS, R_RISCV_32, -0x80000000ll, FILLED, 0xa5a5a5a580000000},
    {ABOUT_ADDRESS, R_RISCV_32, 0x100000000, FILLED, REFUSED},
    {ABOUT_ADDRESS, R_RISCV_32, -0x80000001ll, FILLED, REFUSED},
    {ABOUT_ADDRESS, R_RISCV_64, 0x123456789abcdef0, FILLED, 0x123456789abcdef0},
    {ABOUT_ADDRESS, R_RISCV_64, -2, FILLED, 0xfffffffffffffffe},
    {ABOUT_DISTANCE, R_RISCV_32_PCREL, 0x7fffffff, FILLED, 0xa5a5a5a57fffffff},
    {ABOUT_DISTANCE, R_RISCV_32_PCREL, -0x80000000ll, FILLED, 0xa5a5a5a580000000},
    {ABOUT_DISTANCE, R_RISCV_32_PCREL, 0x80000000, FILLED, REFUSED},
    {ABOUT_DISTANCE, R_RISCV_32_PCREL, -0x80000001ll, FILLED, REFUSED},
    {ABOUT_DISTANCE, R_RISCV_PLT32, 0x7fffffff, FILLED, 0xa5a5a5a57fffffff},
    {ABOUT_DISTANCE, R_RISCV_PLT32, -0x80000000ll, FILLED, 0xa5a5a5a580000000},
    {ABOUT_DISTANCE, R_RISCV_PLT32, 0x80000000, FILLED, REFUSED},
    {ABOUT_DISTANCE, R_RISCV_PLT32, -0x80000001ll, FILLED, REFUSED},
    {ABOUT_SLOT, R_RISCV_GOT32_PCREL, 0x7fffffff, FILLED, 0xa5a5a5a57fffffff},
    {ABOUT_SLOT, R_RISCV_GOT32_PCREL, -0x80000000ll, FILLED, 0xa5a5a5a580000000},
    {ABOUT_SLOT, R_RISCV_GOT32_PCREL, 0x80000000, FILLED, REFUSED},
    {ABOUT_SLOT, R_RISCV_GOT32_PCREL, -0x80000001ll, FILLED, REFUSED},
    {ABOUT_ADDRESS, R_RISCV_ADD8, 0x5b, FILLED, 0xa5a5a5a5a5a5a500},
    {ABOUT_ADDRESS, R_RISCV_ADD16, 0x5a5b, FILLED, 0xa5a5a5a5a5a50000},
    {ABOUT_ADDRESS, R_RISCV_ADD32, 0x5a5a5a5b, FILLED, 0xa5a5a5a500000000},
    {ABOUT_ADDRESS, R_RISCV_ADD64, 1, FILLED, 0xa5a5a5a5a5a5a5a6},
    {ABOUT_ADDRESS, R_RISCV_SUB8, 0xa6, FILLED, 0xa5a5a5a5a5a5a5ff},
    {ABOUT_ADDRESS, R_RISCV_SUB16, 0xa5a6, FILLED, 0xa5a5a5a5a5a5ffff},
    {ABOUT_ADDRESS, R_RISCV_SUB32, 0xa5a5a5a6, FILLED, 0xa5a5a5a5ffffffff},
    {ABOUT_ADDRESS, R_RISCV_SUB64, 0xa5, FILLED, 0xa5a5a5a5a5a5a500},
    {ABOUT_ADDRESS, R_RISCV_SET6, 0x3f, FILLED, 0xa5a5a5a5a5a5a5bf},
    {ABOUT_ADDRESS, R_RISCV_SET6, 0x40, FILLED, 0xa5a5a5a5a5a5a580},
    {ABOUT_ADDRESS, R_RISCV_SUB6, 0x25, FILLED, 0xa5a5a5a5a5a5a580},
    {ABOUT_ADDRESS, R_RISCV_SUB6, 0x26, FILLED, 0xa5a5a5a5a5a5a5bf},
    {ABOUT_ADDRESS, R_RISCV_SET8, 0x1ff, FILLED, 0xa5a5a5a5a5a5a5ff},
    {ABOUT_ADDRESS, R_RISCV_SET16, 0x12345, FILLED, 0xa5a5a5a5a5a52345},
    {ABOUT_ADDRESS, R_RISCV_SET32, 0x112345678, FILLED, 0xa5a5a5a512345678},
    {ABOUT_DISTANCE, R_RISCV_RVC_BRANCH, 254, C_BEQZ, 0xcd7d},
    {ABOUT_DISTANCE, R_RISCV_RVC_BRANCH, -256, C_BEQZ, 0xd101},
    {ABOUT_DISTANCE, R_RISCV_RVC_BRANCH, 256, C_BEQZ, REFUSED},
    {ABOUT_DISTANCE, R_RISCV_RVC_BRANCH, -258, C_BEQZ, REFUSED},
    {ABOUT_DISTANCE, R_RISCV_RVC_JUMP, 2046, C_J, 0xaffd},
    {ABOUT_DISTANCE, R_RISCV_RVC_JUMP, -2048, C_J, 0xb001},
    {ABOUT_DISTANCE, R_RISCV_RVC_JUMP, 2048, C_J, REFUSED},
    {ABOUT_DISTANCE, R_RISCV_RVC_JUMP, -2050, C_J, REFUSED},
};

static void test_ranges(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        relocation_case_check(OBJECT_RISCV64, &cases[i]);
    }
}

static uint32_t word(const struct loaded *loaded, size_t offset)
{
    uint32_t value;
    memcpy(&value, (uint8_t *)loaded->image[OBJECT_TEXT] + offset, sizeof(value));
    return value;
}

/* auipc at 8, low parts at 0 (before it), 12 and 16; data 0x100900 bytes from the auipc. */
static struct builder *build_pair(uint32_t high_type, int64_t low_addend)
{
    const uint32_t code[] = {ADDI_A1, 0x13, AUIPC_A0, ADDI_A1, SD_A1};
    struct builder *builder = builder_new(OBJECT_RISCV64);
    unsigned text = builder_text(builder, code, sizeof(code));
    unsigned label = builder_symbol(builder, ".L0", STB_LOCAL, STT_NOTYPE, (uint16_t)text, 8, 0);
    unsigned target = builder_symbol(builder, "target", STB_GLOBAL, STT_OBJECT, SHN_ABS,
                                     BASE_TEXT + 8 + 0x100900, 0);
    builder_relocate(builder, text, 0, R_RISCV_PCREL_LO12_I, label, low_addend);
    builder_relocate(builder, text, 16, R_RISCV_PCREL_LO12_S, label, 0);
    builder_relocate(builder, text, 8, high_type, target, 0);
    builder_relocate(builder, text, 12, R_RISCV_PCREL_LO12_I, label, 0);
    return builder;
}

static void test_low_part_anywhere(void **state)
{
    struct loaded loaded;
    (void)state;
    loaded_init(&loaded, build_pair(R_RISCV_PCREL_HI20, 4), OBJECT_RISCV64);
    assert_true(loaded_run(&loaded, 0));
    assert_int_equal(word(&loaded, 8), 0x00101517);  /* auipc a0, 0x101 */
    assert_int_equal(word(&loaded, 12), 0x90050593); /* addi a1, a0, -0x700 */
    assert_int_equal(word(&loaded, 16), 0x90b53023); /* sd a1, -0x700(a0) */
    assert_int_equal(word(&loaded, 0), 0x90450593);  /* addend 4 */
    loaded_free(&loaded);
}

/* Low parts of two high parts in turn, which are not always of the one seen last. */
static void test_low_parts_mixed(void **state)
{
    struct loaded loaded;
    const uint32_t code[] = {AUIPC_A0, AUIPC_A0, ADDI_A1, ADDI_A1, ADDI_A1, ADDI_A1};
    struct builder *builder = builder_new(OBJECT_RISCV64);
    unsigned text = builder_text(builder, code, sizeof(code));
    unsigned labels[2];
    unsigned targets[2];
    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        labels[i] = builder_symbol(builder, ".L", STB_LOCAL, STT_NOTYPE, (uint16_t)text, 4 * i, 0);
        targets[i] = builder_symbol(builder, "target", STB_LOCAL, STT_OBJECT, SHN_ABS,
                                    BASE_TEXT + 4 * i + 0x100 * (i + 1), 0);
    }
    builder_relocate(builder, text, 8, R_RISCV_PCREL_LO12_I, labels[0], 0);
    builder_relocate(builder, text, 0, R_RISCV_PCREL_HI20, targets[0], 0);
    builder_relocate(builder, text, 4, R_RISCV_PCREL_HI20, targets[1], 0);
    builder_relocate(builder, text, 12, R_RISCV_PCREL_LO12_I, labels[1], 0);
    builder_relocate(builder, text, 16, R_RISCV_PCREL_LO12_I, labels[0], 0);
    builder_relocate(builder, text, 20, R_RISCV_PCREL_LO12_I, labels[1], 0);
    loaded_init(&loaded, builder, OBJECT_RISCV64);
    assert_true(loaded_run(&loaded, 0));
    assert_int_equal(word(&loaded, 8), 0x10050593); /* addi a1, a0, 0x100 */
    assert_int_equal(word(&loaded, 12), 0x20050593);
    assert_int_equal(word(&loaded, 16), 0x10050593);
    assert_int_equal(word(&loaded, 20), 0x20050593);
    loaded_free(&loaded);
}

static void test_low_part_of_slot(void **state)
{
    struct loaded loaded;
    (void)state;
    loaded_init(&loaded, build_pair(R_RISCV_GOT_HI20, 0), OBJECT_RISCV64);
    assert_true(loaded_run(&loaded, 0)); /* slot: BASE_RODATA - BASE_TEXT - 8 = 0xffff8 */
    assert_int_equal(word(&loaded, 8), 0x00100517);
    assert_int_equal(word(&loaded, 12), 0xff850593);
    uint64_t slot;
    memcpy(&slot, loaded.image[OBJECT_RODATA], sizeof(slot));
    assert_int_equal(slot, BASE_TEXT + 8 + 0x100900);
    loaded_free(&loaded);
}

static void expect_refusal(struct builder *builder, enum refusal_code code, const char *part)
{
    struct loaded loaded;
    loaded_init(&loaded, builder, OBJECT_RISCV64);
    assert_false(loaded_run(&loaded, 0));
    if (loaded.refusal.code != code || strstr(loaded.refusal.text, part) == NULL) {
        fail_msg("expected code %d with '%s', got %d: %s", code, part, loaded.refusal.code,
                 loaded.refusal.text);
    }
    loaded_free(&loaded);
}

static void test_low_part_refused(void **state)
{
    struct loaded loaded;
    (void)state;
    expect_refusal(build_pair(R_RISCV_PCREL_HI20, 0x1000), REFUSAL_RELOCATION, "addend");
    expect_refusal(build_pair(R_RISCV_HI20, 0), REFUSAL_RELOCATION, "labels no high part");
    loaded_init(&loaded, build_pair(R_RISCV_PCREL_HI20, 0), OBJECT_RISCV64);
    file_symbol(loaded.file, 1)->st_value = 4;
    assert_false(loaded_run(&loaded, 0));
    assert_int_equal(loaded.refusal.code, REFUSAL_RELOCATION);
    assert_string_equal(loaded.refusal.text,
                        "test.o: refused: .rela.text entry 0 (R_RISCV_PCREL_LO12_I, offset 0x0): "
                        "`.L0` (offset 0x4 in .text) labels no high part");
    loaded_free(&loaded);
}

static void test_two_high_parts(void **state)
{
    struct builder *builder = build_pair(R_RISCV_PCREL_HI20, 0);
    (void)state;
    builder_relocate(builder, 2, 8, R_RISCV_GOT_HI20, 2, 0);
    expect_refusal(builder, REFUSAL_RELOCATION, "two high parts");
}

static void test_range_text(void **state)
{
    struct loaded loaded;
    const uint32_t code[2] = {JAL_RA, JAL_RA};
    struct builder *builder = builder_new(OBJECT_RISCV64);
    unsigned text = builder_text(builder, code, sizeof(code));
    unsigned far =
        builder_symbol(builder, "far", STB_GLOBAL, STT_FUNC, SHN_ABS, BASE_TEXT + 4 + 1310722, 0);
    (void)state;
    builder_relocate(builder, text, 4, R_RISCV_JAL, far, 0);
    loaded_init(&loaded, builder, OBJECT_RISCV64);
    assert_false(loaded_run(&loaded, 0));
    assert_string_equal(loaded.refusal.text,
                        "test.o: refused: .rela.text entry 0 (R_RISCV_JAL, offset 0x4): target "
                        "`far` is 1 310 722 bytes away, the limit is 1 048 575");
    loaded_free(&loaded);
}

/* Everything that an absent weak function may be met with comes out as zero. */
static void test_absent_weak(void **state)
{
    struct loaded loaded;
    const uint32_t code[] = {0x00000097, 0x000080e7, AUIPC_A0, ADDI_A1, AUIPC_A0, ADDI_A1, 0, 0};
    struct builder *builder = builder_new(OBJECT_RISCV64);
    unsigned text = builder_text(builder, code, sizeof(code));
    unsigned weak = builder_symbol(builder, "absent", STB_WEAK, STT_NOTYPE, SHN_UNDEF, 0, 0);
    unsigned first = builder_symbol(builder, ".L1", STB_LOCAL, STT_NOTYPE, (uint16_t)text, 8, 0);
    unsigned second = builder_symbol(builder, ".L2", STB_LOCAL, STT_NOTYPE, (uint16_t)text, 16, 0);
    (void)state;
    builder_relocate(builder, text, 0, R_RISCV_CALL_PLT, weak, 0);
    builder_relocate(builder, text, 8, R_RISCV_PCREL_HI20, weak, 0);
    builder_relocate(builder, text, 12, R_RISCV_PCREL_LO12_I, first, 0);
    builder_relocate(builder, text, 16, R_RISCV_GOT_HI20, weak, 0);
    builder_relocate(builder, text, 20, R_RISCV_PCREL_LO12_I, second, 0);
    builder_relocate(builder, text, 24, R_RISCV_64, weak, 0);
    loaded_init(&loaded, builder, OBJECT_RISCV64);
    assert_true(loaded_run(&loaded, 0));
    assert_int_equal(word(&loaded, 0), 0x000000b7); /* lui ra, 0 */
    assert_int_equal(word(&loaded, 4), 0x000080e7); /* jalr ra, 0(ra) */
    assert_int_equal(word(&loaded, 8), LUI_A0);
    assert_int_equal(word(&loaded, 12), ADDI_A1);
    assert_int_equal(word(&loaded, 24) | word(&loaded, 28), 0);
    uint8_t zeros[8] = {0};
    size_t slots = loaded.object.group[OBJECT_RODATA].content / 8;
    for (size_t i = 0; i < slots; i++) {
        assert_memory_equal((uint8_t *)loaded.image[OBJECT_RODATA] + i * 8, zeros, 8);
    }
    loaded_free(&loaded);
}

/* A call to a far import goes to a stub, which loads the address from the GOT. */
static void test_stub(void **state)
{
    struct loaded loaded;
    const uint32_t code[] = {0x00000097, 0x000080e7, 0, 0};
    struct builder *builder = builder_new(OBJECT_RISCV64);
    unsigned text = builder_text(builder, code, sizeof(code));
    unsigned import = builder_symbol(builder, "port_call@SYS_1.0.5f3a91c2", STB_GLOBAL, STT_NOTYPE,
                                     SHN_UNDEF, 0, 0);
    (void)state;
    builder_relocate(builder, text, 0, R_RISCV_CALL_PLT, import, 0);
    builder_relocate(builder, text, 8, R_RISCV_64, import, 0);
    loaded_init(&loaded, builder, OBJECT_RISCV64);
    assert_true(loaded_run(&loaded, 0));
    assert_int_equal(word(&loaded, 0), 0x00000097);
    assert_int_equal(word(&loaded, 4), 0x010080e7);               /* to the stub at 16 */
    assert_int_equal(word(&loaded, 8), (uint32_t)IMPORT_ADDRESS); /* data has the real address */
    assert_int_equal(word(&loaded, 16), 0x00100e17);              /* auipc t3, 0x100 */
    assert_int_equal(word(&loaded, 20), 0xff0e3e03);              /* ld t3, -16(t3) */
    assert_int_equal(word(&loaded, 24), 0x000e0067);              /* jr t3 */
    uint64_t slot;
    memcpy(&slot, loaded.image[OBJECT_RODATA], sizeof(slot));
    assert_int_equal(slot, IMPORT_ADDRESS);
    struct object_location location;
    assert_true(object_symbolise(&loaded.object, BASE_TEXT + 20, &location));
    assert_string_equal(location.name, "port_call@SYS_1.0.5f3a91c2");
    assert_int_equal(location.offset, 4);
    loaded_free(&loaded);
}

/* When code takes an import's address relative to itself, all uses agree on the stub. */
static void test_canonical_stub(void **state)
{
    struct loaded loaded;
    const uint32_t code[] = {AUIPC_A0, ADDI_A1, 0, 0};
    struct builder *builder = builder_new(OBJECT_RISCV64);
    unsigned text = builder_text(builder, code, sizeof(code));
    unsigned label = builder_symbol(builder, ".L0", STB_LOCAL, STT_NOTYPE, (uint16_t)text, 0, 0);
    unsigned import = builder_symbol(builder, "memcpy", STB_GLOBAL, STT_NOTYPE, SHN_UNDEF, 0, 0);
    (void)state;
    builder_relocate(builder, text, 0, R_RISCV_PCREL_HI20, import, 0);
    builder_relocate(builder, text, 4, R_RISCV_PCREL_LO12_I, label, 0);
    builder_relocate(builder, text, 8, R_RISCV_64, import, 0);
    loaded_init(&loaded, builder, OBJECT_RISCV64);
    assert_true(loaded_run(&loaded, 0));
    assert_int_equal(word(&loaded, 4), 0x01050593); /* stub at 16 */
    assert_int_equal(word(&loaded, 8), (uint32_t)(BASE_TEXT + 16));
    assert_int_equal(word(&loaded, 12), (uint32_t)(BASE_TEXT >> 32));
    loaded_free(&loaded);
}

/* Bytes of one ULEB128, and two labels `distance` apart behind it. */
static struct builder *build_uleb(const uint8_t number[4], uint64_t distance, bool paired)
{
    struct builder *builder = builder_new(OBJECT_RISCV64);
    unsigned data = builder_section(builder, ".rodata", SHT_PROGBITS, SHF_ALLOC, 1, number, 4);
    unsigned low = builder_symbol(builder, "low", STB_LOCAL, STT_NOTYPE, SHN_ABS, 0x1000, 0);
    unsigned high =
        builder_symbol(builder, "high", STB_LOCAL, STT_NOTYPE, SHN_ABS, 0x1000 + distance, 0);
    builder_relocate(builder, data, 0, R_RISCV_SET_ULEB128, high, 0);
    if (paired) {
        builder_relocate(builder, data, 0, R_RISCV_SUB_ULEB128, low, 0);
    }
    return builder;
}

static void test_uleb(void **state)
{
    static const uint8_t two[4] = {0x80, 0x00, 0xee, 0xee};
    static const uint8_t endless[4] = {0x80, 0x80, 0x80, 0x80};
    static const uint8_t largest[4] = {0xff, 0x7f, 0xee, 0xee};
    static const uint8_t smallest[4] = {0x81, 0x00, 0xee, 0xee};
    struct loaded loaded;
    (void)state;
    loaded_init(&loaded, build_uleb(two, 0x3fff, true), OBJECT_RISCV64);
    assert_true(loaded_run(&loaded, 0));
    assert_memory_equal(loaded.image[OBJECT_RODATA], largest, 4);
    loaded_free(&loaded);
    loaded_init(&loaded, build_uleb(two, 1, true), OBJECT_RISCV64);
    assert_true(loaded_run(&loaded, 0));
    assert_memory_equal(loaded.image[OBJECT_RODATA], smallest, 4);
    loaded_free(&loaded);
    expect_refusal(build_uleb(two, 0x4000, true), REFUSAL_RELOCATION_RANGE, "ULEB128");
    expect_refusal(build_uleb(two, (uint64_t)-1, true), REFUSAL_RELOCATION_RANGE, "ULEB128");
    expect_refusal(build_uleb(endless, 1, true), REFUSAL_RELOCATION, "does not end");
    expect_refusal(build_uleb(two, 1, false), REFUSAL_RELOCATION, "no R_RISCV_SUB_ULEB128");
}

/*
 * Code with alignment: 2 bytes, up to 14 bytes of nops for alignment 16, a function, 2 bytes of
 * nops for alignment 4 (not needed: deleted), another function.
 */
static struct builder *build_aligned(void)
{
    uint8_t code[2 + 14 + 4 + 2 + 4] = {0x01, 0x00};
    const uint32_t jump = JAL_RA;
    memset(code + 2, 0xcc, 14);
    memcpy(code + 16, &jump, 4);
    memset(code + 20, 0xdd, 2);
    memcpy(code + 22, &jump, 4);
    struct builder *builder = builder_new(OBJECT_RISCV64);
    unsigned text = builder_section(builder, ".text", SHT_PROGBITS, SHF_ALLOC | SHF_EXECINSTR, 2,
                                    code, sizeof(code));
    builder_symbol(builder, "first", STB_GLOBAL, STT_FUNC, (uint16_t)text, 16, 4);
    builder_symbol(builder, "second", STB_GLOBAL, STT_FUNC, (uint16_t)text, 22, 4);
    builder_symbol(builder, "", STB_LOCAL, STT_SECTION, (uint16_t)text, 0, 0);
    return builder;
}

static void test_align(void **state)
{
    struct loaded loaded;
    struct builder *builder = build_aligned();
    const uint8_t nops[] = {0x01, 0x00, 0x13, 0, 0, 0, 0x13, 0, 0, 0, 0x13, 0, 0, 0, 0x01, 0x00};
    uint64_t address;
    (void)state;
    builder_relocate(builder, 2, 22, R_RISCV_JAL, 1, 0); /* table not in order */
    builder_relocate(builder, 2, 20, R_RISCV_ALIGN, 0, 2);
    builder_relocate(builder, 2, 2, R_RISCV_ALIGN, 0, 14);
    builder_relocate(builder, 2, 16, R_RISCV_JAL, 3, 22); /* section symbol with addend */
    loaded_init(&loaded, builder, OBJECT_RISCV64);
    assert_true(loaded_run(&loaded, 0));
    assert_int_equal(loaded.object.group[OBJECT_TEXT].size, 24);
    assert_memory_equal(loaded.image[OBJECT_TEXT], nops, sizeof(nops));
    assert_int_equal(word(&loaded, 16), 0x004000ef); /* jal 4: to second, now at 20 */
    assert_int_equal(word(&loaded, 20), 0xffdff0ef); /* jal -4: to first */
    assert_true(object_find_function(&loaded.object, "second", &address));
    assert_int_equal(address, BASE_TEXT + 20);
    loaded_free(&loaded);
}

/* Two deletions in a row: 2 of 14 bytes for alignment 16, then 2 of 6 for alignment 8. */
static void test_align_twice(void **state)
{
    struct loaded loaded;
    const uint32_t jump = JAL_RA;
    const uint32_t expected[] = {0x010000ef, 0x13, 0x13, 0x13, 0x008000ef, 0x13, 0xff9ff0ef};
    uint8_t code[32];
    uint64_t address;
    struct builder *builder = builder_new(OBJECT_RISCV64);
    (void)state;
    memset(code, 0xcc, sizeof(code));
    memcpy(code, &jump, 4);
    memcpy(code + 18, &jump, 4);
    memcpy(code + 28, &jump, 4);
    unsigned text = builder_section(builder, ".text", SHT_PROGBITS, SHF_ALLOC | SHF_EXECINSTR, 2,
                                    code, sizeof(code));
    unsigned first = builder_symbol(builder, "first", STB_GLOBAL, STT_FUNC, (uint16_t)text, 18, 4);
    unsigned second =
        builder_symbol(builder, "second", STB_GLOBAL, STT_FUNC, (uint16_t)text, 28, 4);
    builder_relocate(builder, text, 0, R_RISCV_JAL, first, 0);
    builder_relocate(builder, text, 4, R_RISCV_ALIGN, 0, 14);
    builder_relocate(builder, text, 18, R_RISCV_JAL, second, 0);
    builder_relocate(builder, text, 22, R_RISCV_ALIGN, 0, 6);
    builder_relocate(builder, text, 28, R_RISCV_JAL, first, 0);
    loaded_init(&loaded, builder, OBJECT_RISCV64);
    assert_true(loaded_run(&loaded, 0));
    assert_int_equal(loaded.object.group[OBJECT_TEXT].size, sizeof(expected));
    assert_int_equal(loaded.object.sections[text].align, 16);
    assert_memory_equal(loaded.image[OBJECT_TEXT], expected, sizeof(expected));
    assert_true(object_find_function(&loaded.object, "second", &address));
    assert_int_equal(address, BASE_TEXT + 24);
    loaded_free(&loaded);
}

static void test_align_refused(void **state)
{
    struct builder *builder = build_aligned();
    (void)state;
    builder_relocate(builder, 2, 2, R_RISCV_ALIGN, 0, 12); /* for 16: 14 are needed */
    expect_refusal(builder, REFUSAL_RELOCATION, "too few nops");
    builder = build_aligned();
    builder_relocate(builder, 2, 2, R_RISCV_ALIGN, 0, 14);
    builder_relocate(builder, 2, 8, R_RISCV_ALIGN, 0, 6);
    expect_refusal(builder, REFUSAL_RELOCATION, "overlaps");
    builder = build_aligned();
    builder_relocate(builder, 2, 3, R_RISCV_ALIGN, 0, 14);
    expect_refusal(builder, REFUSAL_RELOCATION, "is odd");
    builder = build_aligned();
    builder_relocate(builder, 2, 20, R_RISCV_ALIGN, 0, 7);
    expect_refusal(builder, REFUSAL_RELOCATION, "leaves section");
    builder = build_aligned();
    builder_relocate(builder, 2, 20, R_RISCV_ALIGN, 0, -2);
    expect_refusal(builder, REFUSAL_RELOCATION, "deleting");
    builder = build_aligned();
    builder_relocate(builder, 2, 24, R_RISCV_ALIGN, 0, 2); /* deletes the end of the section */
    builder_relocate(builder, 2, 22, R_RISCV_JAL, 1, 0);
    expect_refusal(builder, REFUSAL_RELOCATION, "deleted nops");
}

static void test_types_refused(void **state)
{
    struct builder *builder = build_aligned();
    (void)state;
    builder_relocate(builder, 2, 0, 200, 1, 0);
    expect_refusal(builder, REFUSAL_RELOCATION_TYPE, "relocation type 200 is unknown for riscv64");
    builder = build_aligned();
    builder_relocate(builder, 2, 0, R_RISCV_TLSDESC_HI20, 1, 0);
    expect_refusal(builder, REFUSAL_RELOCATION_TYPE, "R_RISCV_TLSDESC_HI20");
    builder = build_aligned();
    builder_relocate(builder, 2, 0, 0x80000000u | R_RISCV_JAL, 1, 0);
    expect_refusal(builder, REFUSAL_RELOCATION_TYPE, "unknown");
}

/* Dynamic TLS: the pair of slots holds the offset, and our own __tls_get_addr adds it up. */
static void test_tls_pair(void **state)
{
    struct loaded loaded;
    const uint32_t code[] = {AUIPC_A0, ADDI_A1, 0x00000097, 0x000080e7};
    struct builder *builder = builder_new(OBJECT_RISCV64);
    unsigned text = builder_text(builder, code, sizeof(code));
    unsigned tls = builder_section(builder, ".tdata", SHT_PROGBITS, SHF_ALLOC | SHF_WRITE | SHF_TLS,
                                   8, "0123456789abcde", 16);
    unsigned variable =
        builder_symbol(builder, "variable", STB_GLOBAL, STT_TLS, (uint16_t)tls, 8, 8);
    unsigned get =
        builder_symbol(builder, "__tls_get_addr", STB_GLOBAL, STT_NOTYPE, SHN_UNDEF, 0, 0);
    unsigned label = builder_symbol(builder, ".L0", STB_LOCAL, STT_NOTYPE, (uint16_t)text, 0, 0);
    (void)state;
    builder_relocate(builder, text, 0, R_RISCV_TLS_GD_HI20, variable, 0);
    builder_relocate(builder, text, 4, R_RISCV_PCREL_LO12_I, label, 0);
    builder_relocate(builder, text, 8, R_RISCV_CALL_PLT, get, 0);
    loaded_init(&loaded, builder, OBJECT_RISCV64);
    assert_true(loaded_run(&loaded, 0));
    assert_int_equal(loaded.object.import_count, 0);
    assert_int_equal(word(&loaded, 12), 0x008080e7); /* stub at 16 */
    assert_int_equal(word(&loaded, 16), 0x00853503);
    uint64_t pair[2];
    memcpy(pair, loaded.image[OBJECT_RODATA], sizeof(pair));
    assert_int_equal(pair[1], 8);
    assert_int_equal(loaded.object.tls.size, 16);
    assert_memory_equal((uint8_t *)loaded.image[OBJECT_RODATA] +
                            (loaded.object.tls.template_address - BASE_RODATA),
                        "0123456789abcde", 16);
    loaded_free(&loaded);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ranges),
        cmocka_unit_test(test_low_part_anywhere),
        cmocka_unit_test(test_low_part_of_slot),
        cmocka_unit_test(test_low_parts_mixed),
        cmocka_unit_test(test_low_part_refused),
        cmocka_unit_test(test_two_high_parts),
        cmocka_unit_test(test_range_text),
        cmocka_unit_test(test_absent_weak),
        cmocka_unit_test(test_stub),
        cmocka_unit_test(test_canonical_stub),
        cmocka_unit_test(test_uleb),
        cmocka_unit_test(test_align),
        cmocka_unit_test(test_align_twice),
        cmocka_unit_test(test_align_refused),
        cmocka_unit_test(test_types_refused),
        cmocka_unit_test(test_tls_pair),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
