/*
 * The virtual counter and timer of the generic timer (Arm ARM D11). User code reads CNTVCT_EL0.
 */
#include <arch/clock.h>
#include <base/devicetree.h>

#include "internal.h"
#include "registers.h"

#define CONTROL_ENABLE      1
#define NEVER               UINT64_MAX
#define VIRTUAL_TIMER_INDEX 2 /* of the node's interrupts, if they have no names */
#define PPI_TYPE            1
#define PPI_BASE            16

static dt_node find_node(const struct devicetree *tree)
{
    dt_node node = devicetree_find_compatible(tree, DEVICETREE_NONE, "arm,armv8-timer");
    if (node == DEVICETREE_NONE) {
        node = devicetree_find_compatible(tree, DEVICETREE_NONE, "arm,armv7-timer");
    }
    return node;
}

uint64_t clock_init(const struct devicetree *tree)
{
    uint64_t frequency = register_read("cntfrq_el0");
    (void)devicetree_number(tree, find_node(tree), "clock-frequency", &frequency);
    return frequency;
}

unsigned clock_find_line(const struct devicetree *tree)
{
    dt_node node = find_node(tree), controller;
    int index = devicetree_string_index(tree, node, "interrupt-names", "virt");
    uint32_t cells[4];
    unsigned count;
    if (!devicetree_interrupt(tree, node, index < 0 ? VIRTUAL_TIMER_INDEX : (unsigned)index,
                              &controller, cells, &count) ||
        count < 2 || cells[0] != PPI_TYPE || cells[1] >= PPI_BASE) {
        return CLOCK_NO_LINE;
    }
    return PPI_BASE + cells[1];
}

void clock_init_cpu(void)
{
    clock_quiet();
}

void clock_quiet(void)
{
    register_write("cntv_ctl_el0", 0);
    barrier_instructions();
}

void clock_set_deadline(uint64_t counter)
{
    if (counter == NEVER) {
        clock_quiet();
        return;
    }
    register_write("cntv_cval_el0", counter);
    register_write("cntv_ctl_el0", CONTROL_ENABLE);
    barrier_instructions();
}
