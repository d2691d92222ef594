/*
 * How one instruction of a guest is executed: by the processor, where it can step; by the
 * personality itself, jumps and branches where it cannot; or by breakpoints where it may go on. A
 * sequence from a load that reserves to its conditional store, which no step in its middle would
 * let succeed, counts as one instruction.
 *
 * Without system calls. arch/ARCH/step_decode.c has what is particular to the instructions.
 */
#ifndef STEP_PLAN_H
#define STEP_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    STEP_SEQUENCE = 16, /* instructions, as of the constrained LR/SC loop of RISC-V */
    STEP_CODE = STEP_SEQUENCE * 4,
    STEP_STOPS = 4,
};

enum step_way {
    STEP_DONE,    /* the registers are those behind it */
    STEP_MACHINE, /* by the processor */
    STEP_BREAKS,  /* it goes on at one of the stops; none: it cannot be fetched */
};

struct step_plan {
    enum step_way way;
    uint32_t count;
    uint64_t stops[STEP_STOPS];
};

/* registers: of struct guest_state, pc included. code: what can be executed from pc on. */
struct step_plan step_plan(uint64_t *registers, const uint8_t *code, size_t bytes);

/* ---- implemented by the architecture --------------------------------------------------------- */

enum step_kind {
    STEP_PLAIN,
    STEP_JUMP,
    STEP_BRANCH, /* conditional, to a place that does not depend on registers */
    STEP_RESERVE,
    STEP_STORE, /* conditional */
};

struct step_instruction {
    enum step_kind kind;
    uint32_t word, length; /* length 0: not all of it is there */
    uint64_t pc, target;   /* target: of a branch */
};

struct step_instruction step_decode(uint64_t pc, const uint8_t *code, size_t bytes);
/* Of one instruction, which is no sequence; all of it is there. */
struct step_plan step_plan_one(uint64_t *registers, const struct step_instruction *instruction);

#endif
