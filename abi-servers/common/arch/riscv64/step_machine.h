/* Stopping a guest: by a breakpoint only. */
#ifndef STEP_MACHINE_H
#define STEP_MACHINE_H

#include <sinter/system.h>
#include <stdbool.h>

#define STEP_TRAP ((uint16_t)0x9002) /* c.ebreak: lies in one page wherever an instruction begins */

static inline void step_begin(struct guest_state *state)
{
    (void)state;
}

/* Ends what step_begin() began; true: an instruction has been executed. */
static inline bool step_end(struct guest_state *state)
{
    (void)state;
    return false;
}

#endif
