/*
 * AArch64 steps by itself (Arm ARM D2.12), but every exception ends a reservation. Encodings: C4.1.
 */
#include "step_plan.h"

enum { INSTRUCTION = 4 };

static uint64_t branch_target(uint64_t pc, uint32_t word, unsigned bits)
{
    uint64_t sign = UINT64_C(1) << (bits - 1);
    uint64_t offset = word >> 5 & ((sign << 1) - 1);
    return pc + ((offset ^ sign) - sign) * INSTRUCTION;
}

/* LDXR, STXR, LDXP, STXP and those that acquire and release; not CASP, between them. */
static bool is_exclusive(uint32_t word)
{
    bool pair = (word >> 21 & 1) != 0;
    return (word & 0x3f800000) == 0x08000000 && (!pair || word >> 31 != 0);
}

struct step_instruction step_decode(uint64_t pc, const uint8_t *code, size_t bytes)
{
    struct step_instruction made = {.pc = pc};
    if (bytes < INSTRUCTION) {
        return made;
    }
    uint32_t word = (uint32_t)(code[0] | code[1] << 8 | code[2] << 16) | (uint32_t)code[3] << 24;
    made.word = word;
    made.length = INSTRUCTION;
    if (is_exclusive(word)) {
        made.kind = word >> 22 & 1 ? STEP_RESERVE : STEP_STORE;
    } else if ((word & 0xff000010) == 0x54000000 || (word & 0x7e000000) == 0x34000000) {
        made.kind = STEP_BRANCH; /* B.cond, CBZ, CBNZ */
        made.target = branch_target(pc, word, 19);
    } else if ((word & 0x7e000000) == 0x36000000) {
        made.kind = STEP_BRANCH; /* TBZ, TBNZ */
        made.target = branch_target(pc, word, 14);
    } else if ((word & 0x7c000000) == 0x14000000 || (word & 0xfe000000) == 0xd6000000) {
        made.kind = STEP_JUMP; /* B, BL, BR, BLR, RET */
    }
    return made;
}

struct step_plan step_plan_one(uint64_t *registers, const struct step_instruction *instruction)
{
    (void)registers;
    (void)instruction;
    return (struct step_plan){.way = STEP_MACHINE};
}
