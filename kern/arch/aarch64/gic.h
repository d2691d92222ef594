/*
 * Arm Generic Interrupt Controller: what versions 2 (Arm IHI 0048) and 3 (IHI 0069) do
 * differently, behind irqchip.c, which owns the common part of the distributor.
 *
 * Interrupt ids: 0-15 between CPUs (SGI), 16-31 a CPU's own (PPI), 32 and up shared (SPI).
 */
#ifndef AARCH64_GIC_H
#define AARCH64_GIC_H

#include <base/devicetree.h>
#include <stdbool.h>
#include <stdint.h>

#define GIC_FIRST_SHARED  32
#define GIC_LIMIT         1020 /* ids from here on say that nothing is pending */
#define GIC_IPI           0
#define GIC_PRIORITY      0xa0
#define GIC_PRIORITY_WORD 0xa0a0a0a0u
#define GIC_PRIORITY_MASK 0xf0 /* lets GIC_PRIORITY through */

/* Distributor registers, the same in both; the first words of some are per CPU. In GICv3 the
 * per-CPU ones have the same offsets in the SGI frame of a redistributor. */
#define GICD_CTLR       0x000
#define GICD_TYPER      0x004
#define GICD_IGROUPR    0x080
#define GICD_ISENABLER  0x100
#define GICD_ICENABLER  0x180
#define GICD_ICACTIVER  0x380
#define GICD_IPRIORITYR 0x400
#define GICD_ITARGETSR  0x800
#define GICD_ICFGR      0xc00

struct cpu;

struct gic_version {
    /* Maps what the version needs besides the distributor and switches that on. */
    bool (*init)(const struct devicetree *tree, dt_node node, uint8_t *distributor, unsigned limit);
    /* The CPU's interface, with the IPI and `private_line` (0: none) enabled. */
    void (*init_cpu)(unsigned private_line);
    /* The word to give to complete(); its low 10 bits (GICv3: 24) are the id. */
    uint32_t (*claim)(void);
    void (*complete)(uint32_t word);
    void (*send_ipi)(const struct cpu *cpu);
    void (*route_here)(unsigned line);
    /* Waits until writes to ICENABLER have taken effect. */
    void (*wait)(void);
    uint32_t id_mask;
};

extern const struct gic_version gic2, gic3;

#endif
