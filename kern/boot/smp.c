/*
 * The other CPUs; see kern/smp.h.
 */
#include <kern/smp.h>

#include <arch/clock.h>
#include <arch/entry.h>
#include <arch/irqchip.h>
#include <base/devicetree.h>
#include <kern/cpu.h>
#include <kern/kernel_map.h>
#include <kern/panic.h>
#include <kern/sched.h>
#include <kern/space.h>

static bool is_cpu(const struct devicetree *tree, dt_node node)
{
    const char *type = devicetree_string(tree, node, "device_type");

    return type != NULL && __builtin_strcmp(type, "cpu") == 0 && devicetree_enabled(tree, node) &&
           cpu_usable(tree, node);
}

void smp_find(const struct devicetree *tree, unsigned long boot_hardware_id)
{
    dt_node node = devicetree_first_child(tree, devicetree_find_path(tree, "/cpus"));

    for (; node != DEVICETREE_NONE; node = devicetree_next_sibling(tree, node)) {
        uint64_t id;

        /* Without size: #size-cells is 0. */
        if (!is_cpu(tree, node) || !devicetree_number(tree, node, "reg", &id) ||
            id == boot_hardware_id) {
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
    for (unsigned i = 0; i < cpu_count; i++) {
        cpus[i].arch.stack_top = kernel_map_stack(i); /* with a guard; the boot stack has none */
    }
    for (unsigned i = 1; i < cpu_count; i++) {
        cpus[i].arch.panic_stack_top = (uint64_t)panic_stacks[i] + PANIC_STACK_SIZE;
        if (!cpu_start(&cpus[i])) {
            log_line("the firmware does not start CPU %lu", cpus[i].arch.hardware_id);
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

    if (atomic_load_explicit(&panicking, memory_order_relaxed)) {
        cpu_halt();
    }
    if (cpu->current == NULL && cpu->space != NULL && cpu->space->dying) {
        space_activate(NULL);
    }
    cpu->reschedule = true;
}
