/*
 * What entry.S calls and defines.
 */
#ifndef AARCH64_ENTRY_TRAPS_H
#define AARCH64_ENTRY_TRAPS_H

#include <arch/frame.h>

/* A synchronous exception of user code other than SVC #0, with everything in the frame. */
void entry_user_trap(struct frame *frame);
/* An SError interrupt taken in user mode. */
void entry_user_system_error(struct frame *frame);
/* A trap in the kernel, on the panic stack. stack_pointer: of the code that trapped. */
_Noreturn void entry_kernel_trap(const char *what, uint64_t pc, uint64_t address, uint64_t cause,
                                 uint64_t frame_pointer, uint64_t stack_pointer);

/* Used until cpu_set_self(). */
extern const uint64_t entry_first_panic_stack_top;

#endif
