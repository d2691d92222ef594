/*
 * GICv2: a memory-mapped CPU interface, targets as a byte of up to eight CPUs.
 */
#include "gic.h"

#include <arch/entry.h>
#include <arch/mmio.h>
#include <kern/cpu.h>

#include "registers.h"

#define GICC_CTLR           0x00
#define GICC_PMR            0x04
#define GICC_BPR            0x08
#define GICC_IAR            0x0c
#define GICC_EOIR           0x10
#define GICC_CTLR_ENABLE    1
#define GICC_SIZE           0x2000
#define GICD_SGIR           0xf00
#define GICD_CTLR_ENABLE    1
#define SGIR_TARGET_SHIFT   16
#define IAR_ID              0x3ff
#define INTERFACE_REGISTERS 1  /* index in the node's reg */
#define TARGETS_PER_CPU     32 /* bytes of ITARGETSR that name the reading CPU, 0 if not built */

static uint8_t *distributor, *interface;

static bool gic2_init(const struct devicetree *tree, dt_node node, uint8_t *mapped, unsigned limit)
{
    uint64_t physical, size;
    distributor = mapped;
    if (!devicetree_registers(tree, node, INTERFACE_REGISTERS, &physical, &size)) {
        return false;
    }
    interface = kmap_device(physical, size < GICC_SIZE ? size : GICC_SIZE);
    if (!interface) {
        return false;
    }
    (void)limit;
    mmio_write32(distributor + GICD_CTLR, GICD_CTLR_ENABLE);
    return true;
}

static uint32_t own_target(void)
{
    for (unsigned i = 0; i < TARGETS_PER_CPU; i++) {
        uint8_t target = mmio_read8(distributor + GICD_ITARGETSR + i);
        if (target) {
            return target;
        }
    }
    return 1;
}

static void gic2_init_cpu(unsigned private_line)
{
    cpu_self()->arch.interrupt_target = own_target();
    mmio_write32(distributor + GICD_ICENABLER, UINT32_MAX);
    mmio_write32(distributor + GICD_ICACTIVER, UINT32_MAX);
    for (unsigned line = 0; line < GIC_FIRST_SHARED; line += 4) {
        mmio_write32(distributor + GICD_IPRIORITYR + line, GIC_PRIORITY_WORD);
    }
    mmio_write32(distributor + GICD_ISENABLER,
                 1u << GIC_IPI | (private_line ? 1u << private_line : 0));
    mmio_write32(interface + GICC_PMR, GIC_PRIORITY_MASK);
    mmio_write32(interface + GICC_BPR, 0);
    mmio_write32(interface + GICC_CTLR, GICC_CTLR_ENABLE);
}

static uint32_t gic2_claim(void)
{
    return mmio_read32(interface + GICC_IAR);
}

static void gic2_complete(uint32_t word)
{
    mmio_write32(interface + GICC_EOIR, word);
}

/* DSB: the target sees what was written before. */
static void gic2_send_ipi(const struct cpu *cpu)
{
    barrier_inner_stores();
    mmio_write32(distributor + GICD_SGIR,
                 (uint32_t)cpu->arch.interrupt_target << SGIR_TARGET_SHIFT | GIC_IPI);
}

static void gic2_route_here(unsigned line)
{
    mmio_write8(distributor + GICD_ITARGETSR + line, (uint8_t)cpu_self()->arch.interrupt_target);
}

/* Reading back orders the write before what follows. */
static void gic2_wait(void)
{
    (void)mmio_read32(distributor + GICD_CTLR);
}

const struct gic_version gic2 = {
    .init = gic2_init,
    .init_cpu = gic2_init_cpu,
    .claim = gic2_claim,
    .complete = gic2_complete,
    .send_ipi = gic2_send_ipi,
    .route_here = gic2_route_here,
    .wait = gic2_wait,
    .id_mask = IAR_ID,
};
