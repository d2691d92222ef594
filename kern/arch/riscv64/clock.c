/*
 * The time counter, and this hart's deadline on it: stimecmp (Sstc) if the tree names it and the
 * firmware lets it be used, else SBI TIME.
 */
#include <arch/clock.h>
#include <boot/devicetree.h>

#include "csr.h"
#include "isa.h"
#include "sbi.h"
#include "trap.h"

#define NEVER UINT64_MAX

static enum { DEADLINE_SBI_LEGACY, DEADLINE_SBI, DEADLINE_SSTC } deadline_by;

/* One cell or two. */
static uint64_t timebase(const struct devicetree *tree, dt_node node)
{
    uint32_t high, low;

    if (!devicetree_cell(tree, node, "timebase-frequency", 0, &high)) {
        return 0;
    }
    if (!devicetree_cell(tree, node, "timebase-frequency", 1, &low)) {
        return high;
    }
    return (uint64_t)high << 32 | low;
}

uint64_t clock_init(const struct devicetree *tree)
{
    dt_node harts = devicetree_find_path(tree, "/cpus");
    uint64_t frequency = timebase(tree, harts);

    if (isa_has(tree, "sstc") && entry_probe_stimecmp()) {
        deadline_by = DEADLINE_SSTC;
    } else if (sbi_has(SBI_TIME)) {
        deadline_by = DEADLINE_SBI;
    } else {
        deadline_by = DEADLINE_SBI_LEGACY;
    }
    return frequency != 0 ? frequency : timebase(tree, isa_hart_next(tree, DEVICETREE_NONE));
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
