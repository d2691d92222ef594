/*
 * RISC-V: relocation types (RISC-V ELF psABI, "Relocations"), instruction formats (Unprivileged
 * ISA, "Immediate Encoding Variants"), and the stub for far calls.
 *
 * Two rules of its own: the low part of a PC-relative pair has its value from the high part
 * that its symbol labels, found in a sorted table; and a PC-relative reference to an absent
 * weak symbol becomes an absolute one (LUI for AUIPC), which reaches zero from anywhere.
 */
#include "elf_riscv.h"
#include "fixup.h"

enum encoding {
    ENCODE_DATA,
    ENCODE_ADD,
    ENCODE_SUB,
    ENCODE_SET6,
    ENCODE_SUB6,
    ENCODE_SET_ULEB,
    ENCODE_SUB_ULEB,
    ENCODE_U,
    ENCODE_I,
    ENCODE_S,
    ENCODE_B,
    ENCODE_J,
    ENCODE_CB,
    ENCODE_CJ,
    ENCODE_CALL,
    ENCODE_NOPS,
};

#define MASK_U       0xfffff000u
#define MASK_I       0xfff00000u
#define MASK_S       0xfe000f80u
#define MASK_B       0xfe000f80u
#define MASK_J       0xfffff000u
#define MASK_CB      0x1c7cu
#define MASK_CJ      0x1ffcu
#define MASK_OPCODE  0x7fu
#define OPCODE_LUI   0x37u
#define INSN_NOP     0x00000013u
#define INSN_C_NOP   0x0001u
#define LOW_ROUNDING 0x800u

#define UNSUPPORTED(type) [type] = {.name = #type}
#define IGNORED(type)     [type] = {.name = #type, .subject = SUBJECT_NOTHING}
#define TYPE(type, bytes, about, relative, encoded, fit, fit_bits, align_log2, flag)               \
    [type] = {.name = #type,                                                                       \
              .width = (bytes),                                                                    \
              .subject = SUBJECT_##about,                                                          \
              .frame = FRAME_##relative,                                                           \
              .encoding = ENCODE_##encoded,                                                        \
              .range = RANGE_##fit,                                                                \
              .bits = (fit_bits),                                                                  \
              .align = (align_log2),                                                               \
              .flags = (flag)}
#define HIGH RELOCATION_HIGH_PART
#define CALL RELOCATION_CALL

static const struct relocation_type types[] = {
    IGNORED(R_RISCV_NONE),
    TYPE(R_RISCV_32, 4, SYMBOL, ABSOLUTE, DATA, EITHER, 32, 0, 0),
    TYPE(R_RISCV_64, 8, SYMBOL, ABSOLUTE, DATA, NONE, 0, 0, 0),
    UNSUPPORTED(R_RISCV_RELATIVE),
    UNSUPPORTED(R_RISCV_COPY),
    UNSUPPORTED(R_RISCV_JUMP_SLOT),
    UNSUPPORTED(R_RISCV_TLS_DTPMOD32),
    UNSUPPORTED(R_RISCV_TLS_DTPMOD64),
    UNSUPPORTED(R_RISCV_TLS_DTPREL32),
    UNSUPPORTED(R_RISCV_TLS_DTPREL64),
    UNSUPPORTED(R_RISCV_TLS_TPREL32),
    UNSUPPORTED(R_RISCV_TLS_TPREL64),
    UNSUPPORTED(R_RISCV_TLSDESC),
    TYPE(R_RISCV_BRANCH, 4, SYMBOL, PLACE, B, SIGNED, 13, 1, 0),
    TYPE(R_RISCV_JAL, 4, SYMBOL, PLACE, J, SIGNED, 21, 1, CALL),
    TYPE(R_RISCV_CALL, 8, SYMBOL, PLACE, CALL, HIGH, 32, 0, CALL),
    TYPE(R_RISCV_CALL_PLT, 8, SYMBOL, PLACE, CALL, HIGH, 32, 0, CALL),
    TYPE(R_RISCV_GOT_HI20, 4, GOT, PLACE, U, HIGH, 32, 0, HIGH),
    TYPE(R_RISCV_TLS_GOT_HI20, 4, TLS_GOT, PLACE, U, HIGH, 32, 0, HIGH),
    TYPE(R_RISCV_TLS_GD_HI20, 4, TLS_PAIR, PLACE, U, HIGH, 32, 0, HIGH),
    TYPE(R_RISCV_PCREL_HI20, 4, SYMBOL, PLACE, U, HIGH, 32, 0, HIGH),
    TYPE(R_RISCV_PCREL_LO12_I, 4, LABEL, ABSOLUTE, I, NONE, 0, 0, 0),
    TYPE(R_RISCV_PCREL_LO12_S, 4, LABEL, ABSOLUTE, S, NONE, 0, 0, 0),
    TYPE(R_RISCV_HI20, 4, SYMBOL, ABSOLUTE, U, HIGH, 32, 0, 0),
    TYPE(R_RISCV_LO12_I, 4, SYMBOL, ABSOLUTE, I, NONE, 0, 0, 0),
    TYPE(R_RISCV_LO12_S, 4, SYMBOL, ABSOLUTE, S, NONE, 0, 0, 0),
    TYPE(R_RISCV_TPREL_HI20, 4, TLS_OFFSET, ABSOLUTE, U, HIGH, 32, 0, 0),
    TYPE(R_RISCV_TPREL_LO12_I, 4, TLS_OFFSET, ABSOLUTE, I, NONE, 0, 0, 0),
    TYPE(R_RISCV_TPREL_LO12_S, 4, TLS_OFFSET, ABSOLUTE, S, NONE, 0, 0, 0),
    IGNORED(R_RISCV_TPREL_ADD),
    TYPE(R_RISCV_ADD8, 1, SYMBOL, ABSOLUTE, ADD, NONE, 0, 0, 0),
    TYPE(R_RISCV_ADD16, 2, SYMBOL, ABSOLUTE, ADD, NONE, 0, 0, 0),
    TYPE(R_RISCV_ADD32, 4, SYMBOL, ABSOLUTE, ADD, NONE, 0, 0, 0),
    TYPE(R_RISCV_ADD64, 8, SYMBOL, ABSOLUTE, ADD, NONE, 0, 0, 0),
    TYPE(R_RISCV_SUB8, 1, SYMBOL, ABSOLUTE, SUB, NONE, 0, 0, 0),
    TYPE(R_RISCV_SUB16, 2, SYMBOL, ABSOLUTE, SUB, NONE, 0, 0, 0),
    TYPE(R_RISCV_SUB32, 4, SYMBOL, ABSOLUTE, SUB, NONE, 0, 0, 0),
    TYPE(R_RISCV_SUB64, 8, SYMBOL, ABSOLUTE, SUB, NONE, 0, 0, 0),
    TYPE(R_RISCV_GOT32_PCREL, 4, GOT, PLACE, DATA, SIGNED, 32, 0, 0),
    TYPE(R_RISCV_ALIGN, 0, ALIGN, ABSOLUTE, NOPS, NONE, 0, 0, 0),
    TYPE(R_RISCV_RVC_BRANCH, 2, SYMBOL, PLACE, CB, SIGNED, 9, 1, 0),
    TYPE(R_RISCV_RVC_JUMP, 2, SYMBOL, PLACE, CJ, SIGNED, 12, 1, 0),
    UNSUPPORTED(R_RISCV_RVC_LUI),
    UNSUPPORTED(R_RISCV_GPREL_I),
    UNSUPPORTED(R_RISCV_GPREL_S),
    UNSUPPORTED(R_RISCV_TPREL_I),
    UNSUPPORTED(R_RISCV_TPREL_S),
    IGNORED(R_RISCV_RELAX),
    TYPE(R_RISCV_SUB6, 1, SYMBOL, ABSOLUTE, SUB6, NONE, 0, 0, 0),
    TYPE(R_RISCV_SET6, 1, SYMBOL, ABSOLUTE, SET6, NONE, 0, 0, 0),
    TYPE(R_RISCV_SET8, 1, SYMBOL, ABSOLUTE, DATA, NONE, 0, 0, 0),
    TYPE(R_RISCV_SET16, 2, SYMBOL, ABSOLUTE, DATA, NONE, 0, 0, 0),
    TYPE(R_RISCV_SET32, 4, SYMBOL, ABSOLUTE, DATA, NONE, 0, 0, 0),
    TYPE(R_RISCV_32_PCREL, 4, SYMBOL, PLACE, DATA, SIGNED, 32, 0, 0),
    UNSUPPORTED(R_RISCV_IRELATIVE),
    TYPE(R_RISCV_PLT32, 4, SYMBOL, PLACE, DATA, SIGNED, 32, 0, CALL),
    TYPE(R_RISCV_SET_ULEB128, 1, SYMBOL, ABSOLUTE, SET_ULEB, NONE, 0, 0, 0),
    TYPE(R_RISCV_SUB_ULEB128, 1, SYMBOL, ABSOLUTE, SUB_ULEB, NONE, 0, 0, 0),
    UNSUPPORTED(R_RISCV_TLSDESC_HI20),
    UNSUPPORTED(R_RISCV_TLSDESC_LOAD_LO12),
    UNSUPPORTED(R_RISCV_TLSDESC_ADD_LO12),
    UNSUPPORTED(R_RISCV_TLSDESC_CALL),
};

static const char *bad_flags(uint32_t flags)
{
    const uint32_t known = EF_RISCV_RVC | EF_RISCV_FLOAT_ABI | EF_RISCV_RVE | EF_RISCV_TSO;
    if ((flags & ~known) != 0) {
        return "has ELF header flags that this loader does not know";
    }
    if ((flags & EF_RISCV_RVE) != 0) {
        return "is for RV64E (16 registers); compile for rv64i or rv64g";
    }
    if ((flags & EF_RISCV_FLOAT_ABI) == EF_RISCV_FLOAT_ABI_QUAD) {
        return "uses the quad-precision float ABI; compile with -mabi=lp64d or lp64";
    }
    return NULL;
}

/* Immediate fields. Bits `from` and up of the value, `count` of them, put at bit `to`. */
static uint32_t field(uint64_t value, unsigned from, unsigned count, unsigned to)
{
    return (uint32_t)(value >> from & ((1ull << count) - 1)) << to;
}

static uint32_t immediate_u(uint64_t value)
{
    return (uint32_t)(value + LOW_ROUNDING) & MASK_U;
}

static uint32_t immediate_i(uint64_t value)
{
    return field(value, 0, 12, 20);
}

static uint32_t immediate_s(uint64_t value)
{
    return field(value, 5, 7, 25) | field(value, 0, 5, 7);
}

static uint32_t immediate_b(uint64_t value)
{
    return field(value, 12, 1, 31) | field(value, 5, 6, 25) | field(value, 1, 4, 8) |
           field(value, 11, 1, 7);
}

static uint32_t immediate_j(uint64_t value)
{
    return field(value, 20, 1, 31) | field(value, 1, 10, 21) | field(value, 11, 1, 20) |
           field(value, 12, 8, 12);
}

static uint16_t immediate_cb(uint64_t value)
{
    return (uint16_t)(field(value, 8, 1, 12) | field(value, 3, 2, 10) | field(value, 6, 2, 5) |
                      field(value, 1, 2, 3) | field(value, 5, 1, 2));
}

static uint16_t immediate_cj(uint64_t value)
{
    return (uint16_t)(field(value, 11, 1, 12) | field(value, 4, 1, 11) | field(value, 8, 2, 9) |
                      field(value, 10, 1, 8) | field(value, 6, 1, 7) | field(value, 7, 1, 6) |
                      field(value, 1, 3, 3) | field(value, 5, 1, 2));
}

/* A weak import that stayed unbound: its address is absolute, whatever the frame says. */
static bool is_absolute(const struct fixup *fixup)
{
    return (fixup->type->encoding == ENCODE_U || fixup->type->encoding == ENCODE_CALL) &&
           fixup->type->frame == FRAME_PLACE && fixup_is_absent(fixup);
}

static uint64_t value_of(const struct fixup *fixup)
{
    uint64_t subject = fixup_subject(fixup);
    return is_absolute(fixup) ? subject : fixup_frame(fixup, subject);
}

static void patch_high(const struct fixup *fixup, uint64_t value)
{
    if (is_absolute(fixup)) {
        fixup_patch32(fixup, MASK_OPCODE, OPCODE_LUI);
    }
    fixup_patch32(fixup, MASK_U, immediate_u(value));
}

/* AUIPC and JALR, which stands four bytes further on. */
static void patch_call(const struct fixup *fixup, uint64_t value)
{
    patch_high(fixup, value);
    if (fixup->target != NULL) {
        uint8_t *low = fixup->target + sizeof(uint32_t);
        store32(low, (load32(low) & ~MASK_I) | immediate_i(value));
    }
}

static void store_six_bits(const struct fixup *fixup, uint64_t value, bool subtract)
{
    const uint8_t mask = 0x3f; /* the upper two bits belong to DW_CFA_advance_loc */
    if (fixup->target != NULL) {
        uint8_t old = *fixup->target;
        uint64_t low = subtract ? (old & mask) - value : value;
        *fixup->target = (uint8_t)((old & ~mask) | (low & mask));
    }
}

/* ULEB128 pairs: the assembler has reserved the bytes, of which all but the last have bit 7. */

enum { ULEB_BITS = 7, ULEB_MORE = 0x80, ULEB_BYTES_MAX = 10 };

static const uint8_t *file_bytes(const struct fixup *fixup)
{
    return fixup->object->bytes + fixup->home->offset + fixup->offset;
}

/* Bytes that the number takes in the file; zero: it does not end in the section. */
static uint32_t uleb_length(const struct fixup *fixup)
{
    const struct object_section *section = fixup->home;
    const uint8_t *bytes = file_bytes(fixup);
    uint64_t start = fixup->start;
    for (uint32_t i = 0; i < ULEB_BYTES_MAX; i++) {
        if (fixup->offset + i >= section->size || start + i >= section->loaded) {
            return 0;
        }
        if ((bytes[i] & ULEB_MORE) == 0) {
            return i + 1;
        }
    }
    return 0;
}

/* The neighbour in the table, if it is of that type and at the same place. */
static bool read_partner(const struct fixup *fixup, int64_t step, uint32_t number,
                         struct fixup *partner)
{
    int64_t entry = (int64_t)fixup->entry + step;
    if (entry < 0 || entry >= table_length(fixup->object, fixup->table)) {
        return false;
    }
    fixup_read(fixup->object, fixup->table, (uint32_t)entry, partner);
    return partner->number == number && partner->offset == fixup->offset;
}

static void write_uleb(const struct fixup *fixup, uint64_t value, uint32_t length)
{
    for (uint32_t i = 0; i < length && fixup->target != NULL; i++) {
        uint8_t more = i + 1 < length ? ULEB_MORE : 0;
        fixup->target[i] = (uint8_t)((value & (ULEB_MORE - 1)) | more);
        value >>= ULEB_BITS;
    }
}

static bool apply_set_uleb(const struct fixup *fixup)
{
    struct fixup partner;
    uint32_t length = uleb_length(fixup);
    if (length == 0 || !read_partner(fixup, 1, R_RISCV_SUB_ULEB128, &partner)) {
        return fixup_refuse(fixup, REFUSAL_RELOCATION, "%s",
                            length == 0 ? "the number does not end in its section"
                                        : "no R_RISCV_SUB_ULEB128 follows at the same place");
    }
    uint64_t value = fixup_subject(fixup) - fixup_subject(&partner);
    if (length < ULEB_BYTES_MAX && value >> (ULEB_BITS * length) != 0) {
        return fixup_refuse(fixup, REFUSAL_RELOCATION_RANGE,
                            "the difference 0x%llx does not fit into %u bytes of ULEB128",
                            (unsigned long long)value, length);
    }
    write_uleb(fixup, value, length);
    return true;
}

static bool check_sub_uleb(const struct fixup *fixup)
{
    struct fixup partner;
    if (!read_partner(fixup, -1, R_RISCV_SET_ULEB128, &partner)) {
        return fixup_refuse(fixup, REFUSAL_RELOCATION,
                            "no R_RISCV_SET_ULEB128 stands before it at the same place");
    }
    return true;
}

static void note_high_part(const struct fixup *fixup, uint64_t key, uint32_t entry, uint64_t value)
{
    fixup->walk->high_key = key;
    fixup->walk->high_entry = entry;
    fixup->walk->high_value = value;
}

/* Finds the high part at the label, mostly the one visited last; its value is completed. */
static bool find_high_part(const struct fixup *fixup)
{
    struct object *object = fixup->object;
    const Elf64_Sym *label = symbol_entry(object, fixup->symbol);
    uint64_t key = (uint64_t)label->st_shndx << 32 | label->st_value;
    if (fixup->walk->high_key == key) {
        return true;
    }
    uint32_t i =
        sort_lower_bound_near(object->high_parts, object->high_part_count, key, fixup->walk->near);
    if (i == object->high_part_count || object->high_parts[i].key != key) {
        return fixup_refuse(fixup, REFUSAL_RELOCATION,
                            "`%s` (offset 0x%llx in %s) labels no high part",
                            fixup_symbol_name(fixup), (unsigned long long)label->st_value,
                            section_name(object, label->st_shndx));
    }
    struct fixup high;
    uint64_t where = object->high_parts[i].value;
    fixup_read(object, (uint32_t)(where >> 32), (uint32_t)where, &high);
    fixup->walk->near = i;
    note_high_part(fixup, key, high.entry, value_of(&high));
    return true;
}

static bool apply_label(const struct fixup *fixup)
{
    if (!find_high_part(fixup)) {
        return false;
    }
    uint64_t base = fixup->walk->high_value;
    uint64_t value = base + (uint64_t)fixup->addend;
    if (immediate_u(value) != immediate_u(base)) {
        return fixup_refuse(fixup, REFUSAL_RELOCATION,
                            "its addend needs another high part than entry %u has",
                            fixup->walk->high_entry);
    }
    if (fixup->type->encoding == ENCODE_I) {
        fixup_patch32(fixup, MASK_I, immediate_i(value));
    } else {
        fixup_patch32(fixup, MASK_S, immediate_s(value));
    }
    return true;
}

/* What is left of the nops is written anew: the bytes in the file may have been cut in half. */
static void write_nops(const struct fixup *fixup)
{
    uint32_t near = fixup->near;
    uint64_t end = section_adjust(fixup->object, fixup->section,
                                  fixup->offset + (uint64_t)fixup->addend, &near);
    uint8_t *at = fixup->target;
    uint64_t bytes = end - fixup->start;
    for (; at != NULL && bytes >= sizeof(uint32_t); bytes -= sizeof(uint32_t)) {
        store32(at, INSN_NOP);
        at += sizeof(uint32_t);
    }
    if (at != NULL && bytes != 0) {
        store16(at, INSN_C_NOP);
    }
}

static void encode(const struct fixup *fixup, uint64_t value)
{
    switch (fixup->type->encoding) {
    case ENCODE_DATA:
        fixup_store(fixup, value);
        break;
    case ENCODE_ADD:
        fixup_store(fixup, fixup_load(fixup) + value);
        break;
    case ENCODE_SUB:
        fixup_store(fixup, fixup_load(fixup) - value);
        break;
    case ENCODE_SET6:
        store_six_bits(fixup, value, false);
        break;
    case ENCODE_SUB6:
        store_six_bits(fixup, value, true);
        break;
    case ENCODE_U:
        patch_high(fixup, value);
        break;
    case ENCODE_I:
        fixup_patch32(fixup, MASK_I, immediate_i(value));
        break;
    case ENCODE_S:
        fixup_patch32(fixup, MASK_S, immediate_s(value));
        break;
    case ENCODE_B:
        fixup_patch32(fixup, MASK_B, immediate_b(value));
        break;
    case ENCODE_J:
        fixup_patch32(fixup, MASK_J, immediate_j(value));
        break;
    case ENCODE_CB:
        fixup_patch16(fixup, MASK_CB, immediate_cb(value));
        break;
    case ENCODE_CJ:
        fixup_patch16(fixup, MASK_CJ, immediate_cj(value));
        break;
    case ENCODE_CALL:
        patch_call(fixup, value);
        break;
    default:
        break;
    }
}

static bool apply(struct fixup *fixup)
{
    switch (fixup->type->encoding) {
    case ENCODE_NOPS:
        write_nops(fixup);
        return true;
    case ENCODE_SET_ULEB:
        return apply_set_uleb(fixup);
    case ENCODE_SUB_ULEB:
        return check_sub_uleb(fixup);
    default:
        break;
    }
    if (fixup->type->subject == SUBJECT_LABEL) {
        return apply_label(fixup);
    }
    uint64_t value = value_of(fixup);
    if (!fixup_check(fixup, value)) {
        return false;
    }
    if ((fixup->type->flags & RELOCATION_HIGH_PART) != 0) {
        note_high_part(fixup, (uint64_t)fixup->section << 32 | fixup->offset, fixup->entry, value);
    }
    if (fixup->target != NULL) {
        encode(fixup, value);
    }
    return true;
}

/* auipc t3, hi; ld t3, lo(t3); jr t3; nop */
static void write_stub(uint8_t *at, uint64_t address, uint64_t slot)
{
    uint64_t distance = slot - address;
    store32(at, 0x00000e17u | immediate_u(distance));
    store32(at + 4, 0x000e3e03u | immediate_i(distance));
    store32(at + 8, 0x000e0067u);
    store32(at + 12, INSN_NOP);
}

/* ld a0, 8(a0); add a0, a0, tp; ret; nop */
static void write_tls_stub(uint8_t *at)
{
    store32(at, 0x00853503u);
    store32(at + 4, 0x00450533u);
    store32(at + 8, 0x00008067u);
    store32(at + 12, INSN_NOP);
}

const struct machine machine_riscv64 = {
    .name = "riscv64",
    .elf_machine = EM_RISCV,
    .tcb_bytes = 0,
    .stub_bytes = 16,
    .types = types,
    .type_count = sizeof(types) / sizeof(types[0]),
    .bad_flags = bad_flags,
    .apply = apply,
    .write_stub = write_stub,
    .write_tls_stub = write_tls_stub,
};
