/* Stopping a guest: by a breakpoint, or by the processor after one instruction. */
#ifndef STEP_MACHINE_H
#define STEP_MACHINE_H

#include <sinter/system.h>
#include <stdbool.h>

#include "guest_registers.h"

#define STEP_TRAP ((uint32_t)0xd4200000) /* BRK #0 */

#define PSTATE_SS (UINT64_C(1) << 21)

static inline void step_begin(struct guest_state *state)
{
    state->registers[GUEST_PSTATE] |= PSTATE_SS;
    state->flags |= GUEST_FLAG_STEP;
}

/* Ends what step_begin() began; true: an instruction has been executed. */
static inline bool step_end(struct guest_state *state)
{
    bool executed = (state->registers[GUEST_PSTATE] & PSTATE_SS) == 0;
    state->flags &= ~(uint64_t)GUEST_FLAG_STEP;
    state->registers[GUEST_PSTATE] &= ~PSTATE_SS;
    return executed;
}

#endif
