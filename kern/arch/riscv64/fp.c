/*
 * Floating-point state. sstatus.FS is that of the running thread all the time: the kernel itself
 * never uses the unit, so user mode is left and entered without touching FS. Off: no state; Clean:
 * the state in memory is current; Dirty: the registers have changed.
 * The vector unit (sstatus.VS) stays off.
 */
#include <arch/cpu.h>
#include <arch/fp.h>
#include <base/devicetree.h>

#include "csr.h"
#include "trap.h"

#define OPCODE_MASK         0x7f
#define OPCODE_LOAD_FP      0x07
#define OPCODE_STORE_FP     0x27
#define OPCODE_MADD         0x43
#define OPCODE_MSUB         0x47
#define OPCODE_NMSUB        0x4b
#define OPCODE_NMADD        0x4f
#define OPCODE_OP_FP        0x53
#define OPCODE_SYSTEM       0x73
#define CSR_NUMBER_SHIFT    20
#define CSR_FFLAGS          0x001
#define CSR_FCSR            0x003
#define RVC_FUNCTION_MASK   0x6000
#define RVC_FUNCTION_DOUBLE 0x2000

static bool present; /* F and D, on every hart */

/* `riscv,isa` is "rv64", single letters, then longer names, each after '_'. */
static bool has_double(const struct devicetree *tree, dt_node hart)
{
    const char *isa = devicetree_string(tree, hart, "riscv,isa");

    if (devicetree_string_index(tree, hart, "riscv,isa-extensions", "d") >= 0) {
        return true;
    }
    while (isa != NULL && *isa != '\0' && *isa != '_' && *isa != 'd' && *isa != 'g') {
        isa++;
    }
    return isa != NULL && (*isa == 'd' || *isa == 'g');
}

void fp_init(const struct devicetree *tree)
{
    dt_node hart = devicetree_first_child(tree, devicetree_find_path(tree, "/cpus"));

    csr_set(sstatus, SSTATUS_FS);
    present = (csr_read(sstatus) & SSTATUS_FS) != 0;
    csr_clear(sstatus, SSTATUS_FS);
    for (; hart != DEVICETREE_NONE; hart = devicetree_next_sibling(tree, hart)) {
        present = present && (!cpu_usable(tree, hart) || has_double(tree, hart));
    }
}

bool fp_present(void)
{
    return present;
}

/* Whether these first bits of an instruction say that it needs the unit. Unprivileged ISA,
 * "RV32/64G Instruction Set Listings" and "RVC Instruction Set Listings": of compressed ones FLD,
 * FSD, FLDSP and FSDSP, with bit 13 set and bit 14 clear in quadrants 0 and 2. */
static bool needs_unit(uint64_t instruction)
{
    uint64_t number = instruction >> CSR_NUMBER_SHIFT;

    switch (instruction & OPCODE_MASK) {
    case OPCODE_LOAD_FP:
    case OPCODE_STORE_FP:
    case OPCODE_MADD:
    case OPCODE_MSUB:
    case OPCODE_NMSUB:
    case OPCODE_NMADD:
    case OPCODE_OP_FP:
        return true;
    case OPCODE_SYSTEM:
        return number >= CSR_FFLAGS && number <= CSR_FCSR;
    default:
        return (instruction & 1) == 0 && (instruction & RVC_FUNCTION_MASK) == RVC_FUNCTION_DOUBLE;
    }
}

bool fp_wanted(uint64_t instruction)
{
    return present && (csr_read(sstatus) & SSTATUS_FS) == 0 &&
           (instruction == 0 || needs_unit(instruction));
}

void fp_switch_out(struct frame *frame, struct fp_state *state)
{
    (void)frame;
    if ((csr_read(sstatus) & SSTATUS_FS) == SSTATUS_FS_DIRTY) {
        fp_registers_save(state);
    }
    csr_clear(sstatus, SSTATUS_FS);
}

void fp_switch_in(struct frame *frame, const struct fp_state *state)
{
    (void)frame;
    csr_set(sstatus, SSTATUS_FS);
    fp_registers_load(state);
    csr_clear(sstatus, SSTATUS_FS_DIRTY & ~SSTATUS_FS_CLEAN);
}

void fp_disable(struct frame *frame)
{
    (void)frame;
    csr_clear(sstatus, SSTATUS_FS);
}
