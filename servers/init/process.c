/*
 * The table of native programs, and what can be done with one: see process.h.
 */
#include <sinter/protocol/process.h>

#include "graph.h"
#include "memory.h"
#include "personality.h"
#include "process_table.h"

enum {
    LIST_BYTES = 8192,
    ALLOWED = 32,
};

struct process processes[INIT_PROCESSES];

static uint64_t last_pid;
static struct {
    const struct boot_file *object;
    uint32_t allow;
} allowed[ALLOWED];

bool process_allow(const char *object, uint32_t allow)
{
    const struct boot_file *file = catalog_object(object);
    for (uint32_t i = 0; file != NULL && i < ALLOWED; i++) {
        if (allowed[i].object == NULL || allowed[i].object == file) {
            allowed[i].object = file;
            allowed[i].allow = allow;
            return true;
        }
    }
    return false;
}

uint32_t process_allowed(const struct boot_file *object)
{
    for (uint32_t i = 0; i < ALLOWED; i++) {
        if (allowed[i].object == object) {
            return allowed[i].allow;
        }
    }
    return 0;
}

uint32_t process_slot(const struct process *process)
{
    return (uint32_t)(process - processes);
}

struct process *process_of_badge(uint64_t badge)
{
    uint32_t slot = badge_slot(badge);
    if (slot >= INIT_PROCESSES || processes[slot].state == PROCESS_FREE ||
        (processes[slot].generation & 0xffffff) != badge_generation(badge)) {
        return NULL;
    }
    return &processes[slot];
}

const char *process_name(uint64_t badge)
{
    uint32_t slot = badge_slot(badge);
    uint64_t own = slot >= INIT_SERVICES ? badge - INIT_SERVICES : UINT64_MAX;
    const struct process *process = slot >= INIT_SERVICES ? process_of_badge(own) : NULL;
    return process == NULL ? NULL : process->name;
}

struct process *process_take(struct boot_file *file)
{
    for (uint32_t i = 0; i < INIT_PROCESSES; i++) {
        struct process *process = &processes[i];
        if (process->state == PROCESS_FREE) {
            uint32_t generation = process->generation + 1;
            memset(process, 0, offsetof(struct process, texts));
            process->generation = generation;
            process->parent = INIT_PROCESSES;
            process->state = PROCESS_LOADING;
            process->pid = ++last_pid;
            process->file = file != NULL ? file : &process->own;
            return process;
        }
    }
    return NULL;
}

void process_close_files(struct process *process)
{
    for (int i = 0; i < 3; i++) {
        close_if(&process->files[i]);
    }
    close_if(&process->own.memory);
}

static void close_endpoints(struct process *process)
{
    close_if(&process->fault_endpoint);
    close_if(&process->spawner);
    close_if(&process->service);
}

void process_release(struct process *process)
{
    instance_end(&process->instance);
    process_close_files(process);
    close_endpoints(process);
    close_if(&process->account);
    process->state = PROCESS_FREE;
}

/* The last part of the path, without the ending of objects. */
void process_set_name(struct process *process, const char *path)
{
    const char *name = path;
    for (const char *c = path; *c != '\0'; c++) {
        name = *c == '/' && c[1] != '\0' ? c + 1 : name;
    }
    size_t length = text_length(name);
    if (length > 2 && text_same(name + length - 2, ".o")) {
        length -= 2;
    }
    text_copy_bytes(process->name, sizeof(process->name), name, length);
}

status_t process_run(const struct process_request *request)
{
    struct process *process = process_take(request->file);
    if (process == NULL) {
        return STATUS_NO_KERNEL_MEMORY;
    }
    process_set_name(process, request->file->name);
    uint32_t used = (uint32_t)text_length(process->name) + 1;
    memcpy(process->texts, process->name, used);
    memcpy(process->texts + used, request->arguments->text, request->arguments->bytes);
    process->argument_count = 1 + request->arguments->count;
    process->text_bytes = used + request->arguments->bytes;
    process->allow = request->allow;
    process->file_kind = request->kind;
    process->told = request->told;
    process->context = request->context;
    status_t status = STATUS_OK;
    for (int i = 0; i < 3 && status == STATUS_OK; i++) {
        status = handle_duplicate(request->files[i], RIGHT_ALL, &process->files[i]);
    }
    if (status == STATUS_OK) {
        status = process_submit(process);
    }
    if (status != STATUS_OK) {
        process_release(process);
    }
    return status;
}

static void answer_waiters(struct process *process)
{
    for (int i = 0; i < PROCESS_WAITERS; i++) {
        handle_t reply = process->waiters[i];
        process->waiters[i] = 0;
        if (reply != 0) {
            status_ignore(process_wait_answer(reply, STATUS_OK, process->code, process->reason));
            server_reply_done(&init.server, reply);
        }
    }
}

void process_end(struct process *process, int64_t code)
{
    if (process->state == PROCESS_RUNNING) {
        instance_kill(&process->instance, code);
    }
    process->doomed = true;
}

/* Who was killed or crashed takes along what it started; those end in the same way. */
static void end_children(uint32_t parent, uint32_t generation, int64_t code)
{
    for (uint32_t i = 0; i < INIT_PROCESSES; i++) {
        struct process *child = &processes[i];
        if (child->state != PROCESS_FREE && child->parent == parent &&
            child->parent_generation == generation) {
            process_end(child, code);
        }
    }
}

void process_starter_ended(uint32_t service_slot, uint32_t generation)
{
    end_children(PROCESS_STARTER(service_slot), generation, 0);
}

static void ended(struct process *process)
{
    process->state = PROCESS_ENDED;
    answer_waiters(process);
    if (process->told != NULL) {
        process->told(process->context, STATUS_OK, "");
    }
    if (process->reason != EXIT_NORMAL) {
        end_children(process_slot(process), process->generation, process->code);
    }
    instance_end(&process->instance);
    close_endpoints(process);
    close_if(&process->account);
    if (!process->held) {
        process_release(process);
    }
}

void process_reap(uint64_t death_bits)
{
    for (uint32_t i = 0; i < INIT_PROCESSES; i++) {
        struct process *process = &processes[i];
        uint64_t bit = 1ull << (INIT_SERVICES + i) % INIT_DEATH_BITS;
        if (process->state == PROCESS_RUNNING && (death_bits & bit) != 0 &&
            instance_is_dead(&process->instance, &process->reason, &process->code)) {
            ended(process);
        }
    }
}

void process_closed(uint64_t badge)
{
    struct process *process = process_of_badge(badge);
    if (process == NULL) {
        return;
    }
    process->held = false;
    if (process->state == PROCESS_ENDED) {
        process_release(process);
    }
}

static status_t serve_wait(struct call *call, int64_t *code, uint32_t *reason)
{
    struct process *process =
        badge_kind(call->in.badge) == BADGE_PROCESS ? process_of_badge(call->in.badge) : NULL;
    if (process == NULL) {
        return STATUS_BAD_METHOD;
    }
    if (process->state == PROCESS_ENDED) {
        *code = process->code;
        *reason = process->reason;
        return STATUS_OK;
    }
    for (int i = 0; i < PROCESS_WAITERS; i++) {
        if (process->waiters[i] == 0) {
            process->waiters[i] = call_defer(call);
            return STATUS_NO_KERNEL_MEMORY; /* taken no notice of when it was deferred */
        }
    }
    return STATUS_BUSY;
}

bool process_cancel(handle_t reply)
{
    for (uint32_t i = 0; i < INIT_PROCESSES; i++) {
        for (int j = 0; j < PROCESS_WAITERS; j++) {
            if (processes[i].waiters[j] == reply) {
                processes[i].waiters[j] = 0;
                server_answer(&init.server, reply, STATUS_INTERRUPTED);
                return true;
            }
        }
    }
    return false;
}

static status_t serve_kill(struct call *call, int64_t code)
{
    struct process *process =
        badge_kind(call->in.badge) == BADGE_PROCESS ? process_of_badge(call->in.badge) : NULL;
    if (process == NULL) {
        return STATUS_BAD_METHOD;
    }
    process_end(process, code);
    return STATUS_OK;
}

/* Who was killed takes along what it started, and nobody else's endpoints matter. */
static status_t serve_detach(struct call *call)
{
    return badge_kind(call->in.badge) == BADGE_PROCESS ? STATUS_OK : STATUS_BAD_METHOD;
}

static status_t serve_list(struct call *call, uint64_t *length)
{
    static char buffer[LIST_BYTES];
    struct text text = text_in(buffer, sizeof(buffer));
    process_table_text(&text);
    *length = text.used;
    if (call_lease_length(call, 0) < text.used) {
        return STATUS_TOO_LARGE;
    }
    return call_write(call, 0, 0, buffer, text.used);
}

const struct process_operations process_operations = {
    .spawn = process_serve_spawn,
    .spawn_object = process_serve_spawn_object,
    .wait = serve_wait,
    .kill = serve_kill,
    .list = serve_list,
    .tasks = graph_serve_tasks,
    .personality = personality_serve,
    .detach = serve_detach,
};
