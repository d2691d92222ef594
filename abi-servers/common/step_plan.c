/* See step_plan.h. */
#include "step_plan.h"

#include "guest_registers.h"

/* Branches out of the sequence are further stops. */
static bool add_stop(struct step_plan *plan, uint64_t address)
{
    if (plan->count == STEP_STOPS) {
        return false;
    }
    plan->stops[plan->count++] = address;
    return true;
}

static void remove_inside(struct step_plan *plan, uint64_t start, uint64_t length)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < plan->count; i++) {
        if (plan->stops[i] - start >= length) {
            plan->stops[kept++] = plan->stops[i];
        }
    }
    plan->count = kept;
}

/* False: what follows is no sequence. */
static bool plan_sequence(struct step_plan *plan, uint64_t pc, const uint8_t *code, size_t bytes)
{
    size_t at = 0;
    *plan = (struct step_plan){.way = STEP_BREAKS};
    for (uint32_t i = 0; i < STEP_SEQUENCE; i++) {
        struct step_instruction next = step_decode(pc + at, code + at, bytes - at);
        at += next.length;
        if (next.length == 0 || next.kind == STEP_JUMP || (next.kind == STEP_RESERVE && i > 0)) {
            return false;
        }
        if (next.kind == STEP_BRANCH && !add_stop(plan, next.target)) {
            return false;
        }
        if (next.kind == STEP_STORE) {
            remove_inside(plan, pc, at);
            return add_stop(plan, pc + at);
        }
    }
    return false;
}

struct step_plan step_plan(uint64_t *registers, const uint8_t *code, size_t bytes)
{
    uint64_t pc = registers[GUEST_PC] & ~UINT64_C(1);
    struct step_instruction first = step_decode(pc, code, bytes);
    struct step_plan plan;
    if (first.kind == STEP_RESERVE && plan_sequence(&plan, pc, code, bytes)) {
        return plan;
    }
    if (first.length == 0) {
        return (struct step_plan){.way = STEP_BREAKS};
    }
    return step_plan_one(registers, &first);
}
