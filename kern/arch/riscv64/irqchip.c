/*
 * The PLIC (RISC-V Platform-Level Interrupt Controller Specification 1.0).
 *
 * A line is masked by priority 0, which is one register a line and so needs no lock; its enable bit
 * says only to which hart it is routed. An interrupt is claimed, masked and completed at once; if
 * the line is still active it becomes pending again, and shows when it is unmasked. The trigger
 * is wired into the gateway of each line: flags are ignored.
 */
#include <arch/entry.h>
#include <arch/irqchip.h>
#include <arch/layout.h>
#include <arch/mmio.h>
#include <base/devicetree.h>
#include <kern/cpu.h>

#include "csr.h"
#include "trap.h"

#define PLIC_PRIORITY(line)        (UINT64_C(4) * (line))
#define PLIC_ENABLE(context, line) (0x2000 + UINT64_C(0x80) * (context) + (line) / 32 * 4)
#define PLIC_CONTEXT               0x200000
#define PLIC_THRESHOLD(context)    (UINT64_C(0x1000) * (context))
#define PLIC_CLAIM(context)        (PLIC_THRESHOLD(context) + 4)
#define PLIC_LINES_MAX             1024

#define PRIORITY_MASKED     0
#define PRIORITY_ACTIVE     1
#define SUPERVISOR_EXTERNAL 9  /* interrupt of the hart that an S-mode context drives */
#define CONTEXTS_MAX        64 /* S-mode contexts beyond are not used */

static struct {
    volatile uint8_t *lines;    /* from the base: priorities and enable bits */
    volatile uint8_t *contexts; /* from PLIC_CONTEXT: thresholds and claims */
    uint64_t physical, size;
    unsigned limit;
    unsigned context_count;
    struct {
        unsigned context;
        uint64_t hart;
    } supervisors[CONTEXTS_MAX];
} plic;

static bool routing_locked; /* enable words of a context hold the bits of 32 lines */

/* ---- finding it ----------------------------------------------------------------------------- */

static dt_node find(const struct devicetree *tree)
{
    dt_node node = devicetree_find_compatible(tree, DEVICETREE_NONE, "riscv,plic0");

    return node != DEVICETREE_NONE
               ? node
               : devicetree_find_compatible(tree, DEVICETREE_NONE, "sifive,plic-1.0.0");
}

/* Contexts count as the entries of interrupts-extended; answers one more than the highest used. */
static unsigned find_contexts(const struct devicetree *tree, dt_node node)
{
    dt_node controller;
    uint32_t cells[4], hart;
    unsigned cell_count, limit = 0;

    for (unsigned i = 0; devicetree_interrupt(tree, node, i, &controller, cells, &cell_count);
         i++) {
        if (cells[0] == SUPERVISOR_EXTERNAL && plic.context_count < CONTEXTS_MAX &&
            devicetree_cell(tree, devicetree_parent(tree, controller), "reg", 0, &hart)) {
            plic.supervisors[plic.context_count].context = i;
            plic.supervisors[plic.context_count].hart = hart;
            plic.context_count++;
            limit = i + 1;
        }
    }
    return limit;
}

static uint8_t *map(uint64_t offset, uint64_t end)
{
    return kmap_device(plic.physical + offset, (end - offset + PAGE_MASK) & ~PAGE_MASK);
}

static void mask_all(void)
{
    for (unsigned line = irqchip_first(); line < plic.limit; line++) {
        irqchip_mask(line);
    }
    for (unsigned i = 0; i < plic.context_count; i++) {
        for (unsigned line = 0; line < plic.limit; line += 32) {
            mmio_write32(plic.lines + PLIC_ENABLE(plic.supervisors[i].context, line), 0);
        }
    }
}

const char *irqchip_init(const struct devicetree *tree)
{
    uint32_t sources;
    dt_node node = find(tree);

    if (node == DEVICETREE_NONE) {
        return "the device tree has no PLIC (sifive,plic-1.0.0 or riscv,plic0); AIA (riscv,aplic, "
               "riscv,imsics) is not supported";
    }
    unsigned contexts = find_contexts(tree, node);
    if (contexts == 0 || !devicetree_registers(tree, node, 0, &plic.physical, &plic.size) ||
        !devicetree_cell(tree, node, "riscv,ndev", 0, &sources) || sources == 0 ||
        sources >= PLIC_LINES_MAX || plic.size < PLIC_CONTEXT + PLIC_THRESHOLD(contexts)) {
        return "the PLIC's node lacks reg, riscv,ndev or an S-mode context in interrupts-extended";
    }
    plic.limit = sources + 1;
    plic.lines = map(0, PLIC_ENABLE(contexts, 0));
    plic.contexts = map(PLIC_CONTEXT, PLIC_CONTEXT + PLIC_THRESHOLD(contexts));
    if (plic.lines == NULL || plic.contexts == NULL) {
        return "no room to map the PLIC's registers";
    }
    mask_all();
    return NULL;
}

void irqchip_init_cpu(void)
{
    struct arch_cpu *cpu = &cpu_self()->arch;

    cpu->plic_context = PLIC_NO_CONTEXT;
    for (unsigned i = 0; i < plic.context_count; i++) {
        if (plic.supervisors[i].hart == cpu->hardware_id) {
            cpu->plic_context = plic.supervisors[i].context;
            mmio_write32(plic.contexts + PLIC_THRESHOLD(cpu->plic_context), 0);
            csr_set(sie, INTERRUPT_EXTERNAL);
        }
    }
}

/* ---- lines ---------------------------------------------------------------------------------- */

unsigned irqchip_first(void)
{
    return 1;
}

unsigned irqchip_limit(void)
{
    return plic.limit;
}

/* Enables the line for one context and no other. */
static void route(unsigned line, unsigned context)
{
    uint32_t bit = UINT32_C(1) << line % 32;

    while (__atomic_test_and_set(&routing_locked, __ATOMIC_ACQUIRE)) {
        cpu_relax();
    }
    for (unsigned i = 0; i < plic.context_count; i++) {
        uint64_t enable = PLIC_ENABLE(plic.supervisors[i].context, line);
        uint32_t others = mmio_read32(plic.lines + enable) & ~bit;
        mmio_write32(plic.lines + enable,
                     plic.supervisors[i].context == context ? others | bit : others);
    }
    __atomic_clear(&routing_locked, __ATOMIC_RELEASE);
}

void irqchip_enable(unsigned line, uint32_t flags)
{
    unsigned context = cpu_self()->arch.plic_context;

    (void)flags;
    route(line, context != PLIC_NO_CONTEXT ? context : plic.supervisors[0].context);
    irqchip_unmask(line);
}

void irqchip_unmask(unsigned line)
{
    mmio_write32(plic.lines + PLIC_PRIORITY(line), PRIORITY_ACTIVE);
}

void irqchip_mask(unsigned line)
{
    mmio_write32(plic.lines + PLIC_PRIORITY(line), PRIORITY_MASKED);
}

void irqchip_poll(void)
{
    uint64_t claim = PLIC_CLAIM(cpu_self()->arch.plic_context);
    uint32_t line;

    while ((line = mmio_read32(plic.contexts + claim)) != 0) {
        irqchip_mask(line);
        mmio_write32(plic.contexts + claim, line);
        kernel_device_interrupt(line);
    }
}

bool irqchip_owns(uint64_t physical, uint64_t size)
{
    return plic.size != 0 && physical < plic.physical + plic.size &&
           plic.physical < physical + size;
}
