/*
 * The floating-point unit: CPACR_EL1.FPEN traps EL0 while the thread has no state. EL1 may always
 * use it, so fp.S needs no switching; SVE and SME stay off and their instructions are illegal.
 */
#include <arch/fp.h>
#include <arch_inline/offsets.h>

#include "internal.h"
#include "registers.h"

_Static_assert(offsetof(struct fp_state, fpcr) == FP_STATE_FPCR, "offsets.h");
_Static_assert(offsetof(struct fp_state, fpsr) == FP_STATE_FPSR, "offsets.h");

/* The exception return to EL0 makes a new CPACR_EL1 take effect there. */
void fp_init_cpu(void)
{
    register_write("cpacr_el1", CPACR_FPEN_KERNEL);
    barrier_instructions();
}

bool fp_present(void)
{
    return true;
}

void fp_switch_out(struct frame *frame, struct fp_state *state)
{
    fp_save(state);
    fp_disable(frame);
}

void fp_switch_in(struct frame *frame, const struct fp_state *state)
{
    (void)frame;
    fp_load(state);
    register_write("cpacr_el1", CPACR_FPEN_ALL);
}

void fp_disable(struct frame *frame)
{
    (void)frame;
    register_write("cpacr_el1", CPACR_FPEN_KERNEL);
}
