/*
 * AArch64: relocation types (AAELF64, "Static AArch64 relocations"), immediate fields (Arm
 * ARM, section C6), the stub for far calls, and erratum 843419.
 *
 * Rules of its own: TLS descriptors are relaxed to constants, since the thread-local offset of
 * every variable is known; a branch to an absent weak symbol becomes a NOP, and an address of
 * one a MOVZ (AAELF64, "Weak references"); an ADRP at page offset 0xff8 or 0xffc becomes an ADR,
 * or moves to a veneer, whatever follows it.
 */
#include "elf_aarch64.h"
#include "fixup.h"

enum encoding {
    ENCODE_DATA,
    ENCODE_B26,
    ENCODE_B19,
    ENCODE_B14,
    ENCODE_ADR,
    ENCODE_ADRP,
    ENCODE_ADD12,    /* also loads and stores: bits 11:0 >> align */
    ENCODE_ADD12_HI, /* bits 23:12 */
    ENCODE_SLOT15,   /* like ADD12, without masking to 12 bits first */
    ENCODE_MOVW,
    ENCODE_MOVW_SIGNED, /* MOVZ or MOVN */
    ENCODE_DESC_HIGH,
    ENCODE_DESC_LOW,
    ENCODE_NOP,
};

#define MASK_B26           0x03ffffffu
#define MASK_B19           0x00ffffe0u
#define MASK_B14           0x0007ffe0u
#define MASK_ADR           0x60ffffe0u
#define MASK_IMM12         0x003ffc00u
#define MASK_IMM16         0x001fffe0u
#define MASK_RD            0x0000001fu
#define MASK_MOVW_OPCODE   0x60000000u
#define MOVW_OPCODE_MOVN   0x00000000u
#define MOVW_OPCODE_MOVZ   0x40000000u
#define BIT_ADRP           0x80000000u /* ADRP has it, ADR has not */
#define INSN_NOP           0xd503201fu
#define INSN_BTI_C         0xd503245fu
#define INSN_B             0x14000000u
#define INSN_MOVZ_X        0xd2800000u /* movz xd, #imm16 */
#define INSN_MOVZ_X0_LSL16 0xd2a00000u /* movz x0, #imm16, lsl 16 */
#define INSN_MOVK_X0       0xf2800000u /* movk x0, #imm16 */
#define INSN_ADRP_X16      0x90000010u
#define INSN_LDR_X16_X16   0xf9400210u
#define INSN_BR_X16        0xd61f0200u

enum {
    ERRATUM_OFFSET = 0xff8, /* page offsets 0xff8 and 0xffc */
    ADR_BITS = 21,
    BRANCH_BITS = 28,
    VENEER_BYTES = 16,
    INSN_BYTES = 4,
};

#define TYPE_FIRST        R_AARCH64_NONE_WITHDRAWN /* also stands for R_AARCH64_NONE, which is 0 */
#define UNSUPPORTED(type) [(type) - TYPE_FIRST] = {.name = #type}
#define TYPE(type, bytes, about, relative, encoded, fit, fit_bits, align_log2, shift_bits, flag)   \
    [(type) - TYPE_FIRST] = {.name = #type,                                                        \
                             .width = (bytes),                                                     \
                             .subject = SUBJECT_##about,                                           \
                             .frame = FRAME_##relative,                                            \
                             .encoding = ENCODE_##encoded,                                         \
                             .range = RANGE_##fit,                                                 \
                             .bits = (fit_bits),                                                   \
                             .align = (align_log2),                                                \
                             .shift = (shift_bits),                                                \
                             .flags = (flag)}
#define HIGH RELOCATION_HIGH_PART
#define CALL RELOCATION_CALL
#define MOVW(type, about, encoded, fit, fit_bits, shift_bits)                                      \
    TYPE(type, 4, about, ABSOLUTE, encoded, fit, fit_bits, 0, shift_bits, 0)
#define LOW12(type, about, align_log2)                                                             \
    TYPE(type, 4, about, ABSOLUTE, ADD12, NONE, 0, align_log2, 0, 0)
#define LOW12_CHECKED(type, align_log2)                                                            \
    TYPE(type, 4, TLS_OFFSET, ABSOLUTE, ADD12, UNSIGNED, 12, align_log2, 0, 0)

static const struct relocation_type types[] = {
    [0] = {.name = "R_AARCH64_NONE", .subject = SUBJECT_NOTHING},
    TYPE(R_AARCH64_ABS64, 8, SYMBOL, ABSOLUTE, DATA, NONE, 0, 0, 0, 0),
    TYPE(R_AARCH64_ABS32, 4, SYMBOL, ABSOLUTE, DATA, EITHER, 32, 0, 0, 0),
    TYPE(R_AARCH64_ABS16, 2, SYMBOL, ABSOLUTE, DATA, EITHER, 16, 0, 0, 0),
    TYPE(R_AARCH64_PREL64, 8, SYMBOL, PLACE, DATA, NONE, 0, 0, 0, 0),
    TYPE(R_AARCH64_PREL32, 4, SYMBOL, PLACE, DATA, EITHER, 32, 0, 0, 0),
    TYPE(R_AARCH64_PREL16, 2, SYMBOL, PLACE, DATA, EITHER, 16, 0, 0, 0),
    MOVW(R_AARCH64_MOVW_UABS_G0, SYMBOL, MOVW, UNSIGNED, 16, 0),
    MOVW(R_AARCH64_MOVW_UABS_G0_NC, SYMBOL, MOVW, NONE, 0, 0),
    MOVW(R_AARCH64_MOVW_UABS_G1, SYMBOL, MOVW, UNSIGNED, 32, 16),
    MOVW(R_AARCH64_MOVW_UABS_G1_NC, SYMBOL, MOVW, NONE, 0, 16),
    MOVW(R_AARCH64_MOVW_UABS_G2, SYMBOL, MOVW, UNSIGNED, 48, 32),
    MOVW(R_AARCH64_MOVW_UABS_G2_NC, SYMBOL, MOVW, NONE, 0, 32),
    MOVW(R_AARCH64_MOVW_UABS_G3, SYMBOL, MOVW, NONE, 0, 48),
    MOVW(R_AARCH64_MOVW_SABS_G0, SYMBOL, MOVW_SIGNED, SIGNED, 17, 0),
    MOVW(R_AARCH64_MOVW_SABS_G1, SYMBOL, MOVW_SIGNED, SIGNED, 33, 16),
    MOVW(R_AARCH64_MOVW_SABS_G2, SYMBOL, MOVW_SIGNED, SIGNED, 49, 32),
    TYPE(R_AARCH64_LD_PREL_LO19, 4, SYMBOL, PLACE, B19, SIGNED, 21, 2, 0, 0),
    TYPE(R_AARCH64_ADR_PREL_LO21, 4, SYMBOL, PLACE, ADR, SIGNED, 21, 0, 0, 0),
    TYPE(R_AARCH64_ADR_PREL_PG_HI21, 4, SYMBOL, PAGE, ADRP, SIGNED, 33, 0, 0, HIGH),
    TYPE(R_AARCH64_ADR_PREL_PG_HI21_NC, 4, SYMBOL, PAGE, ADRP, NONE, 0, 0, 0, HIGH),
    LOW12(R_AARCH64_ADD_ABS_LO12_NC, SYMBOL, 0),
    LOW12(R_AARCH64_LDST8_ABS_LO12_NC, SYMBOL, 0),
    TYPE(R_AARCH64_TSTBR14, 4, SYMBOL, PLACE, B14, SIGNED, 16, 2, 0, 0),
    TYPE(R_AARCH64_CONDBR19, 4, SYMBOL, PLACE, B19, SIGNED, 21, 2, 0, 0),
    TYPE(R_AARCH64_JUMP26, 4, SYMBOL, PLACE, B26, SIGNED, 28, 2, 0, CALL),
    TYPE(R_AARCH64_CALL26, 4, SYMBOL, PLACE, B26, SIGNED, 28, 2, 0, CALL),
    LOW12(R_AARCH64_LDST16_ABS_LO12_NC, SYMBOL, 1),
    LOW12(R_AARCH64_LDST32_ABS_LO12_NC, SYMBOL, 2),
    LOW12(R_AARCH64_LDST64_ABS_LO12_NC, SYMBOL, 3),
    UNSUPPORTED(R_AARCH64_MOVW_PREL_G0),
    UNSUPPORTED(R_AARCH64_MOVW_PREL_G0_NC),
    UNSUPPORTED(R_AARCH64_MOVW_PREL_G1),
    UNSUPPORTED(R_AARCH64_MOVW_PREL_G1_NC),
    UNSUPPORTED(R_AARCH64_MOVW_PREL_G2),
    UNSUPPORTED(R_AARCH64_MOVW_PREL_G2_NC),
    UNSUPPORTED(R_AARCH64_MOVW_PREL_G3),
    LOW12(R_AARCH64_LDST128_ABS_LO12_NC, SYMBOL, 4),
    UNSUPPORTED(R_AARCH64_MOVW_GOTOFF_G0),
    UNSUPPORTED(R_AARCH64_MOVW_GOTOFF_G3),
    UNSUPPORTED(R_AARCH64_GOTREL64),
    UNSUPPORTED(R_AARCH64_GOTREL32),
    TYPE(R_AARCH64_GOT_LD_PREL19, 4, GOT, PLACE, B19, SIGNED, 21, 2, 0, 0),
    TYPE(R_AARCH64_LD64_GOTOFF_LO15, 4, GOT, GOT, SLOT15, UNSIGNED, 15, 3, 0, 0),
    TYPE(R_AARCH64_ADR_GOT_PAGE, 4, GOT, PAGE, ADRP, SIGNED, 33, 0, 0, HIGH),
    LOW12(R_AARCH64_LD64_GOT_LO12_NC, GOT, 3),
    TYPE(R_AARCH64_LD64_GOTPAGE_LO15, 4, GOT, GOT_PAGE, SLOT15, UNSIGNED, 15, 3, 0, 0),
    TYPE(R_AARCH64_PLT32, 4, SYMBOL, PLACE, DATA, SIGNED, 32, 0, 0, CALL),
    TYPE(R_AARCH64_GOTPCREL32, 4, GOT, PLACE, DATA, SIGNED, 32, 0, 0, 0),
    TYPE(R_AARCH64_TLSGD_ADR_PREL21, 4, TLS_PAIR, PLACE, ADR, SIGNED, 21, 0, 0, 0),
    TYPE(R_AARCH64_TLSGD_ADR_PAGE21, 4, TLS_PAIR, PAGE, ADRP, SIGNED, 33, 0, 0, HIGH),
    LOW12(R_AARCH64_TLSGD_ADD_LO12_NC, TLS_PAIR, 0),
    UNSUPPORTED(R_AARCH64_TLSGD_MOVW_G1),
    UNSUPPORTED(R_AARCH64_TLSGD_MOVW_G0_NC),
    UNSUPPORTED(R_AARCH64_TLSLD_ADR_PREL21),
    UNSUPPORTED(R_AARCH64_TLSLD_ADR_PAGE21),
    UNSUPPORTED(R_AARCH64_TLSLD_ADD_LO12_NC),
    UNSUPPORTED(R_AARCH64_TLSIE_MOVW_GOTTPREL_G1),
    UNSUPPORTED(R_AARCH64_TLSIE_MOVW_GOTTPREL_G0_NC),
    TYPE(R_AARCH64_TLSIE_ADR_GOTTPREL_PAGE21, 4, TLS_GOT, PAGE, ADRP, SIGNED, 33, 0, 0, HIGH),
    LOW12(R_AARCH64_TLSIE_LD64_GOTTPREL_LO12_NC, TLS_GOT, 3),
    TYPE(R_AARCH64_TLSIE_LD_GOTTPREL_PREL19, 4, TLS_GOT, PLACE, B19, SIGNED, 21, 2, 0, 0),
    MOVW(R_AARCH64_TLSLE_MOVW_TPREL_G2, TLS_OFFSET, MOVW_SIGNED, SIGNED, 49, 32),
    MOVW(R_AARCH64_TLSLE_MOVW_TPREL_G1, TLS_OFFSET, MOVW_SIGNED, SIGNED, 33, 16),
    MOVW(R_AARCH64_TLSLE_MOVW_TPREL_G1_NC, TLS_OFFSET, MOVW, NONE, 0, 16),
    MOVW(R_AARCH64_TLSLE_MOVW_TPREL_G0, TLS_OFFSET, MOVW_SIGNED, SIGNED, 17, 0),
    MOVW(R_AARCH64_TLSLE_MOVW_TPREL_G0_NC, TLS_OFFSET, MOVW, NONE, 0, 0),
    TYPE(R_AARCH64_TLSLE_ADD_TPREL_HI12, 4, TLS_OFFSET, ABSOLUTE, ADD12_HI, UNSIGNED, 24, 0, 0, 0),
    LOW12_CHECKED(R_AARCH64_TLSLE_ADD_TPREL_LO12, 0),
    LOW12(R_AARCH64_TLSLE_ADD_TPREL_LO12_NC, TLS_OFFSET, 0),
    LOW12_CHECKED(R_AARCH64_TLSLE_LDST8_TPREL_LO12, 0),
    LOW12(R_AARCH64_TLSLE_LDST8_TPREL_LO12_NC, TLS_OFFSET, 0),
    LOW12_CHECKED(R_AARCH64_TLSLE_LDST16_TPREL_LO12, 1),
    LOW12(R_AARCH64_TLSLE_LDST16_TPREL_LO12_NC, TLS_OFFSET, 1),
    LOW12_CHECKED(R_AARCH64_TLSLE_LDST32_TPREL_LO12, 2),
    LOW12(R_AARCH64_TLSLE_LDST32_TPREL_LO12_NC, TLS_OFFSET, 2),
    LOW12_CHECKED(R_AARCH64_TLSLE_LDST64_TPREL_LO12, 3),
    LOW12(R_AARCH64_TLSLE_LDST64_TPREL_LO12_NC, TLS_OFFSET, 3),
    MOVW(R_AARCH64_TLSDESC_LD_PREL19, TLS_OFFSET, DESC_HIGH, UNSIGNED, 32, 16),
    MOVW(R_AARCH64_TLSDESC_ADR_PREL21, TLS_OFFSET, DESC_LOW, NONE, 0, 0),
    MOVW(R_AARCH64_TLSDESC_ADR_PAGE21, TLS_OFFSET, DESC_HIGH, UNSIGNED, 32, 16),
    MOVW(R_AARCH64_TLSDESC_LD64_LO12, TLS_OFFSET, DESC_LOW, NONE, 0, 0),
    MOVW(R_AARCH64_TLSDESC_ADD_LO12, TLS_OFFSET, NOP, NONE, 0, 0),
    UNSUPPORTED(R_AARCH64_TLSDESC_OFF_G1),
    UNSUPPORTED(R_AARCH64_TLSDESC_OFF_G0_NC),
    UNSUPPORTED(R_AARCH64_TLSDESC_LDR),
    UNSUPPORTED(R_AARCH64_TLSDESC_ADD),
    MOVW(R_AARCH64_TLSDESC_CALL, TLS_OFFSET, NOP, NONE, 0, 0),
    LOW12_CHECKED(R_AARCH64_TLSLE_LDST128_TPREL_LO12, 4),
    LOW12(R_AARCH64_TLSLE_LDST128_TPREL_LO12_NC, TLS_OFFSET, 4),
};

static const char *bad_flags(uint32_t flags)
{
    return flags == 0 ? NULL : "has ELF header flags; AAELF64 defines none";
}

static uint64_t page_of(uint64_t address)
{
    return address & ~(uint64_t)(OBJECT_PAGE - 1);
}

static uint32_t immediate_adr(uint64_t value)
{
    return (uint32_t)(value & 3) << 29 | (uint32_t)(value >> 2 & 0x7ffff) << 5;
}

static uint32_t immediate_adrp(uint64_t value)
{
    return immediate_adr(value / OBJECT_PAGE);
}

static uint32_t immediate_b26(uint64_t value)
{
    return (uint32_t)(value / INSN_BYTES) & MASK_B26;
}

static uint32_t immediate_b19(uint64_t value)
{
    return (uint32_t)(value / INSN_BYTES) << 5 & MASK_B19;
}

static uint32_t immediate_b14(uint64_t value)
{
    return (uint32_t)(value / INSN_BYTES) << 5 & MASK_B14;
}

static uint32_t immediate_12(uint64_t value)
{
    return (uint32_t)value << 10 & MASK_IMM12;
}

static uint32_t immediate_16(uint64_t value)
{
    return (uint32_t)(value & 0xffff) << 5;
}

static void patch_all(const struct fixup *fixup, uint32_t instruction)
{
    fixup_patch32(fixup, UINT32_MAX, instruction);
}

static void patch_movw_signed(const struct fixup *fixup, int64_t value)
{
    uint64_t magnitude = value < 0 ? ~(uint64_t)value : (uint64_t)value;
    fixup_patch32(fixup, MASK_MOVW_OPCODE, value < 0 ? MOVW_OPCODE_MOVN : MOVW_OPCODE_MOVZ);
    fixup_patch32(fixup, MASK_IMM16, immediate_16(magnitude >> fixup->type->shift));
}

static void encode(const struct fixup *fixup, uint64_t value)
{
    const struct relocation_type *type = fixup->type;
    switch (type->encoding) {
    case ENCODE_DATA:
        fixup_store(fixup, value);
        break;
    case ENCODE_B26:
        fixup_patch32(fixup, MASK_B26, immediate_b26(value));
        break;
    case ENCODE_B19:
        fixup_patch32(fixup, MASK_B19, immediate_b19(value));
        break;
    case ENCODE_B14:
        fixup_patch32(fixup, MASK_B14, immediate_b14(value));
        break;
    case ENCODE_ADR:
        fixup_patch32(fixup, MASK_ADR, immediate_adr(value));
        break;
    case ENCODE_ADRP:
        fixup_patch32(fixup, MASK_ADR, immediate_adrp(value));
        break;
    case ENCODE_ADD12:
        fixup_patch32(fixup, MASK_IMM12, immediate_12((value & 0xfff) >> type->align));
        break;
    case ENCODE_ADD12_HI:
        fixup_patch32(fixup, MASK_IMM12, immediate_12(value >> 12));
        break;
    case ENCODE_SLOT15:
        fixup_patch32(fixup, MASK_IMM12, immediate_12(value >> type->align));
        break;
    case ENCODE_MOVW:
        fixup_patch32(fixup, MASK_IMM16, immediate_16(value >> type->shift));
        break;
    case ENCODE_MOVW_SIGNED:
        patch_movw_signed(fixup, (int64_t)value);
        break;
    case ENCODE_DESC_HIGH:
        patch_all(fixup, INSN_MOVZ_X0_LSL16 | immediate_16(value >> type->shift));
        break;
    case ENCODE_DESC_LOW:
        patch_all(fixup, INSN_MOVK_X0 | immediate_16(value));
        break;
    default:
        patch_all(fixup, INSN_NOP);
        break;
    }
}

/* The address of an absent weak symbol, small as it is, as a constant. */
static bool apply_constant(const struct fixup *fixup, uint64_t value)
{
    const struct relocation_type constant = {.range = RANGE_UNSIGNED, .bits = 16};
    if (!fixup_fits(&constant, value)) {
        return fixup_refuse(fixup, REFUSAL_RELOCATION_RANGE,
                            "weak `%s` is not defined, and 0x%llx is too far from it",
                            fixup_symbol_name(fixup), (unsigned long long)value);
    }
    fixup_patch32(fixup, ~MASK_RD, INSN_MOVZ_X | immediate_16(value));
    return true;
}

/* AAELF64: a branch to an undefined weak symbol goes to the next instruction. */
static bool apply_absent(const struct fixup *fixup)
{
    uint64_t address = (uint64_t)fixup->addend;
    switch (fixup->type->encoding) {
    case ENCODE_B26:
        patch_all(fixup, INSN_NOP);
        return true;
    case ENCODE_B14:
        fixup_patch32(fixup, MASK_B14, immediate_b14(INSN_BYTES));
        return true;
    case ENCODE_ADR:
        return apply_constant(fixup, address);
    case ENCODE_ADRP:
        return apply_constant(fixup, page_of(address));
    default:
        break;
    }
    uint64_t value = fixup_frame(fixup, address);
    if (!fixup_check(fixup, value)) {
        return false;
    }
    if (fixup->target != NULL) {
        encode(fixup, value);
    }
    return true;
}

/* The veneer is the ADRP, aligned to 16 so that it is not affected, and a branch back. */
static bool move_to_veneer(const struct fixup *fixup, uint64_t page)
{
    const struct relocation_type branch = {.range = RANGE_SIGNED, .bits = BRANCH_BITS};
    const struct object *object = fixup->object;
    uint32_t index = object->extra_first + EXTRA_VENEERS;
    uint64_t offset = (uint64_t)fixup->walk->veneers++ * VENEER_BYTES;
    uint64_t veneer = section_address(object, index) + offset;
    uint64_t forth = veneer - fixup->place;
    if (!fixup_fits(&branch, forth)) {
        return fixup_refuse(fixup, REFUSAL_RELOCATION_RANGE,
                            "the veneer for erratum 843419 is out of reach");
    }
    if (fixup->target != NULL) {
        uint8_t *at = fixup->image[OBJECT_TEXT] + section_place(object, index) + offset;
        store32(at, (load32(fixup->target) & ~MASK_ADR) | immediate_adrp(page - page_of(veneer)));
        store32(at + INSN_BYTES, INSN_B | immediate_b26(0 - forth));
        patch_all(fixup, INSN_B | immediate_b26(forth));
    }
    return true;
}

/*
 * Cortex-A53 erratum 843419: a load or store soon after an ADRP in the last two words of a page
 * may use a wrong address. The ADRP becomes an ADR when the page is near, else it moves.
 */
static bool avoid_erratum(const struct fixup *fixup, uint64_t subject)
{
    const struct relocation_type adr = {.range = RANGE_SIGNED, .bits = ADR_BITS};
    uint64_t distance = page_of(subject) - fixup->place;
    if (fixup_fits(&adr, distance)) {
        fixup_patch32(fixup, MASK_ADR | BIT_ADRP, immediate_adr(distance));
        return true;
    }
    return move_to_veneer(fixup, page_of(subject));
}

static bool is_affected(uint64_t address)
{
    return address % OBJECT_PAGE >= ERRATUM_OFFSET;
}

static bool apply(struct fixup *fixup)
{
    if (fixup->type->frame != FRAME_ABSOLUTE && fixup_is_absent(fixup)) {
        return apply_absent(fixup);
    }
    uint64_t subject = fixup_subject(fixup);
    uint64_t value = fixup_frame(fixup, subject);
    if (!fixup_check(fixup, value)) {
        return false;
    }
    bool is_adrp = (fixup->type->flags & RELOCATION_HIGH_PART) != 0;
    if (is_adrp && is_affected(fixup->place) && fixup->home->group == OBJECT_TEXT) {
        return avoid_erratum(fixup, subject);
    }
    if (fixup->target != NULL) {
        encode(fixup, value);
    }
    return true;
}

/* bti c; adrp x16, slot; ldr x16, [x16, lo]; br x16. Aligned to 16: the ADRP is never affected. */
static void write_stub(uint8_t *at, uint64_t address, uint64_t slot)
{
    uint64_t adrp = address + INSN_BYTES;
    uint64_t pages = page_of(slot) - page_of(adrp);
    store32(at, INSN_BTI_C);
    store32(at + 4, INSN_ADRP_X16 | immediate_adrp(pages));
    store32(at + 8, INSN_LDR_X16_X16 | immediate_12((slot & 0xfff) / sizeof(uint64_t)));
    store32(at + 12, INSN_BR_X16);
}

/* ldr x0, [x0, 8]; mrs x1, tpidr_el0; add x0, x1, x0; ret */
static void write_tls_stub(uint8_t *at)
{
    store32(at, 0xf9400400u);
    store32(at + 4, 0xd53bd041u);
    store32(at + 8, 0x8b000020u);
    store32(at + 12, 0xd65f03c0u);
}

const struct machine machine_aarch64 = {
    .name = "aarch64",
    .elf_machine = EM_AARCH64,
    .tcb_bytes = 16,
    .stub_bytes = 16,
    .types = types,
    .type_first = TYPE_FIRST,
    .type_count = sizeof(types) / sizeof(types[0]),
    .bad_flags = bad_flags,
    .is_affected = is_affected,
    .apply = apply,
    .write_stub = write_stub,
    .write_tls_stub = write_tls_stub,
};
