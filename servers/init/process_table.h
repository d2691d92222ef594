/*
 * The table of programs, for process.c and the list of `ps`.
 */
#ifndef INIT_PROCESS_TABLE_H
#define INIT_PROCESS_TABLE_H

#include "process.h"
#include "text.h"

enum {
    PROCESS_WAITERS = 4,
    PROCESS_TEXTS = 65536, /* bytes of path, arguments and environment */
    PROCESS_REFUSAL = 512, /* bytes of a refusal's line that are given back */
};

/* Parent of what a service has started. */
#define PROCESS_STARTER(service_slot) (INIT_PROCESSES + 1 + (service_slot))

enum process_state {
    PROCESS_FREE,
    PROCESS_LOADING,
    PROCESS_RUNNING,
    PROCESS_ENDED,
};

struct process {
    enum process_state state;
    uint32_t generation;
    uint64_t pid;
    char name[SCRIPT_NAME];
    struct boot_file *file;
    struct boot_file own; /* of an object that is not of the boot set, until it has been loaded */
    char own_name[SCRIPT_PATH];
    handle_t account;
    struct instance instance;
    handle_t fault_endpoint;
    handle_t spawner; /* endpoint for starting others */
    handle_t service; /* endpoint for commanding init, if that is allowed */
    uint32_t parent; /* slot of the one that started it, or PROCESS_STARTER; INIT_PROCESSES: init */
    uint32_t parent_generation;
    bool doomed; /* LOADING: it is to be ended meanwhile */
    bool held;   /* somebody has the process's endpoint */
    int64_t code;
    uint32_t reason; /* EXIT_ */
    handle_t waiters[PROCESS_WAITERS];

    handle_t spawn_reply; /* LOADING: the call to answer; 0: init itself starts it */
    uint64_t texts_at;    /* offset in its lease of arguments and environment */
    uint64_t refusal_at;  /* and of the place where a refusal's line goes */
    uint64_t refusal_room;
    process_told *told;
    void *context;

    uint32_t allow;
    handle_t files[3];  /* until the task has them */
    uint32_t file_kind; /* FILE_KIND_ of them; 0: not known */
    uint32_t argument_count, environment_count, text_bytes;
    char texts[SCRIPT_NAME + SCRIPT_TEXT]; /* of a program that init itself starts */
    char line[INSTANCE_LINE];
    status_t built;
    struct job job;
};

extern struct process processes[INIT_PROCESSES];
/* The worker's: the note of the object that it looks at, if that is not of the boot set. */
extern struct object_note process_note;

/* A free entry for a program of that object, LOADING; null: there is none. Without an object (null)
 * it is to be `own`. */
struct process *process_take(struct boot_file *file);
/* Closes everything and frees the entry. */
void process_release(struct process *process);
/* Closes what the task has by now, or will never get: its files, and its own object. */
void process_close_files(struct process *process);
uint32_t process_slot(const struct process *process);
struct process *process_of_badge(uint64_t badge);
/* Ends a process: at once, or when it has been loaded. */
void process_end(struct process *process, int64_t code);
/* The last part of a path, without the ending of objects. */
void process_set_name(struct process *process, const char *path);
/* Has the worker build its task; what follows is told to who asked. */
SINTER_MUST_CHECK status_t process_submit(struct process *process);

/* Whether the call comes from who may start programs. */
bool process_may_start(const struct call *call);
status_t process_serve_spawn(struct call *call, uint64_t argument_bytes, uint64_t argument_count,
                             uint64_t environment_count, handle_t input, handle_t output,
                             handle_t error, uint64_t *pid, handle_t *process);
status_t process_serve_spawn_object(struct call *call, uint64_t argument_bytes,
                                    uint64_t argument_count, uint64_t environment_count,
                                    uint64_t object_size, handle_t input, handle_t output,
                                    handle_t error, handle_t object, uint64_t *pid,
                                    handle_t *process);

const char *process_state_name(const struct process *process);

/* One line a task: pid, state, CPU time, pages, name. */
void process_table_text(struct text *text);

#endif
