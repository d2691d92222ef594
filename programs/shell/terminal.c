/*
 * ^C while commands run: a thread waits for it on the terminal, kills what runs in the foreground
 * and leaves a mark that ends loops and lists. The thread makes protocol calls only.
 */
#include <sinter/protocol/process.h>
#include <sinter/protocol/terminal.h>
#include <stdatomic.h>
#include <unistd.h>

#include "shell.h"

#define FOREGROUND_LIMIT 32

static atomic_bool interrupted;
static _Atomic(handle_t) foreground[FOREGROUND_LIMIT];

bool terminal_interrupted(void)
{
    return atomic_load(&interrupted);
}

void terminal_forget_interrupt(void)
{
    atomic_store(&interrupted, false);
}

handle_t terminal_event(void)
{
    static handle_t event;
    if (event == 0 && event_create(program_handle("account"), &event) != STATUS_OK) {
        event = 0;
    }
    return event;
}

bool terminal_add_foreground(handle_t process)
{
    for (size_t i = 0; i < FOREGROUND_LIMIT; i++) {
        handle_t none = 0;
        if (atomic_compare_exchange_strong(&foreground[i], &none, process)) {
            if (terminal_interrupted()) { /* while it was being started */
                status_ignore(process_kill(process, STATUS_INTERRUPT));
            }
            return true;
        }
    }
    return false;
}

void terminal_remove_foreground(handle_t process)
{
    for (size_t i = 0; i < FOREGROUND_LIMIT; i++) {
        handle_t expected = process;
        if (atomic_compare_exchange_strong(&foreground[i], &expected, 0)) {
            return;
        }
    }
}

/* A handle that the first thread closes meanwhile answers GONE. */
static void interrupt(void)
{
    atomic_store(&interrupted, true);
    for (size_t i = 0; i < FOREGROUND_LIMIT; i++) {
        handle_t process = atomic_load(&foreground[i]);
        if (process != 0) {
            status_ignore(process_kill(process, STATUS_INTERRUPT));
        }
    }
    status_ignore(event_signal(terminal_event(), TERMINAL_INTERRUPT));
}

/* A console that died or stops is called again: its endpoint lasts, the call waits for the next. */
static void wait_for_interrupts(void *argument)
{
    const handle_t *terminal = argument;
    status_t status;
    do {
        status = terminal_wait_interrupt(*terminal);
        if (status == STATUS_OK) {
            interrupt();
        }
    } while (status == STATUS_OK || status == STATUS_PEER_DIED || status == STATUS_NOT_READY ||
             status == STATUS_INTERRUPTED);
}

void terminal_start(void)
{
    static handle_t terminal;
    terminal = descriptor_endpoint(STDIN_FILENO);
    if (terminal_event() == 0 || thread_run(wait_for_interrupts, &terminal, NULL) != STATUS_OK) {
        shell_print(STDERR_FILENO, "shell: no thread for ^C; it will not interrupt commands\n");
    }
}
