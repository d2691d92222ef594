/*
 * What the records mean together: names of tasks, threads and the calls they are in, and which
 * records are wanted. Records are told one after the other in the order of their times. Pure.
 */
#ifndef TRACE_STORY_H
#define TRACE_STORY_H

#include <sinter/abi.h>
#include <stdbool.h>
#include <stddef.h>

enum {
    STORY_TASKS = 1024,
    STORY_THREADS = 4096,
    STORY_WANTED = 16,
    STORY_NAME = 32,
    STORY_CPUS = 8
};

struct story_task {
    uint64_t task, port; /* identities; port 0: none */
    char name[STORY_NAME];
};

/* What is known of a thread. */
struct story_thread {
    uint64_t thread; /* 0: the entry is free */
    uint64_t task;
    bool calls; /* between CALL and REPLY; what follows is about that */
    uint64_t called_at, port, tag;
    bool call_shown; /* the writer's: what it has begun and has to end */
    uint64_t server, server_task;
};

struct story {
    size_t task_count;
    struct story_task tasks[STORY_TASKS];
    size_t thread_count;
    struct story_thread threads[STORY_THREADS];
    size_t wanted_count; /* 0: everything */
    const char *wanted[STORY_WANTED];
    struct trace_record data[STORY_CPUS]; /* the last record of a CPU, if its kind is TRACE_DATA */
    uint64_t own;                         /* task that does not tell of itself; 0: none */
    uint32_t kinds; /* bits of those that are wanted; further ones only tell names. 0: all */
};

/* Later names of a task, and tasks above STORY_TASKS, are not noted. */
void story_name(struct story *story, uint64_t task, uint64_t port, const char *name,
                size_t name_size);
/* `task 12` for one without a name is put into the buffer. */
const char *story_task_name(const struct story *story, uint64_t task, char buffer[STORY_NAME]);
const char *story_port_name(const struct story *story, uint64_t port, char buffer[STORY_NAME]);
/* The entry of a thread, made if need be; null: there are too many. */
struct story_thread *story_thread(struct story *story, uint64_t thread);

/* The first bytes of the data that the message of the present record has; null: not known. */
const uint64_t *story_data(const struct story *story, const struct trace_record *record);

/* Notes what a record says of tasks and threads. Before story_wants() of it. */
void story_begin(struct story *story, const struct trace_record *record);
bool story_wants(struct story *story, const struct trace_record *record);
/* Whether a task is one of those wanted, and not the own. */
bool story_wants_task(const struct story *story, uint64_t task);
/* Notes that calls begin and end. After the record has been written. */
void story_end(struct story *story, const struct trace_record *record);

#endif
