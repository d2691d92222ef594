/* See signals.h. */
#include "signals.h"

#include <sinter/system.h>

#include "c_string.h"
#include "session.h"
#include "xv6.h"

enum { SIGNALS = 32, SIGNAL_FAULT = 11, FP_BYTES = 544, STACK_ALIGNMENT = 16 };

/* What lies on the stack of a program while its handler runs (test/xv6/terminals/signals.c). */
struct frame {
    uint64_t registers[64];
    uint64_t fp_bytes;
    uint8_t fp[FP_BYTES];
};

/* Of each place of the table; under the lock, but read by its own thread without. */
static struct {
    uint64_t handlers[SIGNALS]; /* 0: by default */
    uint32_t pending;
    bool handles; /* a signal: others wait for its return */
} states[PROCESSES];

static uint32_t place(const struct process *process)
{
    return (uint32_t)(process - host.processes);
}

void signals_begin(struct process *process, const struct process *parent)
{
    memset(&states[place(process)], 0, sizeof(states[0]));
    if (parent != NULL) {
        memcpy(states[place(process)].handlers, states[place(parent)].handlers,
               sizeof(states[0].handlers));
    }
}

bool signals_obey(struct process *process, int64_t code)
{
    int64_t signal = code - SESSION_KILLED_BY;
    if (signal <= 0 || signal >= SIGNALS || states[place(process)].handlers[signal] == 0 ||
        (!states[place(process)].handles && !process_poke(process))) {
        return false;
    }
    states[place(process)].pending |= UINT32_C(1) << signal;
    return true;
}

/* The floating-point state passes through the page of data. */
static status_t push(struct process *process, uint64_t *stack)
{
    struct frame frame = {.fp_bytes = 0};
    memcpy(frame.registers, process->image.state->registers, sizeof(frame.registers));
    status_t status = guest_fp_get(process->image.guest, &frame.fp_bytes);
    if (status != STATUS_OK) {
        return status;
    }
    memcpy(frame.fp, message_page()->data, frame.fp_bytes);
    *stack = (frame.registers[GUEST_SP] - sizeof(frame)) & ~(uint64_t)(STACK_ALIGNMENT - 1);
    return guest_copy_out(*stack, &frame, sizeof(frame));
}

static bool deliver(struct process *process, uint32_t signal, uint64_t address)
{
    uint64_t *registers = process->image.state->registers;
    uint64_t handler = states[place(process)].handlers[signal];
    uint64_t stack;
    if (handler == 0 || push(process, &stack) != STATUS_OK) {
        process_exit(process, SESSION_KILLED_BY + signal, EXIT_KILLED);
        return false;
    }
    registers[GUEST_PC] = handler;
    registers[GUEST_SP] = stack;
    registers[GUEST_ARGUMENT] = signal;
    registers[GUEST_ARGUMENT + 1] = stack;
    registers[GUEST_ARGUMENT + 2] = address;
    return true;
}

/* 0: none, for now. */
static uint32_t take_pending(struct process *process)
{
    uint32_t signal = 0;
    mutex_lock(&host.lock);
    uint32_t pending = states[place(process)].pending;
    if (pending != 0 && !states[place(process)].handles) {
        signal = (uint32_t)__builtin_ctz(pending);
        states[place(process)].pending = pending & (pending - 1);
        states[place(process)].handles = true;
    }
    mutex_unlock(&host.lock);
    return signal;
}

void signals_resume(struct process *process)
{
    uint32_t signal = take_pending(process);
    if (signal != 0) {
        (void)deliver(process, signal, 0);
    }
}

static void handled(struct process *process)
{
    mutex_lock(&host.lock);
    states[place(process)].handles = false;
    if (states[place(process)].pending != 0) {
        (void)process_poke(process);
    }
    mutex_unlock(&host.lock);
}

bool signals_fault(struct process *process)
{
    return states[place(process)].handlers[SIGNAL_FAULT] != 0 &&
           deliver(process, SIGNAL_FAULT, process->image.state->address);
}

int64_t signals_catch(struct process *process)
{
    uint64_t signal = guest_argument(process, 0);
    if (signal == 0 || signal >= SIGNALS) {
        return -1;
    }
    mutex_lock(&host.lock);
    states[place(process)].handlers[signal] = guest_argument(process, 1);
    mutex_unlock(&host.lock);
    return 0;
}

bool signals_return(struct process *process)
{
    struct frame frame;
    if (guest_copy_in(&frame, guest_argument(process, 0), sizeof(frame)) != STATUS_OK ||
        frame.fp_bytes > sizeof(frame.fp)) {
        return false;
    }
    memcpy(message_page()->data, frame.fp, frame.fp_bytes);
    if (guest_fp_set(process->image.guest, frame.fp_bytes) != STATUS_OK) {
        return false;
    }
    memcpy(process->image.state->registers, frame.registers, sizeof(frame.registers));
    handled(process);
    return true;
}

void signals_exec(struct process *process)
{
    mutex_lock(&host.lock);
    memset(states[place(process)].handlers, 0, sizeof(states[0].handlers));
    mutex_unlock(&host.lock);
}
