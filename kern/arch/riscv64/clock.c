/*
 * The time counter, and this hart's deadline on it: stimecmp (Sstc) if the boot hart has it and the
 * firmware lets it be used, else SBI TIME.
 */
#include <arch/clock.h>
#include <base/devicetree.h>

#include "csr.h"
#include "sbi.h"
#include "trap.h"

#define NEVER UINT64_MAX

static enum { DEADLINE_SBI_LEGACY, DEADLINE_SBI, DEADLINE_SSTC } deadline_by;

uint64_t clock_init(const struct devicetree *tree)
{
    dt_node harts = devicetree_find_path(tree, "/cpus");
    uint64_t frequency = 0;

    if (entry_probe_stimecmp()) {
        deadline_by = DEADLINE_SSTC;
    } else if (sbi_has(SBI_TIME)) {
        deadline_by = DEADLINE_SBI;
    } else {
        deadline_by = DEADLINE_SBI_LEGACY;
    }
    if (!devicetree_number(tree, harts, "timebase-frequency", &frequency)) {
        (void)devicetree_number(tree, devicetree_first_child(tree, harts), "timebase-frequency",
                                &frequency);
    }
    return frequency;
}

void clock_init_cpu(void)
{
    clock_set_deadline(NEVER);
}

void clock_set_deadline(uint64_t counter)
{
    if (counter == NEVER) {
        csr_clear(sie, INTERRUPT_TIMER);
        return;
    }
    switch (deadline_by) {
    case DEADLINE_SSTC:
        csr_write(CSR_STIMECMP, counter);
        break;
    case DEADLINE_SBI:
        (void)sbi_call(SBI_TIME, SBI_TIME_SET, counter, 0, 0, 0, 0);
        break;
    default:
        (void)sbi_call(SBI_LEGACY_SET_TIMER, 0, counter, 0, 0, 0, 0);
        break;
    }
    csr_set(sie, INTERRUPT_TIMER);
}
