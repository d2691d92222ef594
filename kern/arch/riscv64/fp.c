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

bool fp_wanted(void)
{
    return present && (csr_read(sstatus) & SSTATUS_FS) == 0;
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
