/*
 * GICv3: the CPU interface in system registers, a redistributor frame per CPU, affinity routing.
 * Everything is in group 1. LPIs and the ITS are not used.
 */
#include "gic.h"

#include <arch/entry.h>
#include <arch/mmio.h>
#include <kern/cpu.h>

#include "registers.h"

#define GICD_CTLR_RWP (1u << 31)
/* Non-secure view: EnableGrp1, EnableGrp1A, ARE_NS; with one security state EnableGrp0,
 * EnableGrp1, ARE. */
#define GICD_CTLR_GROUPS ((1u << 0) | (1u << 1))
#define GICD_CTLR_ARE    (1u << 4)
#define GICD_IROUTER     0x6000
#define IROUTER_SIZE     8

#define GICR_TYPER            0x0008
#define GICR_WAKER            0x0014
#define GICR_CTLR             0x0000
#define GICR_CTLR_RWP         (1u << 3)
#define GICR_SGI_FRAME        0x10000
#define GICR_SIZE             0x20000
#define GICR_SIZE_VIRTUAL_LPI 0x40000
#define TYPER_VIRTUAL_LPI     (1u << 1)
#define TYPER_LAST            (1u << 4)
#define TYPER_AFFINITY_SHIFT  32
#define WAKER_PROCESSOR_SLEEP (1u << 1)
#define WAKER_CHILDREN_ASLEEP (1u << 2)

#define ICC_SRE     "s3_0_c12_c12_5"
#define ICC_PMR     "s3_0_c4_c6_0"
#define ICC_BPR1    "s3_0_c12_c12_3"
#define ICC_CTLR    "s3_0_c12_c12_4"
#define ICC_IGRPEN1 "s3_0_c12_c12_7"
#define ICC_IAR1    "s3_0_c12_c12_0"
#define ICC_EOIR1   "s3_0_c12_c12_1"
#define ICC_SGI1R   "s3_0_c12_c11_5"

#define REDISTRIBUTORS_MAX 64 /* frames looked at, of which those of our CPUs are used */
#define IAR_ID             0xffffff

struct redistributor {
    uint8_t *registers;
    uint64_t affinity; /* as in MPIDR_EL1 */
};

static uint8_t *distributor;
static struct redistributor redistributors[REDISTRIBUTORS_MAX];
static unsigned redistributor_count;

/* Affinity of MPIDR_EL1 as TYPER and ICC_SGI1R have it: four bytes together. */
static uint64_t affinity_from_typer(uint64_t typer)
{
    uint64_t packed = typer >> TYPER_AFFINITY_SHIFT;
    return (packed & 0xffffff) | (packed >> 24) << 32;
}

/* Frames of one region, in address order, up to the one marked last. */
static void find_redistributors(uint64_t physical, uint64_t size, uint64_t stride)
{
    uint64_t typer = 0, step;
    for (uint64_t offset = 0; offset + GICR_SIZE <= size && !(typer & TYPER_LAST) &&
                              redistributor_count < REDISTRIBUTORS_MAX;
         offset += step) {
        uint8_t *registers = kmap_device(physical + offset, GICR_SIZE);
        if (!registers) {
            return;
        }
        typer = mmio_read64(registers + GICR_TYPER);
        redistributors[redistributor_count] =
            (struct redistributor){registers, affinity_from_typer(typer)};
        redistributor_count++;
        step = typer & TYPER_VIRTUAL_LPI ? GICR_SIZE_VIRTUAL_LPI : GICR_SIZE;
        step = stride ? stride : step;
    }
}

static void wait_distributor(void)
{
    while (mmio_read32(distributor + GICD_CTLR) & GICD_CTLR_RWP) {
        cpu_relax();
    }
}

static void write_control(uint32_t value)
{
    mmio_write32(distributor + GICD_CTLR, value);
    wait_distributor();
}

/* ARE may change only while the groups are off (IHI 0069, GICD_CTLR). */
static void init_distributor(unsigned limit)
{
    wait_distributor();
    write_control(mmio_read32(distributor + GICD_CTLR) & ~GICD_CTLR_GROUPS);
    write_control(GICD_CTLR_ARE);
    for (unsigned line = GIC_FIRST_SHARED; line < limit; line += 32) {
        mmio_write32(distributor + GICD_IGROUPR + line / 8, UINT32_MAX);
    }
    write_control(GICD_CTLR_ARE | GICD_CTLR_GROUPS);
}

static bool gic3_init(const struct devicetree *tree, dt_node node, uint8_t *mapped, unsigned limit)
{
    uint32_t regions = 1;
    uint64_t stride = 0; /* as the frames themselves say */
    uint64_t physical, size;
    distributor = mapped;
    redistributor_count = 0;
    (void)devicetree_cell(tree, node, "#redistributor-regions", 0, &regions);
    (void)devicetree_number(tree, node, "redistributor-stride", &stride);
    for (uint32_t i = 0; i < regions && devicetree_registers(tree, node, 1 + i, &physical, &size);
         i++) {
        find_redistributors(physical, size, stride);
    }
    if (redistributor_count == 0) {
        return false;
    }
    init_distributor(limit);
    return true;
}

static uint8_t *own_redistributor(void)
{
    uint64_t affinity = register_read("mpidr_el1") & MPIDR_AFFINITY;
    for (unsigned i = 0; i < redistributor_count; i++) {
        if (redistributors[i].affinity == affinity) {
            return redistributors[i].registers;
        }
    }
    return 0;
}

static void wake(uint8_t *registers)
{
    uint32_t waker = mmio_read32(registers + GICR_WAKER);
    mmio_write32(registers + GICR_WAKER, waker & ~WAKER_PROCESSOR_SLEEP);
    while (mmio_read32(registers + GICR_WAKER) & WAKER_CHILDREN_ASLEEP) {
        cpu_relax();
    }
}

static void init_private_lines(uint8_t *registers, unsigned private_line)
{
    uint8_t *frame = registers + GICR_SGI_FRAME;
    mmio_write32(frame + GICD_ICENABLER, UINT32_MAX);
    while (mmio_read32(registers + GICR_CTLR) & GICR_CTLR_RWP) {
        cpu_relax();
    }
    mmio_write32(frame + GICD_ICACTIVER, UINT32_MAX);
    mmio_write32(frame + GICD_IGROUPR, UINT32_MAX);
    for (unsigned line = 0; line < GIC_FIRST_SHARED; line += 4) {
        mmio_write32(frame + GICD_IPRIORITYR + line, GIC_PRIORITY_WORD);
    }
    mmio_write32(frame + GICD_ISENABLER, 1u << GIC_IPI | (private_line ? 1u << private_line : 0));
}

static void gic3_init_cpu(unsigned private_line)
{
    uint8_t *registers = own_redistributor();
    if (!registers) {
        return;
    }
    cpu_self()->arch.interrupt_target = register_read("mpidr_el1") & MPIDR_AFFINITY;
    wake(registers);
    init_private_lines(registers, private_line);
    register_write(ICC_SRE, register_read(ICC_SRE) | 1);
    barrier_instructions();
    register_write(ICC_PMR, GIC_PRIORITY_MASK);
    register_write(ICC_BPR1, 0);
    register_write(ICC_CTLR, 0);
    register_write(ICC_IGRPEN1, 1);
    barrier_instructions();
}

static uint32_t gic3_claim(void)
{
    uint32_t word = (uint32_t)register_read(ICC_IAR1);
    barrier_system();
    return word;
}

static void gic3_complete(uint32_t word)
{
    register_write(ICC_EOIR1, word);
    barrier_instructions();
}

/* DSB: the target sees what was written before. */
static void gic3_send_ipi(const struct cpu *cpu)
{
    uint64_t affinity = cpu->arch.hardware_id;
    uint64_t aff0 = affinity & 0xff, aff1 = affinity >> 8 & 0xff, aff2 = affinity >> 16 & 0xff;
    uint64_t aff3 = affinity >> 32 & 0xff;
    uint64_t list = UINT64_C(1) << (aff0 % 16), range = aff0 / 16;
    barrier_inner_stores();
    register_write(ICC_SGI1R, aff3 << 48 | range << 44 | aff2 << 32 | (uint64_t)GIC_IPI << 24 |
                                  aff1 << 16 | list);
    barrier_instructions();
}

static void gic3_route_here(unsigned line)
{
    mmio_write64(distributor + GICD_IROUTER + (uint64_t)line * IROUTER_SIZE,
                 register_read("mpidr_el1") & MPIDR_AFFINITY);
}

const struct gic_version gic3 = {
    .init = gic3_init,
    .init_cpu = gic3_init_cpu,
    .claim = gic3_claim,
    .complete = gic3_complete,
    .send_ipi = gic3_send_ipi,
    .route_here = gic3_route_here,
    .wait = wait_distributor,
    .id_mask = IAR_ID,
};
