/*
 * trace [-s NAME]... [-k KIND]... [-o FILE] [--chrome] COMMAND... | -t SECONDS: what happens while
 * a command runs or for a time. It is kept, and written when that is over. docs/TRACING.md.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <sinter/protocol/process.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "capture.h"
#include "find_program.h"
#include "note.h"
#include "program.h"
#include "task_list.h"
#include "tool.h"
#include "writers.h"

PROGRAM_NOTE("trace", "trace [-s NAME] [-k KIND] [-o FILE] [--chrome] COMMAND | -t SECONDS: shows "
                      "calls, faults, interrupts and switches");
SERVER_META(resources, RESOURCE_DEBUG);

#define USAGE                                                                                      \
    "trace [-s NAME]... [-k call|receive|fault|interrupt|switch|task]... [-o FILE] [--chrome] "    \
    "COMMAND... | -t SECONDS"
#define NANOSECONDS   UINT64_C(1000000000)
#define TAKE_EVERY    (UINT64_C(2) * 1000 * 1000) /* ns, the rings are emptied */
#define SECONDS_LIMIT UINT64_C(3600)
#define ENDED         1 /* bit of `over` */
#define REFUSAL_SIZE  512
#define CREATED_MODE  0666

#define KIND(name)   (1u << TRACE_##name)
#define CALL_KINDS   (KIND(CALL) | KIND(REPLY) | KIND(DATA))
#define TEXT_KINDS   (CALL_KINDS | KIND(FAULT) | KIND(INTERRUPT) | KIND(TASK) | KIND(DEATH))
#define CHROME_KINDS (TEXT_KINDS | KIND(RECEIVE) | KIND(SWITCH))

extern char **environ;

static struct story story;
static struct capture capture;
static struct task_list list;
static handle_t over; /* event */
static handle_t child;
static int child_status;

struct wishes {
    uint32_t kinds;
    uint64_t seconds; /* 0: a command */
    const char *file;
    const struct writer *writer;
};

static bool add_kind(struct wishes *wishes, const char *word)
{
    static const struct {
        const char *word;
        uint32_t kinds;
    } kinds[] = {
        {"call", CALL_KINDS},     {"receive", KIND(RECEIVE)},
        {"fault", KIND(FAULT)},   {"interrupt", KIND(INTERRUPT)},
        {"switch", KIND(SWITCH)}, {"task", KIND(TASK) | KIND(DEATH)},
    };
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (strcmp(kinds[i].word, word) == 0) {
            wishes->kinds |= kinds[i].kinds;
            return true;
        }
    }
    return false;
}

static bool take_option(struct wishes *wishes, int option)
{
    switch (option) {
    case 's':
        if (story.wanted_count < STORY_WANTED) {
            story.wanted[story.wanted_count++] = optarg;
            return true;
        }
        return false;
    case 'k':
        return add_kind(wishes, optarg);
    case 'o':
        wishes->file = optarg;
        return true;
    case 't':
        return tool_number(optarg, &wishes->seconds) && wishes->seconds != 0 &&
               wishes->seconds <= SECONDS_LIMIT;
    case 'c':
        wishes->writer = &chrome_writer;
        return true;
    default:
        return false;
    }
}

static bool parse(int count, char **words, struct wishes *wishes)
{
    static const struct option options[] = {{"chrome", no_argument, NULL, 'c'}, {0}};
    int option;
    while ((option = getopt_long(count, words, "+s:k:o:t:", options, NULL)) != -1) {
        if (!take_option(wishes, option)) {
            return false;
        }
    }
    if (wishes->kinds == 0) {
        wishes->kinds = wishes->writer == &chrome_writer ? CHROME_KINDS : TEXT_KINDS;
    }
    return (wishes->seconds != 0) == (optind == count);
}

/* Services and programs as they are; what is made later tells its name by a record. */
static status_t take_names(void)
{
    status_t status = task_list_read(&list);
    for (size_t i = 0; i < list.count; i++) {
        const struct task_entry *entry = &list.entries[i];
        story_name(&story, entry->task, entry->port, entry->name, sizeof(entry->name));
        if (entry->pid == (uint64_t)getpid()) {
            story.own = entry->task;
        }
    }
    return status;
}

/* On a thread of its own. */
static void wait_for_child(void *unused)
{
    (void)unused;
    status_ignore(child_wait(child, &child_status));
    status_ignore(event_signal(over, ENDED));
}

/* Empties the rings until the command ends or the time is up. */
static void watch(uint64_t until)
{
    uint64_t now;
    status_t status = STATUS_TIMED_OUT;
    while (status != STATUS_OK && (now = clock_read()) < until) {
        uint64_t next = until - now < TAKE_EVERY ? until : now + TAKE_EVERY;
        status = event_wait(over, ENDED, next, NULL);
        capture_take(&capture);
    }
}

static bool start(char **words)
{
    char path[PATH_SIZE];
    char refusal[REFUSAL_SIZE] = "";
    if (!find_program(getenv("PATH"), words[0], path)) {
        fprintf(stderr, "trace: %s: no such command\n", words[0]);
        return false;
    }
    struct child started = {0};
    struct child_request request = {
        .path = path, .arguments = words, .environment = environ, .descriptors = {0, 1, 2}};
    status_t status = child_start(&request, &started, refusal, sizeof(refusal));
    if (status != STATUS_OK) {
        fprintf(stderr, "trace: %s: %s\n", words[0],
                refusal[0] != '\0' ? refusal : status_text(status));
        return false;
    }
    child = started.endpoint;
    status = thread_run(wait_for_child, NULL, NULL);
    errno = status_errno(status);
    return status == STATUS_OK || tool_fail("trace", "a thread") == 0;
}

static bool begin(uint32_t kinds)
{
    status_t status = program_handle("machine") == 0 ? STATUS_NO_RIGHT : take_names();
    if (status == STATUS_OK) {
        status = event_create(program_handle("account"), &over);
    }
    if (status == STATUS_OK) {
        status = capture_begin(&capture, kinds);
    }
    if (status != STATUS_OK) {
        fprintf(stderr, "trace: %s%s\n", status_text(status),
                status == STATUS_NO_RIGHT    ? " (init.rc has to allow it `debug`)"
                : status == STATUS_BAD_STATE ? " (another trace is running)"
                                             : "");
    }
    return status == STATUS_OK;
}

/* stdout becomes the file. */
static bool redirect(const char *path)
{
    (void)close(STDOUT_FILENO);
    return open(path, O_WRONLY | O_CREAT | O_TRUNC, CREATED_MODE) == STDOUT_FILENO;
}

static int write_all(const struct wishes *wishes)
{
    uint64_t last = 0;
    if (wishes->file != NULL && !redirect(wishes->file)) {
        return tool_fail("trace", wishes->file);
    }
    wishes->writer->begin(&story);
    for (size_t i = 0; i < capture.count; i++) {
        const struct trace_record *record = &capture.records[i];
        last = record->time;
        story_begin(&story, record);
        wishes->writer->record(&story, record);
        story_end(&story, record);
    }
    wishes->writer->end(&story, last, capture_lost(&capture));
    if (wishes->file != NULL) {
        fprintf(stderr, "trace: %lu records, %lu lost\n", (unsigned long)capture.count,
                (unsigned long)capture_lost(&capture));
    }
    return fflush(stdout) == 0 ? 0 : tool_fail("trace", "output");
}

int main(int count, char **words)
{
    struct wishes wishes = {.writer = &text_writer};
    if (!parse(count, words, &wishes)) {
        return tool_usage(USAGE);
    }
    story.kinds = wishes.kinds;
    if (!begin(wishes.kinds | KIND(TASK))) { /* the names of what is made meanwhile */
        return EXIT_FAILURE;
    }
    bool good = wishes.seconds != 0 || start(words + optind);
    if (good) {
        watch(wishes.seconds != 0 ? clock_read() + wishes.seconds * NANOSECONDS : UINT64_MAX);
    }
    capture_end(&capture);
    if (!good) {
        return EXIT_FAILURE;
    }
    status_ignore(take_names()); /* of what was being made when it began, and is still there */
    int result = write_all(&wishes);
    return result != 0 ? result : child_status;
}
