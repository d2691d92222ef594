/*
 * Stacks of the kernel: the boot stack, those of the CPUs, and the panic stacks, on which a trap
 * in the kernel is reported because the stack in use may be at its end.
 */
#include <arch/entry.h>
#include <kern/cpu.h>

#include "entry_traps.h"
#include "image.h"
#include "panic_stack.h"

#define PANIC_STACK_SIZE 4096
#define STACK_ALIGNMENT 16

struct frame_record { /* AAPCS64 6.4.6 */
    uint64_t next;
    uint64_t return_address;
};

struct range {
    uint64_t start, end;
};

static char panic_stacks[CPU_MAX][PANIC_STACK_SIZE] __attribute__((aligned(STACK_ALIGNMENT)));

const uint64_t entry_first_panic_stack_top = (uint64_t)panic_stacks[1];

uint64_t panic_stack_top(unsigned cpu_index)
{
    return (uint64_t)panic_stacks[cpu_index] + PANIC_STACK_SIZE;
}

static bool contains(struct range range, uint64_t address)
{
    return address >= range.start && address < range.end;
}

static struct range cpu_stack(void)
{
    struct cpu *cpu = cpu_self();
    if (!cpu) {
        return (struct range){0, 0};
    }
    return (struct range){cpu->arch.stack_top - KERNEL_STACK_SIZE, cpu->arch.stack_top};
}

/* The stack of this CPU on which an address lies; an empty one if there is none. */
static struct range find_stack(uint64_t address)
{
    const struct range candidates[] = {
        cpu_stack(),
        {(uint64_t)__boot_stack_bottom, (uint64_t)__boot_stack_top},
        {(uint64_t)panic_stacks, (uint64_t)panic_stacks + sizeof(panic_stacks)},
    };
    for (unsigned i = 0; i < sizeof(candidates) / sizeof(candidates[0]); i++) {
        if (contains(candidates[i], address)) {
            return candidates[i];
        }
    }
    return (struct range){0, 0};
}

unsigned entry_backtrace(uint64_t frame_pointer, uint64_t *addresses, unsigned limit)
{
    struct range stack = find_stack(frame_pointer);
    unsigned count = 0;
    while (count < limit && contains(stack, frame_pointer) &&
           stack.end - frame_pointer >= sizeof(struct frame_record) &&
           frame_pointer % sizeof(uint64_t) == 0) {
        const struct frame_record *record = (const void *)frame_pointer;
        addresses[count] = record->return_address;
        count++;
        stack.start = frame_pointer + 1;
        frame_pointer = record->next;
    }
    return count;
}

/* Below the lowest address of the stack lies its guard page. */
static bool in_guard(uint64_t address)
{
    uint64_t bottom = cpu_stack().start;
    return bottom != 0 && contains((struct range){bottom - PAGE_SIZE, bottom}, address);
}

_Noreturn void entry_kernel_trap(const char *what, uint64_t pc, uint64_t address, uint64_t cause,
                                 uint64_t frame_pointer, uint64_t stack_pointer)
{
    if (in_guard(stack_pointer) || in_guard(address)) {
        what = "kernel stack overflow";
    }
    kernel_panic_trap(what, pc, address, cause, frame_pointer);
}
