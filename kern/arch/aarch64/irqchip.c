/*
 * Interrupts by the GIC: choice of the version, shared lines, dispatch. A claimed line is masked
 * before it is completed, so that it stays quiet until irqchip_unmask().
 *
 * The configuration lock guards read-modify-write of the trigger registers; the other registers
 * have a bit to set, a bit to clear, or a byte for each line.
 */
#include <arch/entry.h>
#include <arch/irqchip.h>
#include <arch/mmio.h>
#include <kern/cpu.h>
#include <sinter/abi.h>

#include "gic.h"
#include "internal.h"

#define DISTRIBUTOR_SIZE       0x10000
#define DISTRIBUTOR_SIZE_V2    0x1000
#define TYPER_LINES(typer)     ((((typer) & 0x1f) + 1) * 32)
#define LINES_PER_WORD         32
#define CONFIGURATION_PER_WORD 16 /* ICFGR: two bits a line, the upper one set for edge */
#define OWNED_MAX              16

static const struct {
    const char *compatible;
    const struct gic_version *version;
} models[] = {
    {"arm,gic-v3", &gic3},        {"arm,gic-400", &gic2},       {"arm,cortex-a15-gic", &gic2},
    {"arm,cortex-a9-gic", &gic2}, {"arm,cortex-a7-gic", &gic2}, {"arm,eb11mp-gic", &gic2},
};

static const struct gic_version *gic;
static uint8_t *distributor;
static unsigned line_limit;
static unsigned timer_line;
static bool configuration_lock;
static struct {
    uint64_t physical, size;
} owned[OWNED_MAX];
static unsigned owned_count;

static dt_node find_node(const struct devicetree *tree)
{
    for (unsigned i = 0; i < sizeof(models) / sizeof(models[0]); i++) {
        dt_node node = devicetree_find_compatible(tree, DEVICETREE_NONE, models[i].compatible);
        if (node != DEVICETREE_NONE) {
            gic = models[i].version;
            return node;
        }
    }
    return DEVICETREE_NONE;
}

static void own_registers(const struct devicetree *tree, dt_node node)
{
    uint64_t physical, size;
    for (unsigned i = 0;
         owned_count < OWNED_MAX && devicetree_registers(tree, node, i, &physical, &size); i++) {
        owned[owned_count].physical = physical;
        owned[owned_count].size = size;
        owned_count++;
    }
}

/* The children are MSI frames and translation services: whoever writes them raises lines. */
static void own_all_registers(const struct devicetree *tree, dt_node node)
{
    own_registers(tree, node);
    for (dt_node child = devicetree_first_child(tree, node); child != DEVICETREE_NONE;
         child = devicetree_next_sibling(tree, child)) {
        own_registers(tree, child);
    }
}

static void reset_lines(void)
{
    for (unsigned line = GIC_FIRST_SHARED; line < line_limit; line += LINES_PER_WORD) {
        mmio_write32(distributor + GICD_ICENABLER + line / 8, UINT32_MAX);
        mmio_write32(distributor + GICD_ICACTIVER + line / 8, UINT32_MAX);
    }
    for (unsigned line = GIC_FIRST_SHARED; line < line_limit; line += 4) {
        mmio_write32(distributor + GICD_IPRIORITYR + line, GIC_PRIORITY_WORD);
    }
}

const char *irqchip_init(const struct devicetree *tree)
{
    dt_node node = find_node(tree);
    uint64_t physical, size;
    if (node == DEVICETREE_NONE) {
        return "the device tree has none that is supported (GICv2, GICv3)";
    }
    if (!devicetree_registers(tree, node, 0, &physical, &size)) {
        return "the GIC's node lacks reg";
    }
    distributor = kmap_device(physical, gic == &gic2 ? DISTRIBUTOR_SIZE_V2 : DISTRIBUTOR_SIZE);
    if (!distributor) {
        return "no room to map the GIC's registers";
    }
    own_all_registers(tree, node);
    timer_line = clock_find_line(tree);
    line_limit = TYPER_LINES(mmio_read32(distributor + GICD_TYPER));
    line_limit = line_limit < GIC_LIMIT ? line_limit : GIC_LIMIT;
    reset_lines();
    return gic->init(tree, node, distributor, line_limit)
               ? NULL
               : "the GIC's node lacks a CPU interface or redistributors that can be mapped";
}

void irqchip_init_cpu(void)
{
    gic->init_cpu(timer_line);
}

unsigned irqchip_first(void)
{
    return GIC_FIRST_SHARED;
}

unsigned irqchip_limit(void)
{
    return line_limit;
}

static void set_trigger(unsigned line, uint32_t flags)
{
    uint8_t *address = distributor + GICD_ICFGR + line / CONFIGURATION_PER_WORD * 4;
    uint32_t edge = 2u << (line % CONFIGURATION_PER_WORD * 2);
    while (__atomic_test_and_set(&configuration_lock, __ATOMIC_ACQUIRE)) {
        cpu_relax();
    }
    uint32_t word = mmio_read32(address) & ~edge;
    mmio_write32(address, flags & IRQ_EDGE ? word | edge : word);
    __atomic_clear(&configuration_lock, __ATOMIC_RELEASE);
}

void irqchip_enable(unsigned line, uint32_t flags)
{
    irqchip_mask(line);
    set_trigger(line, flags);
    gic->route_here(line);
    irqchip_unmask(line);
}

void irqchip_unmask(unsigned line)
{
    mmio_write32(distributor + GICD_ISENABLER + line / LINES_PER_WORD * 4,
                 1u << line % LINES_PER_WORD);
}

void irqchip_mask(unsigned line)
{
    mmio_write32(distributor + GICD_ICENABLER + line / LINES_PER_WORD * 4,
                 1u << line % LINES_PER_WORD);
    gic->wait();
}

bool irqchip_owns(uint64_t physical, uint64_t size)
{
    for (unsigned i = 0; i < owned_count; i++) {
        if (physical < owned[i].physical + owned[i].size && owned[i].physical < physical + size) {
            return true;
        }
    }
    return false;
}

void cpu_interrupt(struct cpu *cpu)
{
    gic->send_ipi(cpu);
}

/* The level of the timer falls before completion, or it would be claimed once more. */
static void dispatch(uint32_t word, unsigned line)
{
    if (line == GIC_IPI) {
        gic->complete(word);
        kernel_ipi();
    } else if (line == timer_line) {
        clock_quiet();
        gic->complete(word);
        kernel_timer();
    } else {
        bool shared = line >= GIC_FIRST_SHARED;
        if (shared) {
            irqchip_mask(line);
        }
        gic->complete(word);
        if (shared) {
            kernel_device_interrupt(line);
        }
    }
}

void interrupts_poll(void)
{
    for (;;) {
        uint32_t word = gic->claim();
        unsigned line = word & gic->id_mask;
        if (line >= GIC_LIMIT) {
            return;
        }
        dispatch(word, line);
    }
}
