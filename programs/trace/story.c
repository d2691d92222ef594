/* What the records mean together: see story.h. */
#include "story.h"

#include <stdio.h>
#include <string.h>

enum { KINDS = 32 }; /* bits of struct story.kinds */

void story_name(struct story *story, uint64_t task, uint64_t port, const char *name,
                size_t name_size)
{
    for (size_t i = 0; i < story->task_count; i++) {
        if (story->tasks[i].task == task && story->tasks[i].port == port) {
            return;
        }
    }
    if (story->task_count < STORY_TASKS) {
        struct story_task *entry = &story->tasks[story->task_count++];
        size_t length = strnlen(name, name_size < STORY_NAME ? name_size : STORY_NAME - 1);
        entry->task = task;
        entry->port = port;
        memcpy(entry->name, name, length);
        entry->name[length] = '\0';
    }
}

const char *story_task_name(const struct story *story, uint64_t task, char buffer[STORY_NAME])
{
    for (size_t i = 0; i < story->task_count; i++) {
        if (task != 0 && story->tasks[i].task == task) {
            return story->tasks[i].name;
        }
    }
    snprintf(buffer, STORY_NAME, task == 0 ? "kernel" : "task %lu", (unsigned long)task);
    return buffer;
}

const char *story_port_name(const struct story *story, uint64_t port, char buffer[STORY_NAME])
{
    for (size_t i = 0; i < story->task_count; i++) {
        if (port != 0 && story->tasks[i].port == port) {
            return story->tasks[i].name;
        }
    }
    snprintf(buffer, STORY_NAME, "port %lu", (unsigned long)port);
    return buffer;
}

struct story_thread *story_thread(struct story *story, uint64_t thread)
{
    size_t at = (size_t)(thread * UINT64_C(0x9e3779b97f4a7c15) >> 52) % STORY_THREADS;
    while (story->threads[at].thread != 0 && story->threads[at].thread != thread) {
        at = (at + 1) % STORY_THREADS;
    }
    if (story->threads[at].thread == 0) {
        if (thread == 0 || story->thread_count + 1 >= STORY_THREADS) { /* one stays free */
            return NULL;
        }
        story->thread_count++;
        story->threads[at].thread = thread;
    }
    return &story->threads[at];
}

static uint64_t task_of(struct story *story, uint64_t thread)
{
    const struct story_thread *entry = story_thread(story, thread);
    return entry == NULL ? 0 : entry->task;
}

void story_begin(struct story *story, const struct trace_record *record)
{
    struct story_thread *thread = story_thread(story, record->thread);
    if (thread != NULL && record->task != 0) {
        thread->task = record->task;
    }
    if (record->kind == TRACE_TASK) {
        story_name(story, record->words[0], 0, (const char *)&record->words[1], LIMIT_NAME);
    }
}

const uint64_t *story_data(const struct story *story, const struct trace_record *record)
{
    const struct trace_record *data = &story->data[record->cpu % STORY_CPUS];
    return data->kind == TRACE_DATA && data->thread == record->thread ? data->words : NULL;
}

static bool is_wanted(const struct story *story, const char *name)
{
    for (size_t i = 0; i < story->wanted_count; i++) {
        if (strcmp(story->wanted[i], name) == 0) {
            return true;
        }
    }
    return story->wanted_count == 0;
}

bool story_wants_task(const struct story *story, uint64_t task)
{
    char buffer[STORY_NAME];
    return (task == 0 || task != story->own) &&
           is_wanted(story, story_task_name(story, task, buffer));
}

static bool is_kind_wanted(const struct story *story, uint32_t kind)
{
    return kind < KINDS && (story->kinds >> kind & 1) != 0;
}

bool story_wants(struct story *story, const struct trace_record *record)
{
    char buffer[STORY_NAME];
    if (record->kind == TRACE_DATA) { /* it is told with what follows */
        return false;
    }
    uint64_t task = record->kind == TRACE_TASK ? record->words[0] : record->task;
    uint64_t peer = task_of(story, record->peer);
    bool chance = record->kind == TRACE_INTERRUPT; /* whoever runs, it is not about that task */
    if (story->kinds != 0 && !is_kind_wanted(story, record->kind)) {
        return false;
    }
    if (story->own != 0 && !chance && (task == story->own || peer == story->own)) {
        return false;
    }
    return is_wanted(story, story_task_name(story, task, buffer)) ||
           (peer != 0 && is_wanted(story, story_task_name(story, peer, buffer))) ||
           (record->port != 0 && is_wanted(story, story_port_name(story, record->port, buffer)));
}

void story_end(struct story *story, const struct trace_record *record)
{
    story->data[record->cpu % STORY_CPUS] = *record;
    bool calls = record->kind == TRACE_CALL;
    bool ends = record->kind == TRACE_REPLY || record->kind == TRACE_DEATH;
    struct story_thread *thread =
        story_thread(story, record->kind == TRACE_REPLY ? record->peer : record->thread);
    if (thread != NULL && (calls || ends)) {
        thread->calls = calls;
        thread->called_at = record->time;
        thread->port = record->port;
        thread->tag = record->tag;
    }
}
