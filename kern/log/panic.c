/*
 * Panic: one CPU tells, all stop, the machine resets after a while.
 */
#include "format.h"
#include "symbols.h"

#include <arch/clock.h>
#include <arch/entry.h>
#include <arch/firmware.h>
#include <kern/cpu.h>
#include <kern/image.h>
#include <kern/log.h>
#include <kern/panic.h>
#include <kern/time.h>

enum { BACKTRACE = 16, RESET_AFTER_SECONDS = 3 };

/* How functions of both architectures link their frames. */
struct frame_record {
    uint64_t previous, return_address;
};

char panic_stacks[CPU_MAX][PANIC_STACK_SIZE] __attribute__((aligned(16)));
atomic_uint panicking;
static char text[512]; /* not on the stack, which may be the trouble */

static void print(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    log_raw(text, format_text(text, sizeof(text), format, arguments));
    va_end(arguments);
}

static void print_address(uint64_t address)
{
    uint64_t offset = 0;
    const char *name = symbol_find(address, &offset);

    if (name != NULL) {
        print("    0x%016lx  %s+0x%lx\n", address, name, offset);
    } else {
        print("    0x%016lx\n", address);
    }
}

static bool inside(const void *at, uint64_t bottom, uint64_t top)
{
    return (uint64_t)at >= bottom && (uint64_t)at < top;
}

/* The boot stack counts too: the boot CPU stands on it until it first leaves to user mode. */
static bool readable(const struct frame_record *record)
{
    uint64_t boot = (uint64_t)__boot_stack_top;
    uint64_t top = cpu_self()->arch.stack_top;

    return (uint64_t)record % sizeof(uint64_t) == 0 &&
           (inside(record, boot - KERNEL_STACK_SIZE, boot) ||
            inside(record, top - KERNEL_STACK_SIZE, top));
}

/* Return addresses, newest first. A function that calls none may save the frame pointer alone, at
 * the place of the return address. */
static void print_backtrace(uint64_t frame_pointer)
{
    for (unsigned i = 0; i < BACKTRACE; i++) {
        const struct frame_record *record = (const void *)(frame_pointer + FRAME_RECORD);
        uint64_t previous;

        if (!readable(record)) {
            break;
        }
        previous = record->previous;
        if (inside((const void *)record->return_address, (uint64_t)__text_start,
                   (uint64_t)__text_end)) {
            print_address(record->return_address);
        } else {
            previous = record->return_address;
        }
        if (previous <= frame_pointer) {
            break;
        }
        frame_pointer = previous;
    }
}

static void stop_others(void)
{
    for (unsigned i = 0; i < cpu_count; i++) {
        if (&cpus[i] != cpu_self() && cpus[i].online) {
            cpu_interrupt(&cpus[i]);
        }
    }
}

/* The first to come prints; others that panic meanwhile just stop. */
static void begin(void)
{
    if (atomic_exchange(&panicking, 1) != 0) {
        cpu_halt();
    }
    log_console(true);
    stop_others();
    print("\nkernel panic on CPU %u", cpu_self()->index);
    if (cpu_self()->current != NULL) {
        print(", task %s", panic_task_name(cpu_self()->current));
    }
    print(": ");
}

_Noreturn static void end(void)
{
    uint64_t start = clock_counter();

    print("the machine resets in %u seconds\n", (unsigned)RESET_AFTER_SECONDS);
    while (clock_counter() - start < time_ticks(RESET_AFTER_SECONDS * UINT64_C(1000000000))) {
        cpu_relax();
    }
    firmware_reset(RESET_REBOOT);
    cpu_halt();
}

void panic(const char *format, ...)
{
    va_list arguments;

    begin();
    va_start(arguments, format);
    log_raw(text, format_text(text, sizeof(text), format, arguments));
    va_end(arguments);
    print("\n");
    print_backtrace((uint64_t)__builtin_frame_address(0));
    end();
}

void kernel_panic_trap(const char *what, uint64_t pc, uint64_t address, uint64_t cause,
                       uint64_t frame_pointer)
{
    uint64_t bottom = cpu_self()->arch.stack_top - KERNEL_STACK_SIZE;

    if (inside((const void *)address, bottom - PAGE_SIZE, bottom)) {
        what = "kernel stack overflow";
    }
    begin();
    print("%s at 0x%lx, address 0x%lx, cause 0x%lx\n", what, pc, address, cause);
    print_address(pc);
    print_backtrace(frame_pointer);
    end();
}
