/*
 * The Chrome trace format, which Perfetto reads: a process for each task and a track for each
 * thread, with what it calls; what a server's thread serves as asynchronous pieces, since it may
 * answer in any order; and a process with a track for each CPU. Whatever begins ends, at the end at
 * the latest.
 */
#include <inttypes.h>
#include <stdio.h>

#include "line.h"
#include "writers.h"

enum { TEXT_SIZE = 400, CPUS = 8 };
enum { CPU_PROCESS = 999999000 }; /* no task's number: tracks are numbered from it on */

#define MICROSECOND UINT64_C(1000)

static bool first;
static bool busy[CPUS]; /* the track's piece has begun */

static void put_text(const char *text)
{
    putchar('"');
    for (; *text != '\0'; text++) {
        if (*text == '"' || *text == '\\') {
            putchar('\\');
        }
        putchar(*text >= ' ' && *text <= '~' ? *text : '?');
    }
    putchar('"');
}

/* Up to where the fields that differ follow. */
static void open_event(const char *phase, uint64_t time, uint64_t process, uint64_t thread)
{
    printf("%s{\"ph\":\"%s\",\"ts\":%" PRIu64 ".%03u,\"pid\":%" PRIu64 ",\"tid\":%" PRIu64,
           first ? "" : ",\n", phase, time / MICROSECOND, (unsigned)(time % MICROSECOND), process,
           thread);
    first = false;
}

static void put_field(const char *name, const char *text)
{
    printf(",\"%s\":", name);
    put_text(text);
}

static void put_name(const char *process_or_thread, uint64_t process, uint64_t thread,
                     const char *name)
{
    open_event("M", 0, process, thread);
    put_field("name", process_or_thread);
    printf(",\"args\":{\"name\":");
    put_text(name);
    printf("}}");
}

static void begin(struct story *story)
{
    (void)story;
    first = true;
    printf("{\"displayTimeUnit\":\"ns\",\"traceEvents\":[\n");
    put_name("process_name", CPU_PROCESS, CPU_PROCESS, "CPUs");
}

static struct line line_in(char text[TEXT_SIZE])
{
    text[0] = '\0';
    return (struct line){text, TEXT_SIZE, 0};
}

static void put_call(struct story *story, const struct trace_record *record)
{
    char buffer[STORY_NAME];
    char text[TEXT_SIZE];
    struct line line = line_in(text);
    struct story_thread *thread = story_thread(story, record->thread);
    if (thread == NULL) {
        return;
    }
    thread->call_shown = true;
    open_event("B", record->time, record->task, record->thread);
    put_field("cat", "call");
    decode_method(&line, record->tag);
    put_field("name", text);
    line = line_in(text);
    decode_call(&line, record->tag, record->words, story_data(story, record));
    printf(",\"args\":{\"to\":");
    put_text(story_port_name(story, record->port, buffer));
    put_field("call", text);
    printf("}}");
}

/* Begins or ends what a server does for the caller. */
static void put_service(const struct story_thread *caller, const char *phase, uint64_t time)
{
    char text[TEXT_SIZE];
    struct line line = line_in(text);
    open_event(phase, time, caller->server_task, caller->server);
    put_field("cat", "serve");
    printf(",\"id\":\"%#" PRIx64 "\"", caller->thread);
    decode_method(&line, caller->tag);
    put_field("name", text);
    printf("}");
}

static void put_receive(struct story *story, const struct trace_record *record)
{
    struct story_thread *caller = story_thread(story, record->peer);
    if (caller != NULL && caller->server == 0) {
        caller->server = record->thread;
        caller->server_task = record->task;
        caller->tag = record->tag;
        put_service(caller, "b", record->time);
    }
}

/* Ends all that is open of a caller; `answer`: null if there is none. */
static void end_call(const struct story *story, struct story_thread *caller, uint64_t time,
                     const struct trace_record *answer)
{
    char text[TEXT_SIZE];
    struct line line = line_in(text);
    if (caller->server != 0) {
        put_service(caller, "e", time);
        caller->server = 0;
    }
    if (!caller->call_shown) {
        return;
    }
    caller->call_shown = false;
    open_event("E", time, caller->task, caller->thread);
    if (answer != NULL) {
        decode_status(&line, answer->tag);
        printf(",\"args\":{\"status\":");
        put_text(text);
        line = line_in(text);
        if (answer->thread != 0) {
            decode_answer(&line, caller->tag, answer->tag, answer->words,
                          story_data(story, answer));
        }
        put_field("answer", text);
        printf("}");
    }
    printf("}");
}

static void put_switch(struct story *story, const struct trace_record *record)
{
    char buffer[STORY_NAME];
    uint64_t track = CPU_PROCESS + 1 + record->cpu;
    if (record->cpu >= CPUS) {
        return;
    }
    if (busy[record->cpu]) {
        open_event("E", record->time, CPU_PROCESS, track);
        printf("}");
    }
    busy[record->cpu] = record->thread != 0 && story_wants_task(story, record->task);
    if (busy[record->cpu]) {
        open_event("B", record->time, CPU_PROCESS, track);
        put_field("name", story_task_name(story, record->task, buffer));
        printf(",\"args\":{\"thread\":%" PRIu64 "}}", record->thread);
    }
}

/* On the thread's track; what happened while nothing ran on the CPU's. */
static void put_instant(const struct trace_record *record, const char *name)
{
    bool idle = record->thread == 0;
    open_event("i", record->time, idle ? CPU_PROCESS : record->task,
               idle ? CPU_PROCESS + 1 + record->cpu : record->thread);
    put_field("s", "t");
    put_field("name", name);
    printf("}");
}

static void put_wanted(struct story *story, const struct trace_record *record)
{
    char buffer[STORY_NAME];
    char text[TEXT_SIZE];
    struct line line = line_in(text);
    switch (record->kind) {
    case TRACE_CALL:
        put_call(story, record);
        return;
    case TRACE_RECEIVE:
        put_receive(story, record);
        return;
    case TRACE_FAULT:
        line_put(&line, "fault: %s at %#" PRIx64, decode_fault(record->words[0]), record->words[1]);
        break;
    case TRACE_INTERRUPT:
        line_put(&line, "interrupt %" PRIu64, record->words[0]);
        break;
    case TRACE_DEATH:
        line_put(&line, "thread ends");
        break;
    case TRACE_TASK:
        line_put(&line, "new task %s", story_task_name(story, record->words[0], buffer));
        break;
    default:
        return;
    }
    put_instant(record, text);
}

static void write_record(struct story *story, const struct trace_record *record)
{
    struct story_thread *ended = story_thread(story, record->kind == TRACE_REPLY   ? record->peer
                                                     : record->kind == TRACE_DEATH ? record->thread
                                                                                   : 0);
    if (record->kind == TRACE_SWITCH) {
        put_switch(story, record);
        return;
    }
    if (ended != NULL) {
        end_call(story, ended, record->time, record->kind == TRACE_REPLY ? record : NULL);
    }
    if (story_wants(story, record)) {
        put_wanted(story, record);
    }
}

static void end(struct story *story, uint64_t time, uint64_t lost)
{
    char name[STORY_NAME];
    for (size_t i = 0; i < STORY_THREADS; i++) {
        if (story->threads[i].thread != 0) {
            end_call(story, &story->threads[i], time, NULL);
        }
    }
    for (unsigned i = 0; i < CPUS; i++) {
        if (busy[i]) {
            open_event("E", time, CPU_PROCESS, CPU_PROCESS + 1 + i);
            printf("}");
        }
        snprintf(name, sizeof(name), "cpu%u", i);
        put_name("thread_name", CPU_PROCESS, CPU_PROCESS + 1 + i, name);
    }
    for (size_t i = 0; i < story->task_count; i++) {
        if (story->tasks[i].task != 0) {
            put_name("process_name", story->tasks[i].task, story->tasks[i].task,
                     story->tasks[i].name);
        }
    }
    printf("\n],\"otherData\":{\"lost_records\":%" PRIu64 "}}\n", lost);
}

const struct writer chrome_writer = {begin, write_record, end};
