/*
 * A personality for tests of what stands around personalities: the start in a host space, adopting
 * and entering, waiting, killing, crashes. Its programs are files whose first line is
 * `#echo-personality` and whose second says what to do; it makes machine code of that, which a
 * guest runs:
 *     exit N         ends with that code
 *     print TEXT     writes the text to its output
 *     arguments      writes its working directory and its arguments, a line each
 *     native NAME WORD...   runs a program of Sinter's boot set, and ends with its code
 *     spin, sleep    in the guest, in a system call, until it is killed
 *     stubborn       writes `ready`, then `interrupted` for each ^C, until it is killed otherwise
 *     fault          executes no instruction
 *     crash          makes a system call that the personality crashes of, once it is waited for
 *     float          the same, by an instruction of floating point
 * Files are read on the server's thread: a file server that hangs makes it hang.
 */
#include <sinter/object.h>
#include <sinter/protocol/file.h>
#include <sinter/protocol/personality.h>
#include <sinter/protocol/process.h>

#include "echo_code.h"
#include "echo_process.h"
#include "walk.h"

SERVER_META(name, "echo_personality");
SERVER_META(version, "1.0");
SERVER_META(licence, "BSD-2-Clause");
SERVER_META(description, "Personality for tests");
SERVER_META(kind, PERSONALITY);
SERVER_META(provides, "personality 1.0");
SERVER_META(provides, "process 1.0");
SERVER_META(restart, STATELESS);

#define FIRST_LINE "#echo-personality\n"

enum { FILE_BYTES = 1024, TEXTS = 2048, LINE = 160, LIST = 1024 };

static struct server server;

/* ---- programs ------------------------------------------------------------------------------- */

/* What comes behind a word at the beginning of a text; null: it does not begin so. */
static const char *behind(const char *text, const char *word)
{
    while (*word != '\0') {
        if (*text++ != *word++) {
            return NULL;
        }
    }
    return text;
}

static void put_call(struct echo_program *program, uint32_t value, enum echo_call call)
{
    program->code[program->count++] = ECHO_LOAD(0, value);
    program->code[program->count++] = ECHO_LOAD(1, call);
    program->code[program->count++] = ECHO_TRAP;
}

/* Prints a text, which fits into a page, and then exits. */
static void make_printer(struct echo_program *program, const char *text, uint64_t length)
{
    for (uint64_t i = 0; i < length; i++) {
        program->data[i] = (uint8_t)text[i];
    }
    put_call(program, (uint32_t)length, ECHO_PRINT);
    put_call(program, 0, ECHO_EXIT);
}

/* /boot/NAME, then the words. */
static void make_native(struct echo_program *program, const char *words)
{
    static const char folder[] = "/boot/";
    uint32_t length = 0;
    for (; folder[length] != '\0'; length++) {
        program->data[length] = (uint8_t)folder[length];
    }
    for (const char *c = words; *c != ' ' && *c != '\n' && *c != '\0'; c++) {
        program->data[length++] = (uint8_t)*c;
    }
    program->data[length++] = 0;
    for (; *words != '\n' && *words != '\0'; words++) {
        program->data[length++] = *words == ' ' ? 0 : (uint8_t)*words;
    }
    program->data[length++] = 0;
    put_call(program, length, ECHO_NATIVE);
    program->code[program->count++] = ECHO_LOAD(1, ECHO_EXIT);
    program->code[program->count++] = ECHO_TRAP;
}

static uint32_t to_number(const char *text)
{
    uint32_t number = 0;
    for (; *text >= '0' && *text <= '9' && number < 100; text++) {
        number = number * 10 + (uint32_t)(*text - '0');
    }
    return number;
}

static uint64_t line_length(const char *text)
{
    uint64_t length = 0;
    while (text[length] != '\0' && text[length] != '\n') {
        length++;
    }
    return length + (text[length] == '\n' ? 1 : 0);
}

/* False: the line is none of its own. `texts`: working directory and arguments. */
static bool compile(struct echo_program *program, const char *line, const char *texts,
                    uint64_t texts_length)
{
    const char *rest;
    program->count = 0;
    if ((rest = behind(line, "exit ")) != NULL) {
        put_call(program, to_number(rest), ECHO_EXIT);
    } else if ((rest = behind(line, "print ")) != NULL) {
        make_printer(program, rest, line_length(rest));
    } else if (behind(line, "arguments") != NULL) {
        make_printer(program, texts, texts_length);
    } else if ((rest = behind(line, "native ")) != NULL) {
        make_native(program, rest);
    } else if (behind(line, "spin") != NULL) {
        program->code[program->count++] = ECHO_LOOP;
    } else if (behind(line, "sleep") != NULL) {
        put_call(program, 0, ECHO_SLEEP);
    } else if (behind(line, "stubborn") != NULL) {
        put_call(program, 0, ECHO_STUBBORN);
    } else if (behind(line, "crash") != NULL) {
        put_call(program, 0, ECHO_CRASH);
    } else if (behind(line, "float") != NULL) {
        put_call(program, 0, ECHO_FLOAT);
    } else if (behind(line, "fault") != NULL) {
        program->code[program->count++] = ECHO_ILLEGAL;
    }
    return program->count != 0;
}

/* ---- starting ------------------------------------------------------------------------------- */

/* A call that starts a program: its texts, path first. */
struct request {
    struct call *call;
    uint64_t bytes; /* of texts; room for a line follows */
    uint64_t path;  /* bytes of the path, with its zero */
    char texts[TEXTS + 1];
};

static status_t take_texts(struct request *request, struct call *call, uint64_t bytes)
{
    request->call = call;
    request->bytes = bytes;
    if (bytes > TEXTS) {
        return STATUS_TOO_LARGE;
    }
    status_t status = call_read(call, 0, 0, request->texts, bytes);
    request->texts[bytes] = '\0';
    request->path = 0;
    while (request->texts[request->path++] != '\0') {
    }
    return status == STATUS_OK && request->path > bytes ? STATUS_BAD_ARGUMENT : status;
}

static status_t refuse(const struct request *request, status_t status, const char *why)
{
    char line[LINE];
    uint64_t room = call_lease_length(request->call, 0) - request->bytes;
    uint64_t length = (uint64_t)format_text(line, sizeof(line), "%s", why) + 1;
    status_t written =
        call_write(request->call, 0, request->bytes, line, length < room ? length : room);
    return written == STATUS_RETRY_TOUCH ? written : status;
}

static const char *last_part(const char *path)
{
    const char *part = path;
    for (; *path != '\0'; path++) {
        part = *path == '/' ? path + 1 : part;
    }
    return part;
}

/* Runs what is in the file; the files are the process's then. */
static status_t start(struct request *request, handle_t program_file, const handle_t files[3],
                      struct echo_process **process)
{
    static struct echo_program program;
    static char bytes[FILE_BYTES + 1];
    uint64_t count = 0;
    status_t status = file_read(program_file, 0, 0, bytes, FILE_BYTES, &count);
    if (status != STATUS_OK) {
        return status;
    }
    bytes[count] = '\0';
    const char *line = behind(bytes, FIRST_LINE);
    if (line == NULL) {
        return refuse(request, STATUS_BAD_FORMAT, "its first line is not `#echo-personality`");
    }
    char *texts = request->texts + request->path;
    uint64_t length = request->bytes - request->path;
    const char *name = last_part(request->texts);
    for (uint64_t i = 0; i < length; i++) {
        texts[i] = texts[i] == '\0' ? '\n' : texts[i];
    }
    if (!compile(&program, line, texts, length)) {
        return refuse(request, STATUS_REFUSED, "its second line asks for nothing that is known");
    }
    return echo_start(&program, name, files, process);
}

static status_t answer(struct echo_process *process, uint64_t *pid, handle_t *endpoint)
{
    status_t status = port_mint(server.port, process->badge, ENDPOINT_GONE, endpoint);
    if (status != STATUS_OK) {
        echo_kill(process, 0);
    }
    *pid = process->pid;
    return status;
}

static void close_files(const handle_t files[3])
{
    for (int i = 0; i < 3; i++) {
        status_ignore(handle_close(files[i]));
    }
}

/* Whether the process has the files is told by *process. */
static status_t begin(struct request *request, handle_t file, const handle_t files[3],
                      uint64_t *pid, handle_t *endpoint)
{
    struct echo_process *process = NULL;
    status_t status = start(request, file, files, &process);
    if (process == NULL && status != STATUS_FULL) {
        close_files(files);
    }
    return status == STATUS_OK ? answer(process, pid, endpoint) : status;
}

static status_t adopt(struct call *call, uint64_t argument_bytes, uint64_t argument_count,
                      uint64_t environment_count, handle_t input, handle_t output, handle_t error,
                      handle_t file, uint64_t *pid, handle_t *endpoint)
{
    static struct request request;
    const handle_t files[3] = {input, output, error};
    (void)argument_count;
    (void)environment_count;
    status_t status = take_texts(&request, call, argument_bytes);
    if (status == STATUS_OK && start_handle_find(server.info, "root") != NULL) {
        status = refuse(&request, STATUS_REFUSED, "has a root of its own");
    }
    if (status != STATUS_OK) {
        close_files(files);
    } else {
        status = begin(&request, file, files, pid, endpoint);
    }
    status_ignore(handle_close(file));
    return status;
}

static status_t open_inside(const char *path, handle_t *file)
{
    handle_t root = server_handle(&server, "root");
    uint64_t length = 0;
    root = root != 0 ? root : server_handle(&server, "namespace");
    path += *path == '/' ? 1 : 0;
    while (path[length] != '\0') {
        length++;
    }
    return walk_open(root, path, length, FILE_READ, NULL, file);
}

static status_t enter(struct call *call, uint64_t argument_bytes, uint64_t argument_count,
                      uint64_t environment_count, handle_t input, handle_t output, handle_t error,
                      uint64_t *pid, handle_t *endpoint)
{
    static struct request request;
    const handle_t files[3] = {input, output, error};
    handle_t file = 0;
    (void)argument_count;
    (void)environment_count;
    status_t status = take_texts(&request, call, argument_bytes);
    if (status == STATUS_OK) {
        status = open_inside(request.texts, &file);
    }
    if (status != STATUS_OK) {
        close_files(files);
        return status;
    }
    status = begin(&request, file, files, pid, endpoint);
    status_ignore(handle_close(file));
    return status;
}

/* ---- processes ------------------------------------------------------------------------------ */

static struct echo_process *find(uint64_t badge)
{
    for (int i = 0; i < ECHO_PROCESSES; i++) {
        if (echo_processes[i].used && echo_processes[i].badge == badge) {
            return &echo_processes[i];
        }
    }
    return NULL;
}

static status_t wait(struct call *call, int64_t *code, uint32_t *reason)
{
    struct echo_process *process = find(call->in.badge);
    if (process == NULL) {
        return STATUS_BAD_METHOD;
    }
    for (int i = 0; process->running && i < ECHO_WAITERS; i++) {
        if (process->waiters[i] == 0) {
            process->waiters[i] = call_defer(call);
            return STATUS_NO_KERNEL_MEMORY;
        }
    }
    *code = process->code;
    *reason = process->reason;
    return process->running ? STATUS_BUSY : STATUS_OK;
}

static status_t kill(struct call *call, int64_t code)
{
    struct echo_process *process = find(call->in.badge);
    if (process != NULL) {
        echo_kill(process, code);
    }
    return process != NULL ? STATUS_OK : STATUS_BAD_METHOD;
}

static status_t detach(struct call *call)
{
    struct echo_process *process = find(call->in.badge);
    if (process != NULL) {
        process->detached = true;
    }
    return process != NULL ? STATUS_OK : STATUS_BAD_METHOD;
}

static status_t kill_by_pid(struct call *call, uint64_t pid, int64_t code)
{
    (void)call;
    for (int i = 0; i < ECHO_PROCESSES; i++) {
        if (echo_processes[i].used && echo_processes[i].running && echo_processes[i].pid == pid) {
            echo_kill(&echo_processes[i], code);
            return STATUS_OK;
        }
    }
    return STATUS_NOT_FOUND;
}

static status_t list(struct call *call, uint64_t *length)
{
    static char text[LIST];
    *length = 0;
    for (int i = 0; i < ECHO_PROCESSES; i++) {
        const struct echo_process *process = &echo_processes[i];
        if (process->used && process->running) {
            *length += (uint64_t)format_text(text + *length, sizeof(text) - *length,
                                             "%lu 0 running 2 %s\n", (unsigned long)process->pid,
                                             process->name);
        }
    }
    return call_lease_length(call, 0) < *length ? STATUS_TOO_LARGE
                                                : call_write(call, 0, 0, text, *length);
}

static void on_closed(struct server *at, uint64_t badge)
{
    struct echo_process *process = find(badge);
    (void)at;
    if (process == NULL) {
        return;
    }
    process->badge = 0;
    if (!process->running) {
        process->used = false;
    } else if (!process->detached) {
        echo_kill(process, 0);
    }
}

static void on_event(struct server *at, uint64_t bits)
{
    for (int i = 0; i < ECHO_PROCESSES; i++) {
        struct echo_process *process = &echo_processes[i];
        if ((bits & 1ull << i) == 0 || !process->used || process->running) {
            continue;
        }
        for (int j = 0; j < ECHO_WAITERS; j++) {
            handle_t reply = process->waiters[j];
            process->waiters[j] = 0;
            if (reply != 0) {
                status_ignore(
                    process_wait_answer(reply, STATUS_OK, process->code, process->reason));
                server_reply_done(at, reply);
            }
        }
        echo_close(process);
        process->used = process->badge != 0;
    }
}

static void on_cancel(struct server *at, handle_t reply)
{
    for (int i = 0; i < ECHO_PROCESSES; i++) {
        for (int j = 0; j < ECHO_WAITERS; j++) {
            if (echo_processes[i].waiters[j] == reply) {
                echo_processes[i].waiters[j] = 0;
                server_answer(at, reply, STATUS_INTERRUPTED);
                return;
            }
        }
    }
}

static void on_stop(struct server *at)
{
    (void)at;
    for (int i = 0; i < ECHO_PROCESSES; i++) {
        echo_kill(&echo_processes[i], 0);
    }
}

/* ---- the server ----------------------------------------------------------------------------- */

static const struct personality_operations personality_operations = {
    .adopt = adopt,
    .enter = enter,
    .list = list,
    .kill = kill_by_pid,
};

static const struct process_operations process_operations = {
    .wait = wait,
    .kill = kill,
    .detach = detach,
};

int server_main(const struct start_info *info)
{
    if (server_init(&server, info) != STATUS_OK) {
        return 1;
    }
    server.on_closed = on_closed;
    server.on_event = on_event;
    server.on_cancel = on_cancel;
    server.on_stop = on_stop;
    status_t status = server_add(&server, personality_protocol(&personality_operations));
    if (status == STATUS_OK) {
        status = server_add(&server, process_protocol(&process_operations));
    }
    if (status == STATUS_OK) {
        status = echo_begin(&server);
    }
    if (status != STATUS_OK) {
        return server_refuse(&server, "its threads: %s", status_text(status));
    }
    return server_ready(&server) == STATUS_OK ? server_run(&server) : 1;
}
