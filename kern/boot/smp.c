/*
 * The other CPUs; see kern/smp.h.
 */
#include <kern/smp.h>

#include "devicetree.h"

#include <arch/clock.h>
#include <arch/entry.h>
#include <arch/irqchip.h>
#include <kern/cpu.h>
#include <kern/kernel_map.h>
#include <kern/panic.h>
#include <kern/sched.h>
#include <kern/space.h>

struct cpu cpus[CPU_MAX];
unsigned cpu_count = 1;
static atomic_bool stopped;

static bool is_cpu(const struct devicetree *tree, dt_node node)
{
    const char *type = devicetree_string(tree, node, "device_type");

    return type != NULL && __builtin_strcmp(type, "cpu") == 0 && devicetree_enabled(tree, node);
}

/* A CPU's `reg` is one or two cells without size (#size-cells is 0). */
static bool hardware_id(const struct devicetree *tree, dt_node node, uint64_t *id)
{
    uint32_t first, second;

    if (!devicetree_cell(tree, node, "reg", 0, &first)) {
        return false;
    }
    *id = devicetree_cell(tree, node, "reg", 1, &second) ? (uint64_t)first << 32 | second : first;
    return true;
}

void smp_find(const struct devicetree *tree, unsigned long boot_hardware_id)
{
    dt_node parent = devicetree_find_path(tree, "/cpus");
    dt_node node = parent != DEVICETREE_NONE ? devicetree_first_child(tree, parent)
                                             : DEVICETREE_NONE;

    for (; node != DEVICETREE_NONE; node = devicetree_next_sibling(tree, node)) {
        uint64_t id;

        if (!is_cpu(tree, node) || !hardware_id(tree, node, &id) || id == boot_hardware_id) {
            continue;
        }
        if (cpu_count == CPU_MAX) {
            log_line("more than %u CPUs: the rest is not used", (unsigned)CPU_MAX);
            break;
        }
        cpus[cpu_count].index = cpu_count;
        cpus[cpu_count].arch.hardware_id = id;
        cpu_count++;
    }
}

void smp_start(void)
{
    for (unsigned i = 1; i < cpu_count; i++) {
        cpus[i].arch.stack_top = kernel_map_stack(i);
        if (!cpu_start(&cpus[i], kernel_map_root_physical())) {
            log_line("the firmware does not start CPU %lu", cpus[i].arch.hardware_id);
        }
    }
}

void smp_stop_others(void)
{
    atomic_store(&stopped, true);
    for (unsigned i = 0; i < cpu_count; i++) {
        if (&cpus[i] != cpu_self() && cpus[i].online) {
            cpu_interrupt(&cpus[i]);
        }
    }
}

void kernel_main_secondary(void)
{
    entry_init_cpu();
    irqchip_init_cpu();
    clock_init_cpu();
    sched_init_cpu(cpu_self());
    sched_start();
}

void kernel_ipi(void)
{
    struct cpu *cpu = cpu_self();

    if (atomic_load_explicit(&stopped, memory_order_relaxed)) {
        cpu_halt();
    }
    if (cpu->current == NULL && cpu->space != NULL && cpu->space->dying) {
        space_activate(NULL);
    }
    cpu->reschedule = true;
}
