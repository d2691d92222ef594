/* See session.h. */
#include "session.h"

static bool lives(const struct process *process)
{
    return process->state == PROCESS_RUNS || process->state == PROCESS_FOREIGN;
}

static bool ends(enum terminal_signal signal)
{
    return signal == TERMINAL_SIGHUP || signal == TERMINAL_SIGINT || signal == TERMINAL_SIGQUIT;
}

static bool stops(enum terminal_signal signal)
{
    return signal == TERMINAL_SIGTSTP || signal == TERMINAL_SIGTTIN || signal == TERMINAL_SIGTTOU;
}

/* A group that nobody in its session could continue does not stop. */
static void send(struct process *process, enum terminal_signal signal)
{
    if (host.abi->signal != NULL) {
        host.abi->signal(process, signal);
    } else if (host.abi->obey != NULL && host.abi->obey(process, SESSION_KILLED_BY + signal)) {
        return;
    } else if (ends(signal)) {
        process_end(process, SESSION_KILLED_BY + signal);
    } else if (stops(signal) && !session_group_is_orphaned(process->group)) {
        (void)process_stop(process, signal);
    } else if (signal == TERMINAL_SIGCONT) {
        (void)process_continue(process);
    }
}

void session_signal_group(uint32_t group, enum terminal_signal signal)
{
    for (uint32_t i = 0; i < PROCESSES; i++) {
        struct process *process = &host.processes[i];
        if (lives(process) && process->group == group) {
            send(process, signal);
        }
    }
}

void session_signal_leader(uint32_t session, enum terminal_signal signal)
{
    for (uint32_t i = 0; i < PROCESSES; i++) {
        struct process *process = &host.processes[i];
        if (lives(process) && process->pid == session) {
            send(process, signal);
        }
    }
}

bool session_group_is_orphaned(uint32_t group)
{
    for (uint32_t i = 0; i < PROCESSES; i++) {
        const struct process *at = &host.processes[i];
        if (lives(at) && at->group == group && at->parent != NULL && at->parent->group != group &&
            at->parent->session == at->session) {
            return false;
        }
    }
    return true;
}

static bool has_stopped(uint32_t group)
{
    for (uint32_t i = 0; i < PROCESSES; i++) {
        const struct process *at = &host.processes[i];
        if (at->state == PROCESS_RUNS && at->group == group && at->stopped) {
            return true;
        }
    }
    return false;
}

void session_lost_parent(const struct process *child, const struct process *parent)
{
    uint32_t group = child->group;
    if (parent != NULL && parent->group != group && parent->session == child->session &&
        has_stopped(group) && session_group_is_orphaned(group)) {
        session_signal_group(group, TERMINAL_SIGHUP);
        session_signal_group(group, TERMINAL_SIGCONT);
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

uint32_t session_of_group(uint32_t group)
{
    for (uint32_t i = 0; i < PROCESSES; i++) {
        const struct process *at = &host.processes[i];
        if (at->state != PROCESS_FREE && at->group == group) {
            return at->session;
        }
    }
    return 0;
}

status_t session_begin(struct process *process)
{
    if (session_of_group(process->pid) != 0) {
        return STATUS_NO_RIGHT;
    }
    process->session = process->group = process->pid;
    return STATUS_OK;
}

/* A child that has ended is one until it is waited for. */
static struct process *self_or_child(struct process *process, uint32_t pid)
{
    for (uint32_t i = 0; i < PROCESSES; i++) {
        struct process *at = &host.processes[i];
        if (at->state != PROCESS_FREE && at->pid == pid &&
            (at == process || at->parent == process)) {
            return at;
        }
    }
    return NULL;
}

status_t session_set_group(struct process *process, uint32_t pid, uint32_t group)
{
    struct process *at = self_or_child(process, pid);
    if (at == NULL) {
        return STATUS_NOT_FOUND;
    }
    if (session_leads(at) || at->session != process->session ||
        (group != pid && session_of_group(group) != at->session)) {
        return STATUS_NO_RIGHT;
    }
    at->group = group;
    return STATUS_OK;
}
