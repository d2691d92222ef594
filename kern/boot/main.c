/*
 * Bringing everything up, in order of what needs what; then the first program, and user mode.
 */
#include "memory_map.h"
#include "program.h"

#include <arch/caches.h>
#include <arch/clock.h>
#include <arch/entry.h>
#include <arch/firmware.h>
#include <arch/irqchip.h>
#include <base/devicetree.h>
#include <kern/console.h>
#include <kern/image.h>
#include <kern/irq.h>
#include <kern/kernel_map.h>
#include <kern/log.h>
#include <kern/panic.h>
#include <kern/random.h>
#include <kern/sched.h>
#include <kern/smp.h>
#include <kern/space.h>
#include <kern/time.h>

#define NANOSECONDS_PER_SECOND UINT64_C(1000000000)

static struct devicetree tree;
static struct memory_map memory;

static void open_tree(uint64_t physical)
{
    const void *blob = direct_map(physical);
    uint32_t size = physical != 0 ? devicetree_size(blob) : 0;
    const char *wrong = "it does not begin with the header of a device tree";

    if (size != 0) {
        wrong = devicetree_open(&tree, blob, size);
    }
    if (wrong != NULL) {
        panic("the device tree at 0x%lx cannot be used: %s", physical, wrong);
    }
}

/* Memory as far as it is usable before the final page tables. */
static void map_memory(uint64_t devicetree_physical)
{
    const char *wrong = memory_map_read(&memory, &tree, devicetree_physical);

    if (wrong != NULL) {
        panic("%s", wrong);
    }
    kernel_map_init(memory.ram, memory.ram_count);
    pages_init(memory.ram, memory.ram_count, memory.reserved, memory.reserved_count);
    account_init(pages_total(), pages_total() * PAGE_SIZE);
    if (memory.overlapped) {
        log_line("the device tree names some memory twice; it is used once");
    }
}

static void start_time(void)
{
    uint64_t hz = clock_init(&tree);
    struct time_page *page;

    if (hz == 0) {
        panic("the device tree does not tell the frequency of the counter");
    }
    time_init(hz);
    sched_init(hz);
    log_clock_works();
    space_init();
    page = space_time_page();
    page->base = time_base();
    page->multiplier = (NANOSECONDS_PER_SECOND << 32) / hz; /* fits in 62 bits */
    page->counter_hz = hz;
    page->cpu_count = cpu_count;
}

/* Whatever is to be had: the boot loader's seed, the CPU's, and when we happened to boot. */
static void seed_random(void)
{
    uint64_t poor[2] = {firmware_entropy(), clock_counter()};
    uint32_t length = 0;
    const uint8_t *seed =
        devicetree_property(&tree, devicetree_find_path(&tree, "/chosen"), "rng-seed", &length);

    random_add(poor, sizeof(poor));
    if (seed != NULL) {
        random_add(seed, length);
    } else {
        log_line("the boot loader gave no rng-seed: random placement is guessable");
    }
}

static void start_interrupts(void)
{
    const char *wrong = irqchip_init(&tree);

    if (wrong != NULL) {
        panic("interrupt controller: %s", wrong);
    }
    irqchip_init_cpu();
    clock_init_cpu();
    irq_init();
}

static void banner(void)
{
    const char *model = devicetree_string(&tree, devicetree_root(&tree), "model");

    log_line("Sinter on %s: %u CPU%s, %lu MiB", model != NULL ? model : "an unnamed machine",
             cpu_count, cpu_count == 1 ? "" : "s", pages_total() >> 8);
}

void kernel_main(uint64_t devicetree_physical, uint64_t cpu_hardware_id)
{
    log_begin();
    cpus[0].arch.hardware_id = cpu_hardware_id;
    cpus[0].arch.stack_top = (uint64_t)__boot_stack_top;
    cpus[0].arch.panic_stack_top = (uint64_t)panic_stacks[0] + PANIC_STACK_SIZE;
    open_tree(devicetree_physical);
    map_memory(devicetree_physical);
    entry_init_cpu();
    console_init(&tree);
    log_console(true);
    smp_find(&tree, cpu_hardware_id);
    cpus_init(&tree);
    start_time();
    start_interrupts();
    seed_random();
    banner();
    caches_sync_code(direct_map(kernel_physical(__libsys_start)),
                     (uint64_t)(__libsys_end - __libsys_start));
    caches_sync_code_done();
    sched_init_cpu(&cpus[0]);
    smp_start();
    program_start(&memory.initrd, &(struct memory_range){devicetree_physical, tree.size});
    sched_start();
}
