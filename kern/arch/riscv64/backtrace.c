/*
 * Return addresses from the chain of frame pointers (RISC-V ELF psABI: s0 points above the saved
 * return address and the saved s0).
 */
#include <arch/entry.h>
#include <kern/cpu.h>

#include "trap.h"

struct frame_record {
    uint64_t previous;
    uint64_t return_address;
};

extern char __text_start[], __text_end[];

static bool on_stack(uint64_t pointer, uint64_t bottom, uint64_t top)
{
    return pointer % sizeof(uint64_t) == 0 && pointer >= bottom + sizeof(struct frame_record) &&
           pointer <= top;
}

/* The boot stack counts too: the boot CPU stands on it until it first leaves to user mode. */
static bool readable(uint64_t pointer)
{
    const struct cpu *cpu = cpu_self();

    if (on_stack(pointer, (uint64_t)__boot_stack_bottom, (uint64_t)__boot_stack_top)) {
        return true;
    }
    return cpu != NULL && cpu->arch.stack_top != 0 &&
           on_stack(pointer, cpu->arch.stack_top - KERNEL_STACK_SIZE, cpu->arch.stack_top);
}

static bool in_text(uint64_t address)
{
    return address >= (uint64_t)__text_start && address < (uint64_t)__text_end;
}

/* A function that calls none may save s0 alone, where others keep the return address. */
unsigned entry_backtrace(uint64_t frame_pointer, uint64_t *addresses, unsigned limit)
{
    unsigned count = 0;

    while (count < limit && readable(frame_pointer)) {
        const struct frame_record *record = (const struct frame_record *)frame_pointer - 1;
        uint64_t previous = record->previous;
        if (in_text(record->return_address)) {
            addresses[count++] = record->return_address;
        } else {
            previous = record->return_address;
        }
        if (previous <= frame_pointer) {
            break;
        }
        frame_pointer = previous;
    }
    return count;
}
