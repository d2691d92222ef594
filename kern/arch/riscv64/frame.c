/* User registers: start values and export. */
#include <arch/frame.h>
#include <arch/layout.h>
#include <sinter/abi.h>

#include <string.h>

#include "csr.h"

#define FRAME_T2 7
#define FRAME_T3 28

void frame_start(struct frame *frame, uint64_t pc, uint64_t sp, uint64_t argument, uint64_t tls)
{
    *frame = (struct frame){0};
    frame->x[0] = pc & ~UINT64_C(1); /* as sepc */
    frame->x[FRAME_SP] = sp;
    frame->x[FRAME_TP] = tls;
    frame->x[FRAME_A0] = argument;
}

size_t frame_export(const struct frame *frame, void *registers)
{
    struct registers_riscv64 *out = registers;
    bool call = frame_is_call(frame);

    out->x[0] = frame_pc(frame);
    for (unsigned i = 1; i < 32; i++) {
        bool kept = !call || (i != FRAME_T2 && i < FRAME_T3);
        out->x[i] = kept ? frame->x[i] : 0;
    }
    out->cause = call ? CAUSE_USER_ECALL : frame->cause;
    out->fault_address = call ? 0 : frame->fault_address;
    return sizeof(*out);
}

bool frame_import(struct frame *frame, const void *registers)
{
    const struct registers_riscv64 *in = registers;
    uint64_t pc = *(const volatile uint64_t *)&in->x[0]; /* users may change it meanwhile */

    if (pc >= USER_TOP || (pc & (CODE_ALIGNMENT - 1)) != 0) {
        return false;
    }
    frame->x[0] = pc;
    memcpy(&frame->x[1], &in->x[1], sizeof(frame->x) - sizeof(frame->x[0]));
    frame->cpu = NULL;
    return true;
}
