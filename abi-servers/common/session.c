/* See session.h. */
#include "session.h"

void session_signal_group(uint32_t group, enum terminal_signal signal)
{
    for (uint32_t i = 0; i < PROCESSES; i++) {
        struct process *process = &host.processes[i];
        bool lives = process->state == PROCESS_RUNS || process->state == PROCESS_FOREIGN;
        if (lives && process->group == group) {
            if (host.abi->signal != NULL) {
                host.abi->signal(process, signal);
            } else {
                process_end(process, SESSION_KILLED_BY + signal);
            }
        }
    }
}

uint32_t session_signal_of(int64_t code)
{
    return code == SESSION_KILLED_BY + TERMINAL_SIGINT ? TERMINAL_SIGINT : 0;
}

bool session_in_foreground(const struct process *process)
{
    const struct process *at = process;
    while (at != NULL && !session_leads(at)) {
        at = at->parent;
    }
    return at != NULL;
}
