/*
 * Panic: one CPU tells, all stop, the machine resets after a while.
 */
#include "format.h"
#include "log.h"
#include "symbols.h"

#include <arch/clock.h>
#include <arch/console.h>
#include <arch/entry.h>
#include <arch/firmware.h>
#include <kern/cpu.h>
#include <kern/panic.h>
#include <kern/smp.h>
#include <kern/thread.h>
#include <kern/timer.h>

enum { BACKTRACE = 16, RESET_AFTER_SECONDS = 3 };

static atomic_uint panicking;
static char text[512]; /* not on the stack, which may be the trouble */

static void print(const char *format, ...)
{
    va_list arguments;
    uint32_t length;

    va_start(arguments, format);
    length = format_text(text, sizeof(text), format, arguments);
    va_end(arguments);
    console_write(text, length);
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

static void print_backtrace(uint64_t frame_pointer)
{
    static uint64_t addresses[BACKTRACE];
    unsigned count = entry_backtrace(frame_pointer, addresses, BACKTRACE);

    for (unsigned i = 0; i < count; i++) {
        print_address(addresses[i]);
    }
}

/* The first to come prints; others that panic meanwhile just stop. */
static void begin(void)
{
    if (atomic_exchange(&panicking, 1) != 0) {
        cpu_halt();
    }
    log_console(true);
    smp_stop_others();
    print("\nkernel panic on CPU %u", cpu_self()->index);
    if (cpu_self()->current != NULL) {
        print(", task %s", cpu_self()->current->task->name);
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

void log_take_back_console(void)
{
    log_console(true);
}

void panic(const char *format, ...)
{
    va_list arguments;
    uint32_t length;

    begin();
    va_start(arguments, format);
    length = format_text(text, sizeof(text), format, arguments);
    va_end(arguments);
    console_write(text, length);
    print("\n");
    print_backtrace(cpu_frame_pointer());
    end();
}

void kernel_panic_trap(const char *what, uint64_t pc, uint64_t address, uint64_t cause,
                       uint64_t frame_pointer)
{
    begin();
    print("%s at 0x%lx, address 0x%lx, cause 0x%lx\n", what, pc, address, cause);
    print_address(pc);
    print_backtrace(frame_pointer);
    end();
}
