/* Sessions and jobs: see terminal.h. XBD 11.1.3, 11.1.4 and 11.1.10. */
#include "terminal_internal.h"

void terminal_signal_foreground(struct terminal *terminal, enum terminal_signal signal)
{
    if (terminal->foreground != 0) {
        terminal->hooks->signal_group(terminal->context, terminal->foreground, signal);
    }
}

static bool is_in_background(const struct terminal *terminal, const struct terminal_caller *caller)
{
    return terminal->session != 0 && terminal->session == caller->session &&
           terminal->foreground != caller->group;
}

/* A group that nobody could wake again is not stopped: the call fails. */
static enum terminal_status stop_caller(struct terminal *terminal,
                                        const struct terminal_caller *caller,
                                        enum terminal_signal signal)
{
    if (terminal->hooks->group_is_orphaned(terminal->context, caller->group)) {
        return TERMINAL_IO_ERROR;
    }
    terminal->hooks->signal_group(terminal->context, caller->group, signal);
    return TERMINAL_SIGNALLED;
}

enum terminal_status terminal_may(struct terminal *terminal, const struct terminal_caller *caller,
                                  enum terminal_operation operation)
{
    bool reads = operation == TERMINAL_READ;
    if (terminal->hung_up) {
        return reads ? TERMINAL_DONE : TERMINAL_IO_ERROR;
    }
    if (!is_in_background(terminal, caller) ||
        (operation == TERMINAL_WRITE && !local_flag(terminal, TERMINAL_TOSTOP))) {
        return TERMINAL_DONE;
    }
    if (reads && caller->ignores_sigttin) {
        return TERMINAL_IO_ERROR;
    }
    if (!reads && caller->ignores_sigttou) {
        return TERMINAL_DONE;
    }
    return stop_caller(terminal, caller, reads ? TERMINAL_SIGTTIN : TERMINAL_SIGTTOU);
}

enum terminal_status terminal_acquire(struct terminal *terminal,
                                      const struct terminal_caller *caller)
{
    if (terminal->hung_up) {
        return TERMINAL_IO_ERROR;
    }
    if (caller->leads_session && terminal->session == caller->session) {
        return TERMINAL_DONE;
    }
    if (!caller->leads_session || caller->has_terminal || terminal->session != 0) {
        return TERMINAL_NOT_PERMITTED;
    }
    terminal->session = caller->session;
    terminal->foreground = caller->group;
    return TERMINAL_DONE;
}

enum terminal_status terminal_set_foreground(struct terminal *terminal,
                                             const struct terminal_caller *caller, uint32_t group,
                                             uint32_t group_session)
{
    if (terminal->session == 0 || terminal->session != caller->session) {
        return TERMINAL_NOT_CONTROLLING;
    }
    enum terminal_status status = terminal_may(terminal, caller, TERMINAL_CHANGE);
    if (status != TERMINAL_DONE) {
        return status;
    }
    if (group == 0 || group_session != caller->session) {
        return TERMINAL_NOT_PERMITTED;
    }
    terminal->foreground = group;
    return TERMINAL_DONE;
}

void terminal_leave(struct terminal *terminal, bool gives_up)
{
    terminal_signal_foreground(terminal, TERMINAL_SIGHUP);
    if (gives_up) {
        terminal_signal_foreground(terminal, TERMINAL_SIGCONT);
    }
    terminal->session = 0;
    terminal->foreground = 0;
}

void terminal_hang_up(struct terminal *terminal)
{
    if (terminal->hung_up) {
        return;
    }
    terminal->hung_up = true;
    terminal_drop(terminal, TERMINAL_FLUSH_INPUT | TERMINAL_FLUSH_OUTPUT);
    terminal->flow_character = TERMINAL_DISABLED;
    if (terminal->session != 0) {
        terminal->hooks->signal_leader(terminal->context, terminal->session, TERMINAL_SIGHUP);
        terminal->hooks->signal_leader(terminal->context, terminal->session, TERMINAL_SIGCONT);
    }
    terminal_will_wake(terminal, TERMINAL_WAKE_READERS | TERMINAL_WAKE_WRITERS |
                                     TERMINAL_WAKE_DEVICE | TERMINAL_WAKE_SOURCE);
    terminal_wake_now(terminal);
}
