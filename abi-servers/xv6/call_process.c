/* Processes, memory and time; see xv6.h. */
#include "c_string.h"

#include "exec.h"
#include "session.h"
#include "xv6.h"

enum { TICK = 1000000000 / XV6_TICKS }; /* ns */

int64_t xv6_getpid(struct process *process)
{
    return process->pid;
}

int64_t xv6_fork(struct process *process)
{
    uint32_t pid;
    return process_fork(process, &pid) == STATUS_OK ? (int64_t)pid : -1;
}

int64_t xv6_exit(struct process *process)
{
    process_exit(process, (int32_t)guest_argument(process, 0), EXIT_NORMAL);
    return 0;
}

int64_t xv6_wait(struct process *process)
{
    static const struct child_choice any_end = {.events = CHILD_ENDED};
    struct child_news news;
    uint64_t address = guest_argument(process, 0);
    if (process_await_child(process, &any_end, &news) != STATUS_OK) {
        return -1;
    }
    int32_t status = (int32_t)news.code;
    if (address != 0 && guest_copy_out(address, &status, sizeof(status)) != STATUS_OK) {
        return -1;
    }
    process_child_told(process, &news);
    return news.pid;
}

int64_t xv6_kill(struct process *process)
{
    (void)process;
    return process_obey_pid((uint32_t)guest_argument(process, 0), -1) == STATUS_OK ? 0 : -1;
}

void xv6_signal(struct process *process, enum terminal_signal signal)
{
    bool interrupts = signal == TERMINAL_SIGINT || signal == TERMINAL_SIGQUIT;
    bool ends = signal == TERMINAL_SIGHUP || (interrupts && !process->is_shell);
    if (ends && session_in_foreground(process)) {
        process_end(process, SESSION_KILLED_BY + signal);
    }
}

/* ---- memory ---------------------------------------------------------------------------------- */

/* Memory that is not to be had is an answer now, and no fault later, unless the program says so. */
static bool grow(struct process *process, uint64_t to, bool lazy)
{
    uint64_t from = PAGES(process->size);
    if (PAGES(to) == from) {
        return true;
    }
    status_t status = lazy
                          ? image_map(&process->image, from, PAGES(to) - from, MAP_READ | MAP_WRITE)
                          : image_allocate(&process->image, from, PAGES(to) - from);
    return status == STATUS_OK;
}

static bool shrink(struct process *process, uint64_t to)
{
    uint64_t from = PAGES(process->size);
    return PAGES(to) == from ||
           image_unmap(&process->image, PAGES(to), from - PAGES(to)) == STATUS_OK;
}

int64_t xv6_sbrk(struct process *process)
{
    int64_t by = (int32_t)guest_argument(process, 0);
    uint64_t before = process->size;
    bool lazy = guest_argument(process, 1) == XV6_SBRK_LAZY;
    if (by > 0 && (uint64_t)by > XV6_TOP - before) {
        return -1;
    }
    if (by < 0 && (uint64_t)-by > before) { /* xv6 succeeds, and does nothing (uvmdealloc()) */
        return (int64_t)before;
    }
    uint64_t after = before + (uint64_t)by;
    if (!(by >= 0 ? grow(process, after, lazy) : shrink(process, after))) {
        return -1;
    }
    process->size = after;
    return (int64_t)before;
}

/* ---- time ------------------------------------------------------------------------------------ */

int64_t xv6_uptime(struct process *process)
{
    (void)process;
    return (int32_t)(clock_read() / TICK);
}

/* Nobody wakes who sleeps: only its time, or its end. */
int64_t xv6_sleep(struct process *process)
{
    struct wait_queue alone = {NULL};
    int32_t ticks = (int32_t)guest_argument(process, 0);
    uint64_t deadline = clock_read() + (ticks > 0 ? (uint64_t)ticks : 0) * TICK;
    status_t status = STATUS_OK;
    mutex_lock(&host.lock);
    while (status == STATUS_OK) {
        status = process_sleep(process, &alone, deadline);
    }
    mutex_unlock(&host.lock);
    return status == STATUS_TIMED_OUT ? 0 : -1;
}

/* ---- exec ------------------------------------------------------------------------------------ */

/* The texts that an array of addresses, ended by 0, points to. */
static bool take_arguments(uint64_t array, char *texts, struct arguments *arguments)
{
    *arguments = (struct arguments){.texts = texts};
    for (;;) {
        uint64_t address;
        size_t length;
        if (guest_copy_in(&address, array, sizeof(address)) != STATUS_OK) {
            return false;
        }
        if (address == 0) {
            return true;
        }
        size_t room = ARGUMENT_BYTES - arguments->bytes;
        if (arguments->argument_count == XV6_ARGUMENTS - 1 ||
            guest_copy_text(texts + arguments->bytes, address, room < PAGE ? room : PAGE,
                            &length) != STATUS_OK) {
            return false;
        }
        arguments->bytes += length + 1;
        arguments->argument_count++;
        array += sizeof(address);
    }
}

int64_t xv6_exec(struct process *process)
{
    char path[XV6_PATH];
    char texts[ARGUMENT_BYTES];
    struct arguments arguments;
    if (!xv6_path(guest_argument(process, 0), path) ||
        !take_arguments(guest_argument(process, 1), texts, &arguments)) {
        return -1;
    }
    return exec_replace(process, path, &arguments) == STATUS_OK ? 0 : -1;
}
