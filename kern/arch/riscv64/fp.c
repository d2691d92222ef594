/*
 * Floating-point state. sstatus.FS is that of the running thread all the time: the kernel itself
 * never uses the unit, so user mode is left and entered without touching FS. Off: no state; Clean:
 * the state in memory is current; Dirty: the registers have changed.
 * The vector unit (sstatus.VS) stays off.
 */
#include <arch/fp.h>

#include "csr.h"
#include "isa.h"
#include "trap.h"

/* Major opcodes and fields of instructions (Unprivileged Architecture, chapters 24 and 26). */
#define OPCODE(instruction) ((instruction) & 0x7f)
#define OPCODE_LOAD_FP 0x07
#define OPCODE_STORE_FP 0x27
#define OPCODE_MADD 0x43
#define OPCODE_MSUB 0x47
#define OPCODE_NMSUB 0x4b
#define OPCODE_NMADD 0x4f
#define OPCODE_OP_FP 0x53
#define OPCODE_SYSTEM 0x73
#define SYSTEM_FUNCT3(instruction) ((instruction) >> 12 & 7)
#define SYSTEM_CSR(instruction) ((instruction) >> 20 & 0xfff)
#define CSR_FCSR 3 /* fflags 1, frm 2, fcsr 3 */
#define COMPRESSED(instruction) (((instruction) & 3) != 3)
#define COMPRESSED_QUADRANT(instruction) ((instruction) & 3)
#define COMPRESSED_FUNCT3(instruction) ((instruction) >> 13 & 7)
#define COMPRESSED_FLD 1 /* in quadrants 0 and 2 */
#define COMPRESSED_FSD 5

static bool present; /* F and D */

void fp_init(const struct devicetree *tree)
{
    csr_set(sstatus, SSTATUS_FS);
    present = (csr_read(sstatus) & SSTATUS_FS) != 0 && isa_has(tree, "d");
    csr_clear(sstatus, SSTATUS_FS);
}

static bool is_fp(uint64_t instruction)
{
    if (COMPRESSED(instruction)) {
        uint64_t function = COMPRESSED_FUNCT3(instruction);
        return COMPRESSED_QUADRANT(instruction) != 1 &&
               (function == COMPRESSED_FLD || function == COMPRESSED_FSD);
    }
    switch (OPCODE(instruction)) {
    case OPCODE_LOAD_FP:
    case OPCODE_STORE_FP:
    case OPCODE_MADD:
    case OPCODE_MSUB:
    case OPCODE_NMSUB:
    case OPCODE_NMADD:
    case OPCODE_OP_FP:
        return true;
    case OPCODE_SYSTEM:
        return SYSTEM_FUNCT3(instruction) != 0 && SYSTEM_CSR(instruction) >= 1 &&
               SYSTEM_CSR(instruction) <= CSR_FCSR;
    default:
        return false;
    }
}

/* Harts may give 0 for the instruction: then it is taken for one, and traps again if it is not. */
bool fp_wanted(uint64_t value)
{
    return present && (csr_read(sstatus) & SSTATUS_FS) == 0 && (value == 0 || is_fp(value));
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
