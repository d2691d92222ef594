/*
 * A line for each record: time, CPU, who, what. `->` is a call, `<-` its arrival at the server,
 * `=>` the answer with the time since the call.
 */
#include <inttypes.h>
#include <stdio.h>

#include "line.h"
#include "writers.h"

enum { LINE_SIZE = 512, CPUS = 8 };

#define NANOSECONDS UINT64_C(1000000000)
#define MICROSECOND UINT64_C(1000)

static void begin(struct story *story)
{
    (void)story;
}

static void put_head(struct line *line, const struct story *story,
                     const struct trace_record *record)
{
    char buffer[STORY_NAME];
    line_put(line, "[%4" PRIu64 ".%06" PRIu64 "] cpu%u ", record->time / NANOSECONDS,
             record->time % NANOSECONDS / MICROSECOND, (unsigned)record->cpu);
    line_put(line, "%-12s ", story_task_name(story, record->task, buffer));
}

static void put_call(struct line *line, const struct story *story,
                     const struct trace_record *record)
{
    char buffer[STORY_NAME];
    line_put(line, "-> %-12s ", story_port_name(story, record->port, buffer));
    decode_method(line, record->tag);
    line_put(line, "(");
    decode_call(line, record->tag, record->words, story_data(story, record));
    line_put(line, ")");
}

static const char *peer_name(struct story *story, uint64_t peer, char buffer[STORY_NAME])
{
    const struct story_thread *thread = story_thread(story, peer);
    return thread == NULL || thread->task == 0 ? "?" : story_task_name(story, thread->task, buffer);
}

static void put_receive(struct line *line, struct story *story, const struct trace_record *record)
{
    char buffer[STORY_NAME];
    line_put(line, "<- %-12s ", peer_name(story, record->peer, buffer));
    decode_method(line, record->tag);
}

static void put_reply(struct line *line, struct story *story, const struct trace_record *record)
{
    char buffer[STORY_NAME];
    const struct story_thread *caller = story_thread(story, record->peer);
    bool known = caller != NULL && caller->calls;
    line_put(line, "=> %-12s ", peer_name(story, record->peer, buffer));
    if (known) {
        decode_method(line, caller->tag);
        line_put(line, " = ");
    }
    decode_status(line, record->tag);
    if (record->thread != 0) {
        size_t used = line->used;
        line_put(line, " ");
        decode_answer(line, known ? caller->tag : UINT32_MAX, record->tag, record->words,
                      story_data(story, record));
        if (line->used == used + 1) { /* there was nothing to tell */
            line->start[line->used = used] = '\0';
        }
    }
    if (known) {
        line_put(line, " (%" PRIu64 " us)", (record->time - caller->called_at) / MICROSECOND);
    }
}

static void put_rest(struct line *line, const struct story *story,
                     const struct trace_record *record)
{
    char name[STORY_NAME];
    switch (record->kind) {
    case TRACE_FAULT:
        line_put(line, "!! fault: %s at %#" PRIx64 ", pc %#" PRIx64, decode_fault(record->words[0]),
                 record->words[1], record->words[2]);
        break;
    case TRACE_INTERRUPT:
        line_put(line, "** interrupt line %" PRIu64, record->words[0]);
        break;
    case TRACE_SWITCH:
        line_put(line, record->thread == 0 ? ".. idle" : ".. runs thread %" PRIu64, record->thread);
        break;
    case TRACE_DEATH:
        line_put(line, "-- thread %" PRIu64 " ends", record->thread);
        break;
    case TRACE_TASK:
        line_put(line, "++ task %s", story_task_name(story, record->words[0], name));
        break;
    default:
        line_put(line, "?? kind %" PRIu32, record->kind);
        break;
    }
}

/* A CPU goes on with what it was last said to do: what came between is not shown, or was nothing.
 */
static bool goes_on(const struct trace_record *record)
{
    static uint64_t running[CPUS];
    uint64_t now = record->thread == 0 ? UINT64_MAX : record->thread;
    uint64_t *before = &running[record->cpu % CPUS];
    bool same = record->kind == TRACE_SWITCH && *before == now;
    *before = record->kind == TRACE_SWITCH ? now : *before;
    return same;
}

static void write_record(struct story *story, const struct trace_record *record)
{
    char text[LINE_SIZE];
    struct line line = {text, sizeof(text), 0};
    if (!story_wants(story, record) || goes_on(record)) {
        return;
    }
    put_head(&line, story, record);
    if (record->kind == TRACE_CALL) {
        put_call(&line, story, record);
    } else if (record->kind == TRACE_RECEIVE) {
        put_receive(&line, story, record);
    } else if (record->kind == TRACE_REPLY) {
        put_reply(&line, story, record);
    } else {
        put_rest(&line, story, record);
    }
    puts(text);
}

static void end(struct story *story, uint64_t time, uint64_t lost)
{
    (void)story;
    (void)time;
    if (lost != 0) {
        printf("%" PRIu64 " records were lost\n", lost);
    }
}

const struct writer text_writer = {begin, write_record, end};
