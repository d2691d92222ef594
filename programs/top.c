/*
 * top [-n COUNT] [-d SECONDS]: what tasks run and what they take, most CPU time first, again and
 * again until q or ^C is typed; once, if the output is no terminal.
 */
#include <errno.h>
#include <getopt.h>
#include <sinter/protocol/file.h>
#include <sinter/protocol/terminal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "note.h"
#include "program.h"
#include "task_list.h"
#include "tool.h"

PROGRAM_NOTE("top", "top [-n COUNT] [-d SECONDS]: shows what the running tasks take; q ends it");

enum { ROWS = 20 }; /* on a terminal, of which the heading takes three more */
enum { CONTROL_C = 3 };

#define USAGE         "top [-n COUNT] [-d SECONDS]"
#define NANOSECONDS   UINT64_C(1000000000)
#define FIRST_DELAY   (NANOSECONDS / 4)
#define DELAY_SECONDS 2
#define SECONDS_LIMIT UINT64_C(1000000)
#define KIB           UINT64_C(1024)
#define PAGE_KIB      (LIMIT_PAGE_SIZE / KIB)
#define PER_MILLE     UINT64_C(1000)
#define TO_QUIT       1 /* bit of `quit` */
#define CLEAR         "\033[H\033[J"

static struct task_list before, now;
static uint64_t time_before, time_now;
static handle_t quit; /* event */

struct row {
    const struct task_entry *entry;
    uint64_t used; /* ns since the list before */
};

static status_t take(void)
{
    before = now;
    time_before = time_now;
    time_now = clock_read();
    return task_list_read(&now);
}

static int by_use(const void *a, const void *b)
{
    const struct row *first = a;
    const struct row *second = b;
    if (first->used != second->used) {
        return first->used > second->used ? -1 : 1;
    }
    return first->entry->cpu_time > second->entry->cpu_time   ? -1
           : first->entry->cpu_time < second->entry->cpu_time ? 1
                                                              : 0;
}

static size_t make_rows(struct row rows[TASK_LIST_LIMIT])
{
    size_t count = 0;
    for (size_t i = 0; i < now.count; i++) {
        const struct task_entry *entry = &now.entries[i];
        const struct task_entry *then = task_list_find(&before, entry->task);
        uint64_t from = then == NULL ? 0 : then->cpu_time;
        if (entry->task != 0) { /* a service that does not run has none */
            rows[count++] =
                (struct row){entry, entry->cpu_time > from ? entry->cpu_time - from : 0};
        }
    }
    qsort(rows, count, sizeof(rows[0]), by_use);
    return count;
}

/* In tenths of a percent of one CPU. */
static unsigned long share(uint64_t used)
{
    uint64_t elapsed = time_now - time_before;
    return (unsigned long)(used / (elapsed / PER_MILLE + 1));
}

static void print_heading(const struct row *rows, size_t count)
{
    uint64_t cpus = 0;
    uint64_t total = 0;
    uint64_t unused = 0;
    uint64_t uptime = 0;
    uint64_t used = 0;
    status_ignore(system_info(&cpus, &total, &unused, NULL, &uptime));
    for (size_t i = 0; i < count; i++) {
        used += rows[i].used;
    }
    printf("up %lu s, %lu CPU%s, %lu.%lu %% of one used; %lu of %lu KiB free; %lu tasks\n",
           (unsigned long)(uptime / NANOSECONDS), (unsigned long)cpus, cpus == 1 ? "" : "s",
           share(used) / 10, share(used) % 10, (unsigned long)(unused * PAGE_KIB),
           (unsigned long)(total * PAGE_KIB), (unsigned long)count);
    printf("  PID   CPU%%     TIME s      KIB  STATE       NAME\n");
}

static void print_row(const struct row *row)
{
    const struct task_entry *entry = row->entry;
    char pid[24] = "-";
    if (entry->pid != 0) {
        snprintf(pid, sizeof(pid), "%lu", (unsigned long)entry->pid);
    }
    printf("%5s  %3lu.%lu  %5lu.%03lu  %7lu  %-10s  %s\n", pid, share(row->used) / 10,
           share(row->used) % 10, (unsigned long)(entry->cpu_time / NANOSECONDS),
           (unsigned long)(entry->cpu_time % NANOSECONDS / (NANOSECONDS / PER_MILLE)),
           (unsigned long)(entry->pages * PAGE_KIB), entry->state, entry->name);
}

static bool print(bool terminal)
{
    static struct row rows[TASK_LIST_LIMIT];
    size_t count = make_rows(rows);
    printf(terminal ? CLEAR : "");
    print_heading(rows, count);
    for (size_t i = 0; i < count && (!terminal || i < ROWS); i++) {
        print_row(&rows[i]);
    }
    return fflush(stdout) == 0;
}

/* On a thread of its own: keys, until one ends the program or there are no more. */
static void read_keys(void *argument)
{
    const handle_t *terminal = argument;
    char key = 0;
    uint64_t count = 1;
    status_t status = STATUS_OK;
    while (status == STATUS_OK && count == 1 && key != 'q' && key != CONTROL_C) {
        status = file_read(*terminal, 0, 0, &key, 1, &count);
    }
    status_ignore(event_signal(quit, TO_QUIT));
}

/* Whether nobody has asked to end it meanwhile. */
static bool wait(uint64_t duration)
{
    return event_wait(quit, TO_QUIT, clock_read() + duration, NULL) == STATUS_TIMED_OUT;
}

static int run(uint64_t count, uint64_t delay, bool terminal)
{
    status_t status = take();
    bool good = status == STATUS_OK;
    uint64_t pause = delay < FIRST_DELAY ? delay : FIRST_DELAY;
    for (uint64_t i = 0; i < count && good && wait(pause); i++) {
        status = take();
        good = status == STATUS_OK && print(terminal);
        pause = delay;
    }
    if (status != STATUS_OK) {
        errno = status_errno(status);
        return tool_fail("top", "the list of tasks");
    }
    return good ? 0 : tool_fail("top", "output");
}

static int run_on_terminal(uint64_t count, uint64_t delay)
{
    static handle_t keys;
    keys = descriptor_endpoint(STDIN_FILENO);
    status_t status = terminal_set_mode(keys, TERMINAL_RAW, NULL);
    if (status == STATUS_OK) {
        status = thread_run(read_keys, &keys, NULL);
    }
    errno = status_errno(status);
    int result = status == STATUS_OK ? run(count, delay, true) : tool_fail("top", "the terminal");
    status_ignore(terminal_set_mode(keys, TERMINAL_COOKED, NULL));
    return result;
}

int main(int count, char **words)
{
    bool terminal = isatty(STDOUT_FILENO) != 0;
    uint64_t times = terminal ? UINT64_MAX : 1;
    uint64_t seconds = DELAY_SECONDS;
    int option;
    while ((option = getopt(count, words, "n:d:")) != -1) {
        if (option == '?' || !tool_number(optarg, option == 'n' ? &times : &seconds)) {
            return tool_usage(USAGE);
        }
    }
    if (optind != count || seconds == 0 || seconds > SECONDS_LIMIT) {
        return tool_usage(USAGE);
    }
    status_t status = event_create(program_handle("account"), &quit);
    if (status != STATUS_OK) {
        errno = status_errno(status);
        return tool_fail("top", "an event");
    }
    return terminal && isatty(STDIN_FILENO) != 0 ? run_on_terminal(times, seconds * NANOSECONDS)
                                                 : run(times, seconds * NANOSECONDS, terminal);
}
