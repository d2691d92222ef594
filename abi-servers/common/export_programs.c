/* The protocol `personality`: programs from outside, and the list of processes. See export.h. */
#include <sinter/protocol/file.h>

#include "c_string.h"
#include "console_terminal.h"
#include "exec.h"
#include "export.h"
#include "process_terminal.h"
#include "workers.h"

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
    if (!export_is_plain(call)) {
        return STATUS_BAD_METHOD;
    }
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
    workers_enter(call);
    status_t status = take_request(call, &request, bytes, argument_count, environment_count);
    if (status == STATUS_OK && host.names.own) {
        (void)format_text(request.why.text, sizeof(request.why.text),
                          "this instance has a root of its own: use `in`");
        status = STATUS_REFUSED;
    }
    if (status == STATUS_OK) {
        status = run_file(&request, program, pid, process);
    }
    workers_leave(call);
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
    workers_enter(call);
    status_t status = take_request(call, &request, bytes, argument_count, environment_count);
    if (status == STATUS_OK) {
        status = open_own(&request, &file);
    }
    if (status == STATUS_OK) {
        status = run_file(&request, file, pid, process);
        status_ignore(handle_close(file));
    }
    workers_leave(call);
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
        return process->stopped ? "stopped" : process->asleep ? "sleeps" : "runs";
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
    status_t status = export_is_plain(call) ? STATUS_OK : STATUS_BAD_METHOD;
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
    if (!export_is_plain(call)) {
        return STATUS_BAD_METHOD;
    }
    return pid <= UINT32_MAX ? process_obey_pid((uint32_t)pid, code) : STATUS_NOT_FOUND;
}

const struct personality_operations export_programs = {
    .adopt = adopt, .enter = enter, .list = list, .kill = kill_pid};
