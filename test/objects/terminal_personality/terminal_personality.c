/*
 * A personality for tests of what the common part has and xv6 does not use: xv6's, with calls that
 * make pairs of terminals, sessions and groups, and catch signals (test/xv6/terminals/call_list.h).
 * Signals without a handler do what they do by default.
 */
#include <sinter/object.h>

#include "export.h"
#include "process_terminal.h"
#include "session.h"
#include "signals.h"
#include "terminal_pair.h"
#include "xv6.h"

int server_main(const struct start_info *info);

SERVER_META(name, "terminal_personality");
SERVER_META(version, "1.0");
SERVER_META(licence, "BSD-2-Clause");
SERVER_META(description, "Personality for tests of terminals");
SERVER_META(kind, PERSONALITY);
SERVER_META(provides, "personality 1.0");
SERVER_META(provides, "process 1.0");
SERVER_META(provides, "file 1.0");
SERVER_META(consumes, "file 1.0");
SERVER_META(restart, STATELESS);
SERVER_META(stack, 32768);

static int64_t answer(status_t status)
{
    return status == STATUS_OK ? 0 : -1;
}

static uint32_t number(const struct process *process, unsigned i)
{
    return (uint32_t)guest_argument(process, i);
}

static int64_t pair_open(struct process *process)
{
    struct open_file *master = terminal_pair_new();
    return master != NULL ? descriptor_install(process, master) : -1;
}

static struct open_file *master_of(struct process *process)
{
    struct open_file *file = xv6_file(process, 0);
    return file != NULL && file->kind == OPEN_TERMINAL_MASTER ? file : NULL;
}

static int64_t pair_unlock(struct process *process)
{
    struct open_file *master = master_of(process);
    if (master == NULL) {
        return -1;
    }
    terminal_pair_unlock(master);
    return 0;
}

static int64_t pair_slave(struct process *process)
{
    struct open_file *master = master_of(process);
    struct open_file *slave;
    if (master == NULL || terminal_pair_open(master, &slave) != STATUS_OK) {
        return -1;
    }
    return descriptor_install(process, slave);
}

static int64_t begin_session(struct process *process)
{
    return answer(session_begin(process));
}

static int64_t terminal_take(struct process *process)
{
    struct open_file *file = xv6_file(process, 0);
    return file != NULL && file->kind == OPEN_TERMINAL
               ? answer(process_terminal_acquire(process, file->terminal))
               : -1;
}

static int64_t group_set(struct process *process)
{
    return answer(session_set_group(process, number(process, 0), number(process, 1)));
}

static int64_t foreground_set(struct process *process)
{
    struct open_file *file = xv6_file(process, 0);
    return file != NULL && file->kind == OPEN_TERMINAL
               ? answer(
                     process_terminal_set_foreground(process, file->terminal, number(process, 1)))
               : -1;
}

static int64_t terminal_raw(struct process *process)
{
    const uint32_t cooked = TERMINAL_ICANON | TERMINAL_ECHO | TERMINAL_ISIG;
    struct open_file *file = xv6_file(process, 0);
    if (file == NULL || file->kind != OPEN_TERMINAL) {
        return -1;
    }
    struct terminal_attributes attributes = file->terminal->terminal->attributes;
    attributes.local &= ~cooked;
    attributes.local |= number(process, 1) != 0 ? 0 : cooked;
    terminal_set_attributes(file->terminal->terminal, &attributes);
    return 0;
}

static struct process *process_of(uint32_t pid)
{
    for (uint32_t i = 0; i < PROCESSES; i++) {
        if (host.processes[i].state == PROCESS_RUNS && host.processes[i].pid == pid) {
            return &host.processes[i];
        }
    }
    return NULL;
}

static int64_t job_signal(struct process *process)
{
    struct process *job = process_of(number(process, 0));
    return job != NULL && process_obey(job, SESSION_KILLED_BY + number(process, 1)) ? 0 : -1;
}

static uint32_t told[PROCESSES]; /* CHILD_ bits that child() had for each process */

static void child(struct process *parent, const struct process *of, enum child_event event)
{
    (void)of;
    told[parent - host.processes] |= event;
}

static void begin(struct process *process, const struct process *parent)
{
    told[process - host.processes] = 0;
    signals_begin(process, parent);
}

static int64_t child_signals(struct process *process)
{
    uint32_t *bits = &told[process - host.processes];
    int64_t result = *bits;
    *bits = 0;
    return result;
}

enum { POLL = 8 };

/* It waits, so it comes without the lock. */
static int64_t child_wait(struct process *process)
{
    int32_t which = (int32_t)number(process, 0);
    uint32_t events = number(process, 1);
    const struct child_choice choice = {.pid = which > 0 ? (uint32_t)which : 0,
                                        .group = which < 0 ? (uint32_t)-which : 0,
                                        .events = events & ~(uint32_t)POLL,
                                        .poll = (events & POLL) != 0};
    struct child_news news;
    status_t status = process_await_child(process, &choice, &news);
    if (status != STATUS_OK) {
        return status == STATUS_TIMED_OUT ? 0 : -1;
    }
    int32_t code = (int32_t)news.code;
    if (guest_copy_out(guest_argument(process, 2), &code, sizeof(code)) != STATUS_OK) {
        return -1;
    }
    process_child_told(process, &news);
    return news.event;
}

enum { EXEC = 7, FIRST = 32, CHILD_WAIT = 41, SIGNAL_CATCH = 43, SIGNAL_RETURN = 44 };

static int64_t (*const calls[])(struct process *) = {
    pair_open,      pair_unlock,  pair_slave, begin_session, terminal_take, group_set,
    foreground_set, terminal_raw, job_signal, NULL,          child_signals,
};

enum { CALLS = sizeof(calls) / sizeof(calls[0]) };

static bool exec(struct process *process)
{
    bool stays = xv6_call(process);
    if (process->leaves) {
        signals_exec(process);
    }
    return stays;
}

static bool call(struct process *process)
{
    uint64_t *registers = process->image.state->registers;
    uint64_t which = registers[GUEST_CALL];
    switch (which) {
    case CHILD_WAIT:
        registers[GUEST_RESULT] = (uint64_t)child_wait(process);
        return true;
    case SIGNAL_CATCH:
        registers[GUEST_RESULT] = (uint64_t)signals_catch(process);
        return true;
    case SIGNAL_RETURN:
        if (!signals_return(process)) {
            registers[GUEST_RESULT] = (uint64_t)-1;
        }
        return true;
    case EXEC:
        return exec(process);
    default:
        break;
    }
    if (which < FIRST || which - FIRST >= CALLS) {
        return xv6_call(process);
    }
    mutex_lock(&host.lock);
    registers[GUEST_RESULT] = (uint64_t)calls[which - FIRST](process);
    mutex_unlock(&host.lock);
    return true;
}

int server_main(const struct start_info *info)
{
    static struct personality_abi abi;
    abi = xv6_abi;
    abi.name = info->name;
    abi.call = call;
    abi.signal = NULL;
    abi.child = child;
    abi.obey = signals_obey;
    abi.resume = signals_resume;
    abi.fault = signals_fault;
    abi.begin = begin;
    host.abi = &abi;
    return export_run(info);
}
