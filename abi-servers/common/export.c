/*
 * See export.h. Workers serve; what waits is answered by whichever thread brings its end about.
 */
#include "export.h"

#include <sinter/protocol/file.h>
#include <sinter/protocol/personality.h>
#include <sinter/protocol/process.h>
#include "c_string.h"

#include "console_terminal.h"
#include "exec.h"
#include "pipe.h"
#include "process_terminal.h"
#include "session.h"
#include "workers.h"

enum {
    WORKERS = 4, /* one waits while the file of a program does not come */
    EXPORTS = 128,
    KILLED = 137,
};

/* A badge: kind, the place in a table, and which of those that have been there. */
#define BADGE_KIND     UINT64_C(0xff00000000000000)
#define BADGE_PROCESS  UINT64_C(0xa100000000000000)
#define BADGE_FILE     UINT64_C(0xa200000000000000)
#define BADGE_INSTANCE 16 /* shift */
#define BADGE_INDEX    0xffffu

struct exported {
    struct open_file *file; /* null: free */
    uint32_t instance;
};

static struct exported exports[EXPORTS];
static struct server server;
static struct workers workers;

static uint64_t badge(uint64_t kind, uint32_t instance, uint32_t index)
{
    return kind | (uint64_t)instance << BADGE_INSTANCE | index;
}

static uint32_t badge_instance(uint64_t badge)
{
    return (uint32_t)((badge & ~BADGE_KIND) >> BADGE_INSTANCE);
}

/* ---- processes ------------------------------------------------------------------------------- */

/* Of one whose last endpoint is there, or null. Lock held. */
static struct process *process_of(uint64_t of)
{
    uint32_t index = of & BADGE_INDEX;
    if ((of & BADGE_KIND) != BADGE_PROCESS || index >= PROCESSES) {
        return NULL;
    }
    struct process *process = &host.processes[index];
    return process->held && process->instance == badge_instance(of) ? process : NULL;
}

status_t export_process(struct process *process, handle_t *endpoint)
{
    uint32_t index = (uint32_t)(process - host.processes);
    status_t status =
        port_mint(workers.workers[0].server.port, badge(BADGE_PROCESS, process->instance, index),
                  ENDPOINT_GONE, endpoint);
    process->held = status == STATUS_OK;
    return status;
}

static void answer_wait(struct process *process, status_t status)
{
    status_ignore(process_wait_answer(process->reply, status, process->code, process->reason));
    status_ignore(handle_close(process->reply));
    process->asks = false;
    process->told = status == STATUS_OK;
}

void export_process_ended(struct process *process)
{
    if (process->asks) {
        answer_wait(process, STATUS_OK);
    }
}

static status_t wait(struct call *call, int64_t *code, uint32_t *reason)
{
    status_t status = STATUS_OK;
    mutex_lock(&host.lock);
    struct process *process = process_of(call->in.badge);
    if (process == NULL) {
        status = STATUS_GONE;
    } else if (process->state == PROCESS_ZOMBIE) {
        *code = process->code;
        *reason = process->reason;
        process->told = true;
    } else if (process->asks) {
        status = STATUS_BUSY;
    } else {
        process->reply = call_take(call);
        process->asks = process->reply != 0;
        status = process->asks ? STATUS_OK : STATUS_NO_KERNEL_MEMORY;
    }
    mutex_unlock(&host.lock);
    return status;
}

static status_t kill(struct call *call, int64_t code)
{
    mutex_lock(&host.lock);
    struct process *process = process_of(call->in.badge);
    uint32_t signal = session_signal_of(code);
    if (process != NULL && signal != 0) {
        session_signal_group(process->group, signal);
    } else if (process != NULL) {
        process_end_family(process->family, code);
    }
    mutex_unlock(&host.lock);
    return process != NULL ? STATUS_OK : STATUS_GONE;
}

static status_t detach(struct call *call)
{
    mutex_lock(&host.lock);
    struct process *process = process_of(call->in.badge);
    if (process != NULL) {
        process->detached = true;
    }
    mutex_unlock(&host.lock);
    return process != NULL ? STATUS_OK : STATUS_GONE;
}

static const struct process_operations process_operations = {
    .wait = wait, .kill = kill, .detach = detach};

/* ---- files ----------------------------------------------------------------------------------- */

status_t export_file(struct open_file *file, handle_t *endpoint)
{
    status_t status = STATUS_FULL;
    mutex_lock(&host.lock);
    for (uint32_t i = 0; i < EXPORTS; i++) {
        struct exported *place = &exports[i];
        if (place->file != NULL) {
            continue;
        }
        status = port_mint(workers.workers[0].server.port,
                           badge(BADGE_FILE, place->instance + 1, i), ENDPOINT_GONE, endpoint);
        if (status == STATUS_OK) {
            place->instance++;
            place->file = open_file_share(file);
        }
        break;
    }
    mutex_unlock(&host.lock);
    return status;
}

/* Lock held. */
static struct exported *export_of(uint64_t of)
{
    uint32_t index = of & BADGE_INDEX;
    if ((of & BADGE_KIND) != BADGE_FILE || index >= EXPORTS) {
        return NULL;
    }
    struct exported *place = &exports[index];
    return place->file != NULL && place->instance == badge_instance(of) ? place : NULL;
}

static status_t transfer(struct call *call, uint32_t flags, bool write)
{
    status_t status = STATUS_OK;
    mutex_lock(&host.lock);
    struct exported *place = export_of(call->in.badge);
    if (place == NULL) {
        status = STATUS_GONE;
    } else if (write ? !place->file->writable : !place->file->readable) {
        status = STATUS_NO_RIGHT;
    } else {
        uint64_t length = call_lease_length(call, 0);
        handle_t reply = call_take(call);
        if (reply != 0) {
            pipe_remote(place->file->pipe, write, reply, length, (flags & FILE_NONBLOCK) != 0);
        } else {
            status = STATUS_NO_KERNEL_MEMORY;
        }
    }
    mutex_unlock(&host.lock);
    return status;
}

static status_t read(struct call *call, uint64_t offset, uint32_t flags, uint64_t *count)
{
    (void)offset;
    *count = 0;
    return transfer(call, flags, false);
}

static status_t write(struct call *call, uint64_t offset, uint32_t flags, uint64_t *count)
{
    (void)offset;
    *count = 0;
    return transfer(call, flags, true);
}

static status_t attach(struct call *call, uint32_t flags, uint32_t *kind)
{
    (void)call;
    (void)flags;
    *kind = FILE_KIND_PIPE;
    return STATUS_OK;
}

static status_t stat(struct call *call, uint32_t *kind, uint64_t *size, uint64_t *block_size)
{
    (void)call;
    *kind = FILE_KIND_PIPE;
    *size = 0;
    *block_size = PIPE_BYTES;
    return STATUS_OK;
}

static const struct file_operations file_operations = {
    .attach = attach, .read = read, .write = write, .stat = stat};

/* ---- what comes from the port besides calls -------------------------------------------------- */

static void on_closed(struct server *at, uint64_t of)
{
    (void)at;
    mutex_lock(&host.lock);
    struct exported *place = export_of(of);
    struct process *process = process_of(of);
    if (place != NULL) {
        struct open_file *file = place->file;
        place->file = NULL;
        open_file_release(file);
    }
    if (process != NULL) {
        process->held = false;
        if (process->asks) {
            answer_wait(process, STATUS_INTERRUPTED);
        }
        if (process->state == PROCESS_ZOMBIE && process->parent == NULL) {
            process->state = PROCESS_FREE;
        } else if (!process->detached) {
            process_end_family(process->family, KILLED);
        }
    }
    mutex_unlock(&host.lock);
}

static void on_cancel(struct server *at, handle_t reply)
{
    (void)at;
    mutex_lock(&host.lock);
    pipe_cancel(reply);
    for (uint32_t i = 0; i < PROCESSES; i++) {
        struct process *process = &host.processes[i];
        if (process->asks && process->reply == reply) {
            answer_wait(process, STATUS_INTERRUPTED);
        }
    }
    mutex_unlock(&host.lock);
}

/* ---- programs from outside ------------------------------------------------------------------- */

/* What a call of adopt or enter brings. */
struct request {
    char texts[ARGUMENT_BYTES];
    const char *path, *directory;
    struct arguments arguments;
    handle_t files[3]; /* input, output, error */
    bool on_terminal;  /* a terminal that it comes with becomes one of its own */
    struct refusal_text why;
};

static status_t take_request(struct call *call, struct request *request, uint64_t bytes,
                             uint64_t argument_count, uint64_t environment_count)
{
    request->why.text[0] = '\0';
    if (bytes > sizeof(request->texts)) {
        return STATUS_TOO_LARGE;
    }
    status_t status = call_read(call, 0, 0, request->texts, bytes);
    if (status != STATUS_OK) {
        return status;
    }
    struct arguments all = {.texts = request->texts, .bytes = bytes};
    size_t at = 0;
    request->path = arguments_next(&all, &at);
    request->directory = arguments_next(&all, &at);
    request->arguments =
        (struct arguments){argument_count, environment_count, request->texts + at, bytes - at};
    return request->directory != NULL && arguments_are_whole(&request->arguments)
               ? STATUS_OK
               : STATUS_BAD_ARGUMENT;
}

static void close_rest(handle_t handles[3])
{
    for (unsigned i = 0; i < 3; i++) {
        if (handles[i] != 0) {
            status_ignore(handle_close(handles[i]));
        }
    }
}

/* Lock held. The files become the process's, as far as there is room for them. */
static status_t give_files(struct process *process, handle_t handles[3])
{
    for (unsigned i = 0; i < 3; i++) {
        process->files[i] = open_file_new(OPEN_REMOTE, handles[i], true, true);
        if (process->files[i] == NULL) {
            return STATUS_FULL;
        }
        handles[i] = 0;
    }
    process->console = console_new(process->files[0], process->files[1]);
    return process->console != NULL ? STATUS_OK : STATUS_FULL;
}

static struct process *make_process(struct request *request, status_t *status)
{
    mutex_lock(&host.lock);
    struct process *process = process_take(NULL);
    *status = process != NULL ? give_files(process, request->files) : STATUS_FULL;
    if (*status != STATUS_OK && process != NULL) {
        process_drop(process);
        process = NULL;
    }
    mutex_unlock(&host.lock);
    return process;
}

static status_t finish(struct process *process, status_t status, uint64_t *pid, handle_t *endpoint)
{
    mutex_lock(&host.lock);
    if (status == STATUS_OK) {
        *pid = process->pid;
        status = export_process(process, endpoint);
    }
    mutex_unlock(&host.lock);
    if (status == STATUS_OK) {
        status = process_start(process);
        if (status != STATUS_OK) {
            status_ignore(handle_close(*endpoint));
        }
    }
    if (status != STATUS_OK) {
        image_destroy(&process->image);
        process_terminal_end(process);
        mutex_lock(&host.lock);
        process->held = false;
        process_drop(process);
        mutex_unlock(&host.lock);
    }
    return status;
}

static status_t run_file(struct request *request, handle_t file, uint64_t *pid, handle_t *endpoint)
{
    status_t status;
    struct process *process = make_process(request, &status);
    if (process == NULL) {
        return status;
    }
    status_ignore(names_change(&host.names, &process->directory, request->directory));
    status = exec_load(process, &process->image, file, request->path, &request->arguments,
                       &request->why);
    process->size = process->next_size;
    if (status == STATUS_OK && request->on_terminal) {
        status = console_terminal_give(process);
    }
    return finish(process, status, pid, endpoint);
}

static void tell_refusal(struct call *call, const struct request *request, uint64_t bytes,
                         status_t status)
{
    uint64_t room = call_lease_length(call, 0);
    size_t length = strlen(request->why.text) + 1;
    if (status != STATUS_OK && room >= bytes && room - bytes >= length) {
        status_ignore(call_write(call, 0, bytes, request->why.text, length));
    }
}

static status_t adopt(struct call *call, uint64_t bytes, uint64_t argument_count,
                      uint64_t environment_count, handle_t input, handle_t output, handle_t error,
                      handle_t program, uint64_t *pid, handle_t *process)
{
    struct request request = {.files = {input, output, error}};
    status_t status = take_request(call, &request, bytes, argument_count, environment_count);
    if (status == STATUS_OK && host.names.own) {
        (void)format_text(request.why.text, sizeof(request.why.text),
                          "this instance has a root of its own: use `in`");
        status = STATUS_REFUSED;
    }
    if (status == STATUS_OK) {
        status = run_file(&request, program, pid, process);
    }
    tell_refusal(call, &request, bytes, status);
    status_ignore(handle_close(program));
    close_rest(request.files);
    return status;
}

static status_t open_own(const struct request *request, handle_t *file)
{
    struct working_directory directory = {0};
    struct place place;
    uint32_t kind = FILE_KIND_REGULAR;
    status_t status = names_change(&host.names, &directory, request->directory);
    if (status == STATUS_OK) {
        status = names_resolve(&host.names, &directory, request->path, &place);
    }
    if (status == STATUS_OK) {
        status = names_open(&place, FILE_READ, &kind, file);
    }
    if (status == STATUS_OK && kind != FILE_KIND_REGULAR) {
        status_ignore(handle_close(*file));
        status = STATUS_BAD_FORMAT;
    }
    working_directory_close(&directory);
    return status;
}

static status_t enter(struct call *call, uint64_t bytes, uint64_t argument_count,
                      uint64_t environment_count, handle_t input, handle_t output, handle_t error,
                      uint64_t *pid, handle_t *process)
{
    struct request request = {.files = {input, output, error}, .on_terminal = host.spawner == 0};
    handle_t file = 0;
    status_t status = take_request(call, &request, bytes, argument_count, environment_count);
    if (status == STATUS_OK) {
        status = open_own(&request, &file);
    }
    if (status == STATUS_OK) {
        status = run_file(&request, file, pid, process);
        status_ignore(handle_close(file));
    }
    tell_refusal(call, &request, bytes, status);
    close_rest(request.files);
    return status;
}

/* ---- the list -------------------------------------------------------------------------------- */

static const char *state_text(const struct process *process)
{
    switch (process->state) {
    case PROCESS_FOREIGN:
        return "foreign";
    case PROCESS_ZOMBIE:
        return "zombie";
    default:
        return process->asleep ? "sleeps" : "runs";
    }
}

/* Whoever could ask for its end knows of it, and has it for a moment more only. */
static bool is_over(const struct process *process)
{
    return process->state == PROCESS_FREE ||
           (process->state == PROCESS_ZOMBIE && process->parent == NULL && process->told);
}

/* Lock held; the line's length, 0: there is no process. */
static size_t line(const struct process *process, char *text, size_t size)
{
    uint64_t resident = 0;
    if (is_over(process)) {
        return 0;
    }
    if (process->image.memory != 0) {
        status_ignore(memory_info(process->image.memory, NULL, NULL, &resident));
    }
    return format_text(text, size, "%u %u %s %llu %s\n", process->pid,
                       process->parent != NULL ? process->parent->pid : 0, state_text(process),
                       (unsigned long long)resident, process->name);
}

static status_t list(struct call *call, uint64_t *length)
{
    status_t status = STATUS_OK;
    *length = 0;
    for (uint32_t i = 0; i < PROCESSES && status == STATUS_OK; i++) {
        char text[128];
        mutex_lock(&host.lock);
        size_t bytes = line(&host.processes[i], text, sizeof(text));
        mutex_unlock(&host.lock);
        if (*length + bytes > call_lease_length(call, 0)) {
            return STATUS_TOO_LARGE;
        }
        status = bytes > 0 ? call_write(call, 0, *length, text, bytes) : STATUS_OK;
        *length += bytes;
    }
    return status;
}

static status_t kill_pid(struct call *call, uint64_t pid, int64_t code)
{
    (void)call;
    return pid <= UINT32_MAX ? process_end_pid((uint32_t)pid, code) : STATUS_NOT_FOUND;
}

static const struct personality_operations personality_operations = {
    .adopt = adopt, .enter = enter, .list = list, .kill = kill_pid};

/* ---- the server ------------------------------------------------------------------------------ */

/* Its processes end with the server; who waits for one is told before. */
static void end_all(void)
{
    mutex_lock(&host.lock);
    host.stopping = true;
    for (uint32_t i = 0; i < PROCESSES; i++) {
        struct process *process = &host.processes[i];
        if (process->asks) {
            process->code = KILLED;
            process->reason = EXIT_KILLED;
            answer_wait(process, STATUS_OK);
        }
    }
    mutex_unlock(&host.lock);
}

static status_t begin(void)
{
    status_t status = server_add(&server, personality_protocol(&personality_operations));
    if (status == STATUS_OK) {
        status = server_add(&server, process_protocol(&process_operations));
    }
    if (status == STATUS_OK) {
        status = server_add(&server, file_protocol(&file_operations));
    }
    if (status == STATUS_OK) {
        status = mutex_init(&host.lock, host.account);
    }
    if (status == STATUS_OK) {
        status = personality_make_threads();
    }
    if (status == STATUS_OK) {
        status = workers_begin(&workers, &server, WORKERS);
    }
    return status;
}

int export_run(const struct start_info *info)
{
    if (server_init(&server, info) != STATUS_OK) {
        return 1;
    }
    host.info = info;
    host.account = server.account;
    host.spawner = server_handle(&server, "process");
    host.names.root = server_handle(&server, "root");
    host.names.own = host.names.root != 0;
    if (!host.names.own) {
        host.names.root = server_handle(&server, "namespace");
    } else {
        host.names.part = host.abi->name_part;
    }
    if (host.names.root == 0) {
        return server_refuse(&server, "no names: neither a root nor the names of the system");
    }
    server.closes_at_once = true; /* a program ends with who started it */
    server.on_closed = on_closed;
    server.on_cancel = on_cancel;
    personality_set_up();
    status_t status = begin();
    if (status != STATUS_OK) {
        return server_refuse(&server, "no threads or objects: %s", status_text(status));
    }
    status = server_ready(&server);
    int code = status == STATUS_OK ? workers_run(&workers) : 1;
    end_all();
    return code;
}
