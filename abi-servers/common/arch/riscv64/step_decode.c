/*
 * RV64GC has no single step for supervisors: jumps and branches are executed here, others go on
 * behind themselves. Encodings: the RISC-V instruction set manual, volume I, RV32/64G and RVC
 * listings.
 */
#include "step_plan.h"

#include "guest_registers.h"

enum {
    OPCODE_AMO = 0x2f,
    OPCODE_BRANCH = 0x63,
    OPCODE_JALR = 0x67,
    OPCODE_JAL = 0x6f,
    FUNCT5_LR = 2,
    FUNCT5_SC = 3,
    FUNCT3_WORD = 2,
    FUNCT3_DOUBLE = 3,
    C_J = 0xa001, /* with the quadrant, under C_MASK */
    C_BEQZ = 0xc001,
    C_BNEZ = 0xe001,
    C_MASK = 0xe003,
    C_JR = 0x8002, /* and, with bit 12, C.JALR; under C_JR_MASK */
    C_JR_MASK = 0xe07f,
    REGISTER_RA = 1,
};

static uint64_t field(uint32_t word, unsigned low, unsigned count)
{
    return word >> low & ((1u << count) - 1);
}

static uint64_t extended(uint64_t value, unsigned bits)
{
    uint64_t sign = UINT64_C(1) << (bits - 1);
    return (value ^ sign) - sign;
}

static uint64_t b_offset(uint32_t word)
{
    return extended(field(word, 31, 1) << 12 | field(word, 7, 1) << 11 | field(word, 25, 6) << 5 |
                        field(word, 8, 4) << 1,
                    13);
}

static uint64_t j_offset(uint32_t word)
{
    return extended(field(word, 31, 1) << 20 | field(word, 12, 8) << 12 | field(word, 20, 1) << 11 |
                        field(word, 21, 10) << 1,
                    21);
}

static uint64_t cb_offset(uint32_t word)
{
    return extended(field(word, 12, 1) << 8 | field(word, 5, 2) << 6 | field(word, 2, 1) << 5 |
                        field(word, 10, 2) << 3 | field(word, 3, 2) << 1,
                    9);
}

static uint64_t cj_offset(uint32_t word)
{
    return extended(field(word, 12, 1) << 11 | field(word, 8, 1) << 10 | field(word, 9, 2) << 8 |
                        field(word, 6, 1) << 7 | field(word, 7, 1) << 6 | field(word, 2, 1) << 5 |
                        field(word, 11, 1) << 4 | field(word, 3, 3) << 1,
                    12);
}

static bool is_compressed(uint32_t word)
{
    return (word & 3) != 3;
}

/* C.EBREAK has no register. */
static bool is_compressed_jr(uint32_t word)
{
    return (word & C_JR_MASK) == C_JR && field(word, 7, 5) != 0;
}

static void classify_compressed(struct step_instruction *made)
{
    uint32_t kind = made->word & C_MASK;
    if (kind == C_BEQZ || kind == C_BNEZ) {
        made->kind = STEP_BRANCH;
        made->target = made->pc + cb_offset(made->word);
    } else if (kind == C_J || is_compressed_jr(made->word)) {
        made->kind = STEP_JUMP;
    }
}

static void classify(struct step_instruction *made)
{
    uint64_t funct3 = field(made->word, 12, 3);
    uint64_t funct5 = field(made->word, 27, 5);
    switch (made->word & 0x7f) {
    case OPCODE_AMO:
        if ((funct3 == FUNCT3_WORD || funct3 == FUNCT3_DOUBLE) && funct5 == FUNCT5_LR) {
            made->kind = STEP_RESERVE;
        } else if ((funct3 == FUNCT3_WORD || funct3 == FUNCT3_DOUBLE) && funct5 == FUNCT5_SC) {
            made->kind = STEP_STORE;
        }
        break;
    case OPCODE_BRANCH:
        if (funct3 != 2 && funct3 != 3) {
            made->kind = STEP_BRANCH;
            made->target = made->pc + b_offset(made->word);
        }
        break;
    case OPCODE_JALR:
        made->kind = funct3 == 0 ? STEP_JUMP : STEP_PLAIN;
        break;
    case OPCODE_JAL:
        made->kind = STEP_JUMP;
        break;
    default:
        break;
    }
}

struct step_instruction step_decode(uint64_t pc, const uint8_t *code, size_t bytes)
{
    struct step_instruction made = {.pc = pc};
    if (bytes < 2) {
        return made;
    }
    made.word = (uint32_t)(code[0] | code[1] << 8);
    if (is_compressed(made.word)) {
        made.length = 2;
        classify_compressed(&made);
    } else if (bytes >= 4) {
        made.length = 4;
        made.word |= (uint32_t)code[2] << 16 | (uint32_t)code[3] << 24;
        classify(&made);
    }
    return made;
}

/* ---- jumps and branches ---------------------------------------------------------------------- */

/* The place of x0 holds pc. */
static uint64_t read(const uint64_t *registers, uint64_t number)
{
    return number != 0 ? registers[number] : 0;
}

static bool compare(uint64_t funct3, uint64_t a, uint64_t b)
{
    const uint64_t sign = UINT64_C(1) << 63;
    bool result;
    if (funct3 < 4) {
        result = a == b;
    } else if (funct3 < 6) {
        result = (a ^ sign) < (b ^ sign);
    } else {
        result = a < b;
    }
    return result != ((funct3 & 1) != 0);
}

static bool is_taken(const uint64_t *registers, uint32_t word)
{
    if (is_compressed(word)) {
        uint64_t value = read(registers, 8 + field(word, 7, 3));
        return compare(field(word, 13, 1), value, 0);
    }
    return compare(field(word, 12, 3), read(registers, field(word, 15, 5)),
                   read(registers, field(word, 20, 5)));
}

static void jump(uint64_t *registers, const struct step_instruction *from)
{
    uint32_t word = from->word;
    uint64_t link = field(word, 7, 5);
    uint64_t target;
    if ((word & 0x7f) == OPCODE_JAL) {
        target = from->pc + j_offset(word);
    } else if ((word & 0x7f) == OPCODE_JALR) {
        target = read(registers, field(word, 15, 5)) + extended(field(word, 20, 12), 12);
    } else if ((word & C_MASK) == C_J) {
        target = from->pc + cj_offset(word);
        link = 0;
    } else {
        target = read(registers, link);
        link = field(word, 12, 1) != 0 ? REGISTER_RA : 0;
    }
    if (link != 0) {
        registers[link] = from->pc + from->length;
    }
    registers[GUEST_PC] = target & ~UINT64_C(1);
}

struct step_plan step_plan_one(uint64_t *registers, const struct step_instruction *instruction)
{
    uint64_t behind = instruction->pc + instruction->length;
    switch (instruction->kind) {
    case STEP_JUMP:
        jump(registers, instruction);
        return (struct step_plan){.way = STEP_DONE};
    case STEP_BRANCH:
        registers[GUEST_PC] = is_taken(registers, instruction->word) ? instruction->target : behind;
        return (struct step_plan){.way = STEP_DONE};
    default:
        return (struct step_plan){.way = STEP_BREAKS, .count = 1, .stops = {behind}};
    }
}
