/*
 * AArch64 relocations: every type at both ends of its range, and one past. The expected
 * instructions are what llvm-mc assembles for these operands.
 */
#include "test_object_builder.h"

#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "elf_aarch64.h"
#include "object_internal.h"

#define ARRAY_COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define FILLED             0xa5a5a5a5a5a5a5a5ull

enum {
    B = 0x14000000,
    BL = 0x94000000u,
    B_EQ = 0x54000000,
    TBZ = 0x36280003,
    LDR_LITERAL = 0x58000007,
    ADR = 0x10000007,
    ADRP = 0x90000007u,
    ADD = 0x91000107u,
    LDRB = 0x39400107,
    LDRH = 0x79400107,
    LDR_W = 0xb9400107u,
    LDR_X = 0xf9400107u,
    LDR_Q = 0x3dc00107,
    MOVZ = 0xd2800007u,
    MOVZ_16 = 0xd2a00007u,
    MOVZ_32 = 0xd2c00007u,
    MOVZ_48 = 0xd2e00007u,
    MOVK = 0xf2800007u,
    MOVK_16 = 0xf2a00007u,
    NOP = 0xd503201fu,
};

/* The place is at page offset 0x20: distances between pages are those of the page itself. */
#define PAGES_MAX 0xfffff000ll
#define PAGES_MIN (-0x100000000ll)
#define PAGES(type, about)                                                                         \
    {about, type, PAGES_MAX, ADRP, 0xf07fffe7}, {about, type, PAGES_MIN, ADRP, 0x90800007},        \
        {about, type, PAGES_MAX + 0x1000, ADRP, REFUSED},                                          \
    {                                                                                              \
        about, type, PAGES_MIN - 0x1000, ADRP, REFUSED                                             \
    }
#define LITERAL(type, about)                                                                       \
    {about, type, 1048572, LDR_LITERAL, 0x587fffe7},                                               \
        {about, type, -1048576, LDR_LITERAL, 0x58800007},                                          \
        {about, type, 1048576, LDR_LITERAL, REFUSED},                                              \
        {about, type, -1048580, LDR_LITERAL, REFUSED},                                             \
    {                                                                                              \
        about, type, 2, LDR_LITERAL, REFUSED                                                       \
    }
#define DATA32(type, about, high, high_bits)                                                       \
    {about, type, high, FILLED, 0xa5a5a5a500000000 | (high_bits)},                                 \
        {about, type, -0x80000000ll, FILLED, 0xa5a5a5a580000000},                                  \
        {about, type, (high) + 1, FILLED, REFUSED},                                                \
    {                                                                                              \
        about, type, -0x80000001ll, FILLED, REFUSED                                                \
    }

static const struct relocation_case cases[] = {
    {ABOUT_ADDRESS, R_AARCH64_NONE, 1, FILLED, FILLED},
    {ABOUT_ADDRESS, R_AARCH64_NONE_WITHDRAWN, 1, FILLED, FILLED},
    {ABOUT_ADDRESS, R_AARCH64_ABS64, -2, FILLED, 0xfffffffffffffffe},
    DATA32(R_AARCH64_ABS32, ABOUT_ADDRESS, 0xffffffffll, 0xffffffff),
    {ABOUT_ADDRESS, R_AARCH64_ABS16, 0xffff, FILLED, 0xa5a5a5a5a5a5ffff},
    {ABOUT_ADDRESS, R_AARCH64_ABS16, -0x8000, FILLED, 0xa5a5a5a5a5a58000},
    {ABOUT_ADDRESS, R_AARCH64_ABS16, 0x10000, FILLED, REFUSED},
    {ABOUT_ADDRESS, R_AARCH64_ABS16, -0x8001, FILLED, REFUSED},
    {ABOUT_DISTANCE, R_AARCH64_PREL64, -2, FILLED, 0xfffffffffffffffe},
    DATA32(R_AARCH64_PREL32, ABOUT_DISTANCE, 0xffffffffll, 0xffffffff),
    {ABOUT_DISTANCE, R_AARCH64_PREL16, 0xffff, FILLED, 0xa5a5a5a5a5a5ffff},
    {ABOUT_DISTANCE, R_AARCH64_PREL16, -0x8000, FILLED, 0xa5a5a5a5a5a58000},
    {ABOUT_DISTANCE, R_AARCH64_PREL16, 0x10000, FILLED, REFUSED},
    {ABOUT_DISTANCE, R_AARCH64_PREL16, -0x8001, FILLED, REFUSED},
    DATA32(R_AARCH64_PLT32, ABOUT_DISTANCE, 0x7fffffffll, 0x7fffffff),
    DATA32(R_AARCH64_GOTPCREL32, ABOUT_SLOT, 0x7fffffffll, 0x7fffffff),

    {ABOUT_ADDRESS, R_AARCH64_MOVW_UABS_G0, 0xffff, MOVZ, 0xd29fffe7},
    {ABOUT_ADDRESS, R_AARCH64_MOVW_UABS_G0, 0, MOVZ, MOVZ},
    {ABOUT_ADDRESS, R_AARCH64_MOVW_UABS_G0, 0x10000, MOVZ, REFUSED},
    {ABOUT_ADDRESS, R_AARCH64_MOVW_UABS_G0, -1, MOVZ, REFUSED},
    {ABOUT_ADDRESS, R_AARCH64_MOVW_UABS_G0_NC, 0x56781234, MOVK, 0xf2824687},
    {ABOUT_ADDRESS, R_AARCH64_MOVW_UABS_G1, 0xffffffff, MOVZ_16, 0xd2bfffe7},
    {ABOUT_ADDRESS, R_AARCH64_MOVW_UABS_G1, 0x100000000, MOVZ_16, REFUSED},
    {ABOUT_ADDRESS, R_AARCH64_MOVW_UABS_G1, -1, MOVZ_16, REFUSED},
    {ABOUT_ADDRESS, R_AARCH64_MOVW_UABS_G1_NC, 0x7fff12345678, MOVK_16, 0xf2a24687},
    {ABOUT_ADDRESS, R_AARCH64_MOVW_UABS_G2, 0xffffffffffff, MOVZ_32, 0xd2dfffe7},
    {ABOUT_ADDRESS, R_AARCH64_MOVW_UABS_G2, 0x1000000000000, MOVZ_32, REFUSED},
    {ABOUT_ADDRESS, R_AARCH64_MOVW_UABS_G2, -1, MOVZ_32, REFUSED},
    {ABOUT_ADDRESS, R_AARCH64_MOVW_UABS_G2_NC, -1, MOVZ_32, 0xd2dfffe7},
    {ABOUT_ADDRESS, R_AARCH64_MOVW_UABS_G3, -1, MOVZ_48, 0xd2ffffe7},
    {ABOUT_ADDRESS, R_AARCH64_MOVW_SABS_G0, 0xffff, MOVZ, 0xd29fffe7},
    {ABOUT_ADDRESS, R_AARCH64_MOVW_SABS_G0, 0, MOVZ, MOVZ},
    {ABOUT_ADDRESS, R_AARCH64_MOVW_SABS_G0, -0x10000, MOVZ, 0x929fffe7},
    {ABOUT_ADDRESS, R_AARCH64_MOVW_SABS_G0, 0x10000, MOVZ, REFUSED},
    {ABOUT_ADDRESS, R_AARCH64_MOVW_SABS_G0, -0x10001, MOVZ, REFUSED},
    {ABOUT_ADDRESS, R_AARCH64_MOVW_SABS_G1, 0xffffffff, MOVZ_16, 0xd2bfffe7},
    {ABOUT_ADDRESS, R_AARCH64_MOVW_SABS_G1, -0x100000000, MOVZ_16, 0x92bfffe7},
    {ABOUT_ADDRESS, R_AARCH64_MOVW_SABS_G1, 0x100000000, MOVZ_16, REFUSED},
    {ABOUT_ADDRESS, R_AARCH64_MOVW_SABS_G1, -0x100000001, MOVZ_16, REFUSED},
    {ABOUT_ADDRESS, R_AARCH64_MOVW_SABS_G2, 0xffffffffffff, MOVZ_32, 0xd2dfffe7},
    {ABOUT_ADDRESS, R_AARCH64_MOVW_SABS_G2, -0x1000000000000, MOVZ_32, 0x92dfffe7},
    {ABOUT_ADDRESS, R_AARCH64_MOVW_SABS_G2, 0x1000000000000, MOVZ_32, REFUSED},
    {ABOUT_ADDRESS, R_AARCH64_MOVW_SABS_G2, -0x1000000000001, MOVZ_32, REFUSED},

    LITERAL(R_AARCH64_LD_PREL_LO19, ABOUT_DISTANCE),
    LITERAL(R_AARCH64_GOT_LD_PREL19, ABOUT_SLOT),
    LITERAL(R_AARCH64_TLSIE_LD_GOTTPREL_PREL19, ABOUT_TLS_SLOT),
    {ABOUT_DISTANCE, R_AARCH64_ADR_PREL_LO21, 1048575, ADR, 0x707fffe7},
    {ABOUT_DISTANCE, R_AARCH64_ADR_PREL_LO21, -1048576, ADR, 0x10800007},
    {ABOUT_DISTANCE, R_AARCH64_ADR_PREL_LO21, 1048576, ADR, REFUSED},
    {ABOUT_DISTANCE, R_AARCH64_ADR_PREL_LO21, -1048577, ADR, REFUSED},
    {ABOUT_TLS_SLOT, R_AARCH64_TLSGD_ADR_PREL21, 1048575, ADR, 0x707fffe7},
    {ABOUT_TLS_SLOT, R_AARCH64_TLSGD_ADR_PREL21, -1048576, ADR, 0x10800007},
    {ABOUT_TLS_SLOT, R_AARCH64_TLSGD_ADR_PREL21, 1048576, ADR, REFUSED},
    {ABOUT_TLS_SLOT, R_AARCH64_TLSGD_ADR_PREL21, -1048577, ADR, REFUSED},
    PAGES(R_AARCH64_ADR_PREL_PG_HI21, ABOUT_DISTANCE),
    PAGES(R_AARCH64_ADR_GOT_PAGE, ABOUT_SLOT),
    PAGES(R_AARCH64_TLSGD_ADR_PAGE21, ABOUT_TLS_SLOT),
    PAGES(R_AARCH64_TLSIE_ADR_GOTTPREL_PAGE21, ABOUT_TLS_SLOT),
    {ABOUT_DISTANCE, R_AARCH64_ADR_PREL_PG_HI21_NC, PAGES_MAX, ADRP, 0xf07fffe7},
    {ABOUT_DISTANCE, R_AARCH64_ADR_PREL_PG_HI21_NC, PAGES_MAX + 0x1000, ADRP, 0x90800007},

    {ABOUT_ADDRESS, R_AARCH64_ADD_ABS_LO12_NC, 0x12345fff, ADD, 0x913ffd07},
    {ABOUT_ADDRESS, R_AARCH64_ADD_ABS_LO12_NC, 0x12345000, ADD, ADD},
    {ABOUT_ADDRESS, R_AARCH64_LDST8_ABS_LO12_NC, 0x12345fff, LDRB, 0x397ffd07},
    {ABOUT_ADDRESS, R_AARCH64_LDST16_ABS_LO12_NC, 0x12345ffe, LDRH, 0x795ffd07},
    {ABOUT_ADDRESS, R_AARCH64_LDST16_ABS_LO12_NC, 0x12345fff, LDRH, REFUSED},
    {ABOUT_ADDRESS, R_AARCH64_LDST32_ABS_LO12_NC, 0x12345ffc, LDR_W, 0xb94ffd07},
    {ABOUT_ADDRESS, R_AARCH64_LDST32_ABS_LO12_NC, 0x12345ffe, LDR_W, REFUSED},
    {ABOUT_ADDRESS, R_AARCH64_LDST64_ABS_LO12_NC, 0x12345ff8, LDR_X, 0xf947fd07},
    {ABOUT_ADDRESS, R_AARCH64_LDST64_ABS_LO12_NC, 0x12345ffc, LDR_X, REFUSED},
    {ABOUT_ADDRESS, R_AARCH64_LDST128_ABS_LO12_NC, 0x12345ff0, LDR_Q, 0x3dc3fd07},
    {ABOUT_ADDRESS, R_AARCH64_LDST128_ABS_LO12_NC, 0x12345ff8, LDR_Q, REFUSED},
    {ABOUT_SLOT, R_AARCH64_LD64_GOT_LO12_NC, 0x1000 - PLACE - 8, LDR_X, 0xf947fd07},
    {ABOUT_SLOT, R_AARCH64_LD64_GOT_LO12_NC, 4, LDR_X, REFUSED},
    {ABOUT_TLS_SLOT, R_AARCH64_TLSIE_LD64_GOTTPREL_LO12_NC, 0xff8 - PLACE, LDR_X, 0xf947fd07},
    {ABOUT_TLS_SLOT, R_AARCH64_TLSIE_LD64_GOTTPREL_LO12_NC, 4, LDR_X, REFUSED},
    {ABOUT_TLS_SLOT, R_AARCH64_TLSGD_ADD_LO12_NC, 0xfff - PLACE, ADD, 0x913ffd07},
    {ABOUT_SLOT, R_AARCH64_LD64_GOTPAGE_LO15, 0xff8 - PLACE, LDR_X, 0xf947fd07},
    {ABOUT_SLOT, R_AARCH64_LD64_GOTPAGE_LO15, 4, LDR_X, REFUSED},
    {ABOUT_SLOT, R_AARCH64_LD64_GOTOFF_LO15, 0, LDR_X, LDR_X},

    {ABOUT_DISTANCE, R_AARCH64_TSTBR14, 32764, TBZ, 0x362bffe3},
    {ABOUT_DISTANCE, R_AARCH64_TSTBR14, -32768, TBZ, 0x362c0003},
    {ABOUT_DISTANCE, R_AARCH64_TSTBR14, 32768, TBZ, REFUSED},
    {ABOUT_DISTANCE, R_AARCH64_TSTBR14, -32772, TBZ, REFUSED},
    {ABOUT_DISTANCE, R_AARCH64_TSTBR14, 2, TBZ, REFUSED},
    {ABOUT_DISTANCE, R_AARCH64_CONDBR19, 1048572, B_EQ, 0x547fffe0},
    {ABOUT_DISTANCE, R_AARCH64_CONDBR19, -1048576, B_EQ, 0x54800000},
    {ABOUT_DISTANCE, R_AARCH64_CONDBR19, 1048576, B_EQ, REFUSED},
    {ABOUT_DISTANCE, R_AARCH64_CONDBR19, -1048580, B_EQ, REFUSED},
    {ABOUT_DISTANCE, R_AARCH64_JUMP26, 134217724, B, 0x15ffffff},
    {ABOUT_DISTANCE, R_AARCH64_JUMP26, -134217728, B, 0x16000000},
    {ABOUT_DISTANCE, R_AARCH64_JUMP26, 134217728, B, REFUSED},
    {ABOUT_DISTANCE, R_AARCH64_JUMP26, -134217732, B, REFUSED},
    {ABOUT_DISTANCE, R_AARCH64_CALL26, 134217724, BL, 0x95ffffff},
    {ABOUT_DISTANCE, R_AARCH64_CALL26, -134217728, BL, 0x96000000},
    {ABOUT_DISTANCE, R_AARCH64_CALL26, 134217728, BL, REFUSED},
    {ABOUT_DISTANCE, R_AARCH64_CALL26, -134217732, BL, REFUSED},
    {ABOUT_DISTANCE, R_AARCH64_CALL26, 6, BL, REFUSED},

    {ABOUT_TLS, R_AARCH64_TLSLE_MOVW_TPREL_G2, 0xffffffffffff, MOVZ_32, 0xd2dfffe7},
    {ABOUT_TLS, R_AARCH64_TLSLE_MOVW_TPREL_G2, -0x1000000000000, MOVZ_32, 0x92dfffe7},
    {ABOUT_TLS, R_AARCH64_TLSLE_MOVW_TPREL_G2, 0x1000000000000, MOVZ_32, REFUSED},
    {ABOUT_TLS, R_AARCH64_TLSLE_MOVW_TPREL_G2, -0x1000000000001, MOVZ_32, REFUSED},
    {ABOUT_TLS, R_AARCH64_TLSLE_MOVW_TPREL_G1, 0xffffffff, MOVZ_16, 0xd2bfffe7},
    {ABOUT_TLS, R_AARCH64_TLSLE_MOVW_TPREL_G1, -0x100000000, MOVZ_16, 0x92bfffe7},
    {ABOUT_TLS, R_AARCH64_TLSLE_MOVW_TPREL_G1, 0x100000000, MOVZ_16, REFUSED},
    {ABOUT_TLS, R_AARCH64_TLSLE_MOVW_TPREL_G1, -0x100000001, MOVZ_16, REFUSED},
    {ABOUT_TLS, R_AARCH64_TLSLE_MOVW_TPREL_G1_NC, 0x7fff12345678, MOVK_16, 0xf2a24687},
    {ABOUT_TLS, R_AARCH64_TLSLE_MOVW_TPREL_G0, 0xffff, MOVZ, 0xd29fffe7},
    {ABOUT_TLS, R_AARCH64_TLSLE_MOVW_TPREL_G0, -0x10000, MOVZ, 0x929fffe7},
    {ABOUT_TLS, R_AARCH64_TLSLE_MOVW_TPREL_G0, 0x10000, MOVZ, REFUSED},
    {ABOUT_TLS, R_AARCH64_TLSLE_MOVW_TPREL_G0, -0x10001, MOVZ, REFUSED},
    {ABOUT_TLS, R_AARCH64_TLSLE_MOVW_TPREL_G0_NC, 0x56781234, MOVK, 0xf2824687},
    {ABOUT_TLS, R_AARCH64_TLSLE_ADD_TPREL_HI12, 0xffffff, ADD | 0x400000, 0x917ffd07},
    {ABOUT_TLS, R_AARCH64_TLSLE_ADD_TPREL_HI12, 0, ADD | 0x400000, ADD | 0x400000},
    {ABOUT_TLS, R_AARCH64_TLSLE_ADD_TPREL_HI12, 0x1000000, ADD, REFUSED},
    {ABOUT_TLS, R_AARCH64_TLSLE_ADD_TPREL_HI12, -1, ADD, REFUSED},
    {ABOUT_TLS, R_AARCH64_TLSLE_ADD_TPREL_LO12, 0xfff, ADD, 0x913ffd07},
    {ABOUT_TLS, R_AARCH64_TLSLE_ADD_TPREL_LO12, 0x1000, ADD, REFUSED},
    {ABOUT_TLS, R_AARCH64_TLSLE_ADD_TPREL_LO12, -1, ADD, REFUSED},
    {ABOUT_TLS, R_AARCH64_TLSLE_ADD_TPREL_LO12_NC, 0x12345fff, ADD, 0x913ffd07},
    {ABOUT_TLS, R_AARCH64_TLSLE_LDST8_TPREL_LO12, 0xfff, LDRB, 0x397ffd07},
    {ABOUT_TLS, R_AARCH64_TLSLE_LDST8_TPREL_LO12, 0x1000, LDRB, REFUSED},
    {ABOUT_TLS, R_AARCH64_TLSLE_LDST8_TPREL_LO12_NC, 0x1fff, LDRB, 0x397ffd07},
    {ABOUT_TLS, R_AARCH64_TLSLE_LDST16_TPREL_LO12, 0xffe, LDRH, 0x795ffd07},
    {ABOUT_TLS, R_AARCH64_TLSLE_LDST16_TPREL_LO12, 0x1000, LDRH, REFUSED},
    {ABOUT_TLS, R_AARCH64_TLSLE_LDST16_TPREL_LO12, 0xfff, LDRH, REFUSED},
    {ABOUT_TLS, R_AARCH64_TLSLE_LDST16_TPREL_LO12_NC, 0x1ffe, LDRH, 0x795ffd07},
    {ABOUT_TLS, R_AARCH64_TLSLE_LDST32_TPREL_LO12, 0xffc, LDR_W, 0xb94ffd07},
    {ABOUT_TLS, R_AARCH64_TLSLE_LDST32_TPREL_LO12, 0x1000, LDR_W, REFUSED},
    {ABOUT_TLS, R_AARCH64_TLSLE_LDST32_TPREL_LO12_NC, 0x1ffc, LDR_W, 0xb94ffd07},
    {ABOUT_TLS, R_AARCH64_TLSLE_LDST64_TPREL_LO12, 0xff8, LDR_X, 0xf947fd07},
    {ABOUT_TLS, R_AARCH64_TLSLE_LDST64_TPREL_LO12, 0x1000, LDR_X, REFUSED},
    {ABOUT_TLS, R_AARCH64_TLSLE_LDST64_TPREL_LO12_NC, 0x1ff8, LDR_X, 0xf947fd07},
    {ABOUT_TLS, R_AARCH64_TLSLE_LDST128_TPREL_LO12, 0xff0, LDR_Q, 0x3dc3fd07},
    {ABOUT_TLS, R_AARCH64_TLSLE_LDST128_TPREL_LO12, 0x1000, LDR_Q, REFUSED},
    {ABOUT_TLS, R_AARCH64_TLSLE_LDST128_TPREL_LO12_NC, 0x1ff0, LDR_Q, 0x3dc3fd07},

    {ABOUT_TLS, R_AARCH64_TLSDESC_ADR_PAGE21, 0xffff1234, 0x90000000, 0xd2bfffe0},
    {ABOUT_TLS, R_AARCH64_TLSDESC_ADR_PAGE21, 0, 0x90000000, 0xd2a00000},
    {ABOUT_TLS, R_AARCH64_TLSDESC_ADR_PAGE21, 0x100000000, 0x90000000, REFUSED},
    {ABOUT_TLS, R_AARCH64_TLSDESC_ADR_PAGE21, -1, 0x90000000, REFUSED},
    {ABOUT_TLS, R_AARCH64_TLSDESC_LD64_LO12, 0x1ffff, 0xf9400001, 0xf29fffe0},
    {ABOUT_TLS, R_AARCH64_TLSDESC_ADD_LO12, 0x1ffff, 0x91000000, NOP},
    {ABOUT_TLS, R_AARCH64_TLSDESC_CALL, 0x1ffff, 0xd63f0020, NOP},
    {ABOUT_TLS, R_AARCH64_TLSDESC_LD_PREL19, 0xffff1234, 0x58000001, 0xd2bfffe0},
    {ABOUT_TLS, R_AARCH64_TLSDESC_LD_PREL19, 0x100000000, 0x58000001, REFUSED},
    {ABOUT_TLS, R_AARCH64_TLSDESC_ADR_PREL21, 0x1ffff, 0x10000000, 0xf29fffe0},
};

static void test_ranges(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(cases); i++) {
        relocation_case_check(OBJECT_AARCH64, &cases[i]);
    }
}

static uint32_t word(const struct loaded *loaded, size_t offset)
{
    uint32_t value;
    memcpy(&value, (uint8_t *)loaded->image[OBJECT_TEXT] + offset, sizeof(value));
    return value;
}

/* The last slot that LD64_GOTPAGE_LO15 reaches from the GOT's page, and the first it does not. */
static bool run_last_slot(struct loaded *loaded, uint64_t got)
{
    const uint32_t code[] = {LDR_X};
    struct builder *builder = builder_new(OBJECT_AARCH64);
    unsigned text = builder_text(builder, code, sizeof(code));
    unsigned target = builder_symbol(builder, "target", STB_LOCAL, STT_NOTYPE, SHN_ABS, 1, 0);
    const uint64_t address[OBJECT_GROUPS] = {BASE_TEXT, got, BASE_DATA};
    builder_relocate(builder, text, 0, R_AARCH64_LD64_GOTPAGE_LO15, target, 0);
    loaded_init(loaded, builder, OBJECT_AARCH64);
    if (!loaded_layout(loaded, 0)) {
        return false;
    }
    loaded->object.symbol_states[target].got = (0x8000 - 8 - (got & 0xfff)) / 8 + 1;
    loaded_put(loaded, address);
    return object_check(&loaded->object, resolve_any, NULL, &loaded->refusal);
}

static void test_slot_reach(void **state)
{
    struct loaded loaded;
    (void)state;
    assert_true(run_last_slot(&loaded, BASE_RODATA + 0x18));
    loaded.object.symbol_states[1].got++;
    assert_false(object_check(&loaded.object, resolve_any, NULL, &loaded.refusal));
    assert_int_equal(loaded.refusal.code, REFUSAL_RELOCATION_RANGE);
    loaded_free(&loaded);
}

/* Text with an ADRP at page offset 0xff8, followed by the rest of the dangerous sequence. */
static struct builder *build_erratum(uint64_t offset)
{
    uint8_t code[0x1010] = {0};
    const uint32_t sequence[] = {ADRP, LDR_X, LDR_X};
    memcpy(code + offset, sequence, sizeof(sequence));
    struct builder *builder = builder_new(OBJECT_AARCH64);
    unsigned text = builder_text(builder, code, sizeof(code));
    unsigned data =
        builder_section(builder, ".data", SHT_PROGBITS, SHF_ALLOC | SHF_WRITE, 8, NULL, 8);
    unsigned symbol = builder_symbol(builder, "x", STB_LOCAL, STT_OBJECT, (uint16_t)data, 0, 8);
    builder_relocate(builder, text, offset, R_AARCH64_ADR_PREL_PG_HI21, symbol, 0);
    return builder;
}

static void test_erratum_near(void **state)
{
    struct loaded loaded;
    const uint64_t near[OBJECT_GROUPS] = {BASE_TEXT, BASE_RODATA, BASE_TEXT + 0x5000};
    (void)state;
    for (uint64_t offset = 0xff8; offset <= 0xffc; offset += 4) {
        loaded_init(&loaded, build_erratum(offset), OBJECT_AARCH64);
        assert_true(loaded_run_anywhere(&loaded, near));
        /* adr x7, page: 0x5000 - offset = 0x4008 or 0x4004 */
        assert_int_equal(word(&loaded, offset), offset == 0xff8 ? 0x10020047 : 0x10020027);
        loaded_free(&loaded);
    }
    loaded_init(&loaded, build_erratum(0xff4), OBJECT_AARCH64);
    assert_true(loaded_run_anywhere(&loaded, near));
    assert_int_equal(word(&loaded, 0xff4), 0xb0000027); /* adrp x7, 5 pages */
    loaded_free(&loaded);
}

static void test_erratum_far(void **state)
{
    struct loaded loaded;
    (void)state;
    loaded_init(&loaded, build_erratum(0xffc), OBJECT_AARCH64);
    assert_true(loaded_run(&loaded, 0));                 /* data 0x200 pages away */
    assert_int_equal(word(&loaded, 0xffc), 0x14000005);  /* b to the veneer at 0x1010 */
    assert_int_equal(word(&loaded, 0x1010), 0xf0000fe7); /* adrp x7, 0x1ff pages */
    assert_int_equal(word(&loaded, 0x1014), 0x17fffffb); /* b back to 0x1000 */
    loaded_free(&loaded);
}

/* What is no code needs no veneer: there is none, and so it must not be used. */
static void test_erratum_data(void **state)
{
    struct loaded loaded;
    const uint32_t code[] = {0, 0, 0, 0};
    const uint32_t adrp[] = {ADRP};
    struct builder *builder = builder_new(OBJECT_AARCH64);
    builder_text(builder, code, sizeof(code));
    builder_section(builder, ".rodata.a", SHT_PROGBITS, SHF_ALLOC, 4, NULL, 0xff8);
    unsigned place =
        builder_section(builder, ".rodata.b", SHT_PROGBITS, SHF_ALLOC, 4, adrp, sizeof(adrp));
    unsigned data =
        builder_section(builder, ".data", SHT_PROGBITS, SHF_ALLOC | SHF_WRITE, 8, NULL, 8);
    unsigned symbol = builder_symbol(builder, "x", STB_LOCAL, STT_OBJECT, (uint16_t)data, 0, 8);
    uint32_t written;
    (void)state;
    builder_relocate(builder, place, 0, R_AARCH64_ADR_PREL_PG_HI21, symbol, 0);
    loaded_init(&loaded, builder, OBJECT_AARCH64);
    const uint64_t far[OBJECT_GROUPS] = {BASE_TEXT, BASE_RODATA, BASE_RODATA + 0x400000};
    assert_true(loaded_run_anywhere(&loaded, far));
    assert_int_equal(loaded.object.veneers, 0);
    assert_int_equal(loaded.object.group[OBJECT_TEXT].content, sizeof(code));
    memcpy(&written, (uint8_t *)loaded.image[OBJECT_RODATA] + 0xff8, sizeof(written));
    assert_int_equal(written, 0x90002007); /* adrp x7, 0x400 pages */
    assert_memory_equal(loaded.image[OBJECT_TEXT], code, sizeof(code));
    loaded_free(&loaded);
}

static void test_stub(void **state)
{
    struct loaded loaded;
    const uint32_t code[] = {BL, B, 0, 0};
    struct builder *builder = builder_new(OBJECT_AARCH64);
    unsigned text = builder_text(builder, code, sizeof(code));
    unsigned import = builder_symbol(builder, "port_call$SYS_1.0.5f3a91c2", STB_GLOBAL, STT_NOTYPE,
                                     SHN_UNDEF, 0, 0);
    uint64_t slot;
    (void)state;
    builder_relocate(builder, text, 0, R_AARCH64_CALL26, import, 0);
    builder_relocate(builder, text, 4, R_AARCH64_JUMP26, import, 0);
    loaded_init(&loaded, builder, OBJECT_AARCH64);
    assert_true(loaded_run(&loaded, 0));
    assert_int_equal(word(&loaded, 0), 0x94000004);
    assert_int_equal(word(&loaded, 4), 0x14000003);
    assert_int_equal(word(&loaded, 16), 0xd503245f); /* bti c */
    assert_int_equal(word(&loaded, 20), 0x90000810); /* adrp x16, 0x100 pages */
    assert_int_equal(word(&loaded, 24), 0xf9400210); /* ldr x16, [x16] */
    assert_int_equal(word(&loaded, 28), 0xd61f0200); /* br x16 */
    memcpy(&slot, loaded.image[OBJECT_RODATA], sizeof(slot));
    assert_int_equal(slot, IMPORT_ADDRESS);
    loaded_free(&loaded);
}

static void test_absent_weak(void **state)
{
    struct loaded loaded;
    const uint32_t code[] = {BL, B, ADRP, ADD, ADR, TBZ, ADRP, LDR_X};
    struct builder *builder = builder_new(OBJECT_AARCH64);
    unsigned text = builder_text(builder, code, sizeof(code));
    unsigned weak = builder_symbol(builder, "absent", STB_WEAK, STT_NOTYPE, SHN_UNDEF, 0, 0);
    (void)state;
    builder_relocate(builder, text, 0, R_AARCH64_CALL26, weak, 0);
    builder_relocate(builder, text, 4, R_AARCH64_JUMP26, weak, 0);
    builder_relocate(builder, text, 8, R_AARCH64_ADR_PREL_PG_HI21, weak, 0);
    builder_relocate(builder, text, 12, R_AARCH64_ADD_ABS_LO12_NC, weak, 0);
    builder_relocate(builder, text, 16, R_AARCH64_ADR_PREL_LO21, weak, 8);
    builder_relocate(builder, text, 20, R_AARCH64_TSTBR14, weak, 0);
    builder_relocate(builder, text, 24, R_AARCH64_ADR_GOT_PAGE, weak, 0);
    builder_relocate(builder, text, 28, R_AARCH64_LD64_GOT_LO12_NC, weak, 0);
    loaded_init(&loaded, builder, OBJECT_AARCH64);
    assert_true(loaded_run(&loaded, 0));
    assert_int_equal(word(&loaded, 0), NOP);
    assert_int_equal(word(&loaded, 4), NOP);
    assert_int_equal(word(&loaded, 8), MOVZ);
    assert_int_equal(word(&loaded, 12), ADD);
    assert_int_equal(word(&loaded, 16), 0xd2800107); /* movz x7, 8 */
    assert_int_equal(word(&loaded, 20), 0x36280023); /* tbz to the next instruction */
    loaded_free(&loaded);
}

/* -fpic: the page of the GOT by its symbol, then the slot from that page. */
static void test_got_symbol(void **state)
{
    struct loaded loaded;
    const uint32_t code[] = {ADRP, LDR_X};
    struct builder *builder = builder_new(OBJECT_AARCH64);
    unsigned text = builder_text(builder, code, sizeof(code));
    unsigned got =
        builder_symbol(builder, "_GLOBAL_OFFSET_TABLE_", STB_GLOBAL, STT_NOTYPE, SHN_UNDEF, 0, 0);
    unsigned import = builder_symbol(builder, "memcpy", STB_GLOBAL, STT_NOTYPE, SHN_UNDEF, 0, 0);
    (void)state;
    builder_relocate(builder, text, 0, R_AARCH64_ADR_PREL_PG_HI21, got, 0);
    builder_relocate(builder, text, 4, R_AARCH64_LD64_GOTPAGE_LO15, import, 0);
    loaded_init(&loaded, builder, OBJECT_AARCH64);
    assert_true(loaded_run(&loaded, 0));
    assert_int_equal(loaded.object.import_count, 1);
    assert_int_equal(word(&loaded, 0), 0x90000807); /* adrp x7, 0x100 pages */
    assert_int_equal(word(&loaded, 4), LDR_X);      /* slot 0 */
    loaded_free(&loaded);
}

/* -mtls-dialect=trad: our own __tls_get_addr adds the offset from the pair of slots. */
static void test_tls_pair(void **state)
{
    struct loaded loaded;
    const uint32_t code[] = {ADRP, ADD, BL, NOP};
    struct builder *builder = builder_new(OBJECT_AARCH64);
    unsigned text = builder_text(builder, code, sizeof(code));
    unsigned tls =
        builder_section(builder, ".tbss", SHT_NOBITS, SHF_ALLOC | SHF_WRITE | SHF_TLS, 8, NULL, 64);
    unsigned variable = builder_symbol(builder, "v", STB_GLOBAL, STT_TLS, (uint16_t)tls, 0x20, 8);
    unsigned get =
        builder_symbol(builder, "__tls_get_addr", STB_GLOBAL, STT_NOTYPE, SHN_UNDEF, 0, 0);
    uint64_t pair[2];
    (void)state;
    builder_relocate(builder, text, 0, R_AARCH64_TLSGD_ADR_PAGE21, variable, 0);
    builder_relocate(builder, text, 4, R_AARCH64_TLSGD_ADD_LO12_NC, variable, 0);
    builder_relocate(builder, text, 8, R_AARCH64_CALL26, get, 0);
    loaded_init(&loaded, builder, OBJECT_AARCH64);
    assert_true(loaded_run(&loaded, 0));
    assert_int_equal(word(&loaded, 8), 0x94000002);  /* bl to the stub at 16 */
    assert_int_equal(word(&loaded, 16), 0xf9400400); /* ldr x0, [x0, 8] */
    assert_int_equal(word(&loaded, 20), 0xd53bd041); /* mrs x1, tpidr_el0 */
    assert_int_equal(word(&loaded, 24), 0x8b000020); /* add x0, x1, x0 */
    assert_int_equal(word(&loaded, 28), 0xd65f03c0); /* ret */
    memcpy(pair, loaded.image[OBJECT_RODATA], sizeof(pair));
    assert_int_equal(pair[1], 16 + 0x20);
    loaded_free(&loaded);
}

static void expect_refusal(uint32_t type, const char *symbol, int64_t addend, const char *part)
{
    struct loaded loaded;
    struct builder *builder = build_erratum(0);
    unsigned index = builder_symbol(builder, symbol, STB_WEAK, STT_NOTYPE, SHN_UNDEF, 0, 0);
    builder_relocate(builder, 2, 8, type, index, addend);
    loaded_init(&loaded, builder, OBJECT_AARCH64);
    assert_false(loaded_run(&loaded, 0));
    assert_non_null(strstr(loaded.refusal.text, part));
    loaded_free(&loaded);
}

static void test_absent_refused(void **state)
{
    (void)state;
    expect_refusal(R_AARCH64_ADR_PREL_LO21, "absent", 0x10000, "weak `absent` is not defined");
    expect_refusal(R_AARCH64_ADR_PREL_LO21, "absent", -1, "weak `absent` is not defined");
    expect_refusal(R_AARCH64_PREL16, "absent", 0, "target `absent` is");
    expect_refusal(R_AARCH64_ADR_GOT_PAGE, "absent", 8, "GOT slot with an addend");
}

static void test_types_refused(void **state)
{
    static const uint32_t types[] = {281, 1024, R_AARCH64_TLSLD_ADR_PAGE21, R_AARCH64_TLSDESC_LDR};
    struct loaded loaded;
    (void)state;
    for (size_t i = 0; i < ARRAY_COUNT(types); i++) {
        struct builder *builder = build_erratum(0);
        builder_relocate(builder, 2, 8, types[i], 1, 0);
        loaded_init(&loaded, builder, OBJECT_AARCH64);
        assert_false(loaded_open(&loaded));
        assert_int_equal(loaded.refusal.code, REFUSAL_RELOCATION_TYPE);
        loaded_free(&loaded);
    }
    assert_non_null(strstr(loaded.refusal.text, "R_AARCH64_TLSDESC_LDR"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ranges),         cmocka_unit_test(test_slot_reach),
        cmocka_unit_test(test_erratum_near),   cmocka_unit_test(test_erratum_far),
        cmocka_unit_test(test_erratum_data),   cmocka_unit_test(test_stub),
        cmocka_unit_test(test_absent_weak),    cmocka_unit_test(test_types_refused),
        cmocka_unit_test(test_got_symbol),     cmocka_unit_test(test_tls_pair),
        cmocka_unit_test(test_absent_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
