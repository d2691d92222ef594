/*
 * User registers: start values and the form in which debuggers see them.
 */
#include <arch/entry.h>
#include <arch/guest.h>
#include <arch/layout.h>
#include <arch_inline/offsets.h>
#include <sinter/abi.h>

#include <string.h>

#define PSTATE_EL0    0  /* EL0t, AArch64, nothing masked */
#define FIRST_UNSAVED 10 /* x10 to x17 are neither arguments nor kept */
#define LAST_UNSAVED  17

_Static_assert(offsetof(struct frame, sp) == FRAME_SP, "offsets.h");
_Static_assert(offsetof(struct frame, pc) == FRAME_PC, "offsets.h");
_Static_assert(offsetof(struct frame, pstate) == FRAME_PSTATE, "offsets.h");
_Static_assert(offsetof(struct frame, tpidr) == FRAME_TPIDR, "offsets.h");
_Static_assert(offsetof(struct frame, is_call) == FRAME_IS_CALL, "offsets.h");
_Static_assert(offsetof(struct frame, syndrome) == FRAME_SYNDROME, "offsets.h");
_Static_assert(offsetof(struct frame, fault_address) == FRAME_FAULT_ADDRESS, "offsets.h");
_Static_assert(offsetof(struct frame, guest) == FRAME_GUEST, "offsets.h");
_Static_assert(sizeof(struct frame) == FRAME_SIZE, "offsets.h");

_Static_assert(offsetof(struct guest_arch, frame) == 0, "offsets.h");
_Static_assert(offsetof(struct guest_arch, host) == GUEST_HOST, "offsets.h");
_Static_assert(offsetof(struct guest_arch, state) == GUEST_STATE, "offsets.h");
_Static_assert(offsetof(struct guest_arch, guest_root) == GUEST_ROOT, "offsets.h");
_Static_assert(offsetof(struct guest_arch, host_root) == GUEST_HOST_ROOT, "offsets.h");
_Static_assert(offsetof(struct guest_arch, run_return) == GUEST_RUN_RETURN, "offsets.h");
_Static_assert(offsetof(struct guest_arch, fp) == GUEST_FP, "offsets.h");
_Static_assert(offsetof(struct guest_arch, attention) == GUEST_ATTENTION, "offsets.h");
_Static_assert(offsetof(struct guest_state, flags) == STATE_FLAGS, "offsets.h");
_Static_assert(offsetof(struct registers_aarch64, pc) == FRAME_PC, "entry.S moves them alike");
_Static_assert(offsetof(struct registers_aarch64, tpidr) == FRAME_TPIDR, "entry.S");

void frame_start(struct frame *frame, uint64_t pc, uint64_t sp, uint64_t argument, uint64_t tls)
{
    *frame = (struct frame){
        .x[0] = argument,
        .sp = sp,
        .pc = pc,
        .pstate = PSTATE_EL0,
        .tpidr = tls,
    };
}

size_t frame_export(const struct frame *frame, void *registers)
{
    struct registers_aarch64 *out = registers;
    bool call = frame_is_call(frame);
    for (unsigned i = 0; i < 31; i++) {
        bool saved = !call || i < FIRST_UNSAVED || i > LAST_UNSAVED;
        out->x[i] = saved ? frame->x[i] : 0;
    }
    out->x[31] = frame->sp;
    out->pc = frame->pc;
    out->pstate = frame->pstate;
    out->tpidr = frame->tpidr;
    out->syndrome = call ? 0 : frame->syndrome;
    out->fault_address = call ? 0 : frame->fault_address;
    return sizeof(*out);
}

bool frame_import(struct frame *frame, const void *registers)
{
    const struct registers_aarch64 *in = registers;
    uint64_t pc = *(const volatile uint64_t *)&in->pc; /* users may change it meanwhile */

    if (pc >= USER_TOP || (pc & (CODE_ALIGNMENT - 1)) != 0) {
        return false;
    }
    memcpy(frame->x, in->x, sizeof(frame->x));
    frame->sp = in->x[31];
    frame->pc = pc;
    frame->pstate = PSTATE_EL0 | (in->pstate & PSTATE_FLAGS);
    frame->tpidr = in->tpidr;
    frame->is_call = 0;
    return true;
}
