/*
 * Child programs. Who runs a file: the supervisor, by the protocol `process`, if it is an object;
 * what the first line names, if that begins with `#!`; otherwise the personality that takes it.
 */
#include <sinter/protocol/file.h>
#include <sinter/protocol/process.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "foreign.h"
#include "path.h"
#include "program_head.h"

#define BOOT_SET     "/boot/"
#define STATUS_BASE  128 /* of what ended by a kill or a fault */
#define SIGNAL_KILL  9
#define SIGNAL_FAULT 11
#define STATUS_MASK  0xff
#define SCRIPTS_MOST 4 /* that run each other */

/* Of objects of the boot set the supervisor has the bytes, and knows what init.rc allows them. */
static bool is_in_boot_set(const char *path)
{
    return strncmp(path, BOOT_SET, sizeof(BOOT_SET) - 1) == 0;
}

/* A program that is being started: what for, and where the outcome goes. */
struct attempt {
    const struct child_request *request;
    unsigned scripts; /* that have led here */
    struct child *child;
    char *refusal;
    size_t refusal_size;
};

static status_t start(const struct attempt *attempt);

#define REFUSE(attempt, ...)                                                                       \
    (void)snprintf((attempt)->refusal, (attempt)->refusal_size, __VA_ARGS__)

/* An object: of the boot set (0), or the first `size` bytes of a memory. */
static status_t spawn(const struct attempt *attempt, const char *path, handle_t object,
                      uint64_t size)
{
    handle_t process = program_handle("process");
    handle_t files[3];
    struct child *child = attempt->child;
    struct child_texts texts;
    status_t status = child_files(attempt->request, files);
    if (status != STATUS_OK || !child_texts_make(&texts, path, NULL, attempt->request)) {
        return status != STATUS_OK ? status : STATUS_NO_PAGES;
    }
    if (object == 0) {
        status =
            process_spawn(process, texts.used, texts.counts[0], texts.counts[1], files[0], files[1],
                          files[2], texts.buffer, texts.size, &child->pid, &child->endpoint);
    } else {
        status = process_spawn_object(process, texts.used, texts.counts[0], texts.counts[1], size,
                                      files[0], files[1], files[2], object, texts.buffer,
                                      texts.size, &child->pid, &child->endpoint);
    }
    REFUSE(attempt, "%s", child_texts_line(&texts));
    child_texts_free(&texts);
    child_name(child, NULL);
    return status;
}

static status_t spawn_file(const struct attempt *attempt, const char *path, handle_t file)
{
    handle_t object = 0;
    uint64_t size = 0;
    status_t status =
        object_read(path, file, &object, &size, attempt->refusal, attempt->refusal_size);
    if (status == STATUS_OK) {
        status = spawn(attempt, path, object, size);
        status_ignore(handle_close(object));
    }
    return status;
}

/* ---- scripts -------------------------------------------------------------------------------- */

/* The words of the first line, the script's path, and its arguments; in memory for free(), or
 * null. */
static char **script_arguments(char *const *arguments, const char *path, struct program_head *head)
{
    size_t count = 0;
    size_t next = 0;
    while (arguments[count] != NULL) {
        count++;
    }
    char **list = calloc(count + 4, sizeof(*list));
    if (list == NULL) {
        return NULL;
    }
    list[next++] = head->interpreter;
    if (head->argument[0] != '\0') {
        list[next++] = head->argument;
    }
    list[next++] = (char *)(uintptr_t)path; /* only read */
    for (size_t i = 1; i < count; i++) {
        list[next++] = arguments[i];
    }
    return list;
}

static status_t run_script(const struct attempt *attempt, const char *path,
                           struct program_head *head)
{
    char interpreter[PATH_SIZE];
    bool is_path = strchr(head->interpreter, '/') != NULL;
    struct child_request request = *attempt->request;
    struct attempt inner = *attempt;
    char **list = script_arguments(request.arguments, path, head);
    if (list == NULL) {
        return STATUS_NO_PAGES;
    }
    (void)snprintf(interpreter, sizeof(interpreter), "%s%s", is_path ? "" : BOOT_SET,
                   head->interpreter);
    request.path = interpreter;
    request.arguments = list;
    inner.request = &request;
    inner.scripts++;
    status_t status = start(&inner);
    if (status == STATUS_NOT_FOUND) {
        REFUSE(attempt, "%s: refused: its first line asks for %s: %s", path, head->interpreter,
               status_text(status));
        status = STATUS_REFUSED;
    }
    free(list);
    return status;
}

static status_t start_script(const struct attempt *attempt, const char *path,
                             struct program_head *head)
{
    if (head->interpreter[0] == '\0') {
        REFUSE(attempt, "%s: refused: its first line names no program, or has more than %d bytes",
               path, PROGRAM_HEAD_SIZE - 1);
        return STATUS_BAD_FORMAT;
    }
    if (attempt->scripts == SCRIPTS_MOST) {
        REFUSE(attempt, "%s: refused: more than %d scripts run each other", path, SCRIPTS_MOST);
        return STATUS_REFUSED;
    }
    return run_script(attempt, path, head);
}

/* ---- who runs it ---------------------------------------------------------------------------- */

/* By its first bytes. `known`: what the supervisor said of it, if it was asked. */
static status_t start_file(const struct attempt *attempt, const char *path, status_t known)
{
    struct program_head head;
    char bytes[PROGRAM_HEAD_SIZE];
    handle_t file = 0;
    size_t size = 0;
    status_t status = object_open(path, &file, bytes, sizeof(bytes), &size, attempt->refusal,
                                  attempt->refusal_size);
    if (status != STATUS_OK) {
        return known != STATUS_OK ? known : status;
    }
    program_head_read(&head, bytes, size);
    if (head.form == PROGRAM_SCRIPT) {
        status = start_script(attempt, path, &head);
    } else if (head.form == PROGRAM_FOREIGN) {
        status = foreign_adopt(attempt->request, path, file, attempt->child, attempt->refusal,
                               attempt->refusal_size);
    } else {
        status = known != STATUS_OK ? known : spawn_file(attempt, path, file);
    }
    status_ignore(handle_close(file));
    return status;
}

static status_t start(const struct attempt *attempt)
{
    char path[PATH_SIZE];
    status_t known = STATUS_OK;
    status_t status = path_resolve(attempt->request->path, path);
    if (status != STATUS_OK) {
        return status;
    }
    if (is_in_boot_set(path)) {
        known = spawn(attempt, path, 0, 0);
        if (known != STATUS_BAD_FORMAT && known != STATUS_NOT_FOUND) {
            return known;
        }
    }
    return start_file(attempt, path, known);
}

status_t child_start(const struct child_request *request, struct child *child, char *refusal,
                     size_t refusal_size)
{
    const struct attempt attempt = {request, 0, child, refusal, refusal_size};
    stdio_flush();
    refusal[0] = '\0';
    return start(&attempt);
}

int child_exit_status(int64_t code, uint32_t reason)
{
    if (reason == EXIT_FAULT) {
        return STATUS_BASE + SIGNAL_FAULT;
    }
    if (reason == EXIT_KILLED && (code < STATUS_BASE || code > STATUS_MASK)) {
        return STATUS_BASE + SIGNAL_KILL;
    }
    return (int)(code & STATUS_MASK);
}

/* What a personality runs ends with it; the supervisor does not die. */
status_t child_wait(handle_t endpoint, int *exit_status)
{
    int64_t code = 0;
    uint32_t reason = EXIT_NONE;
    status_t status;
    do {
        status = process_wait(endpoint, &code, &reason);
    } while (status == STATUS_INTERRUPTED || status == STATUS_NOT_READY);
    bool is_lost = status == STATUS_PEER_DIED || status == STATUS_GONE;
    *exit_status = is_lost ? STATUS_BASE + SIGNAL_KILL : child_exit_status(code, reason);
    return status;
}

/* The supervisor puts the program's number beside the handle with which it starts others. */
pid_t getpid(void)
{
    const struct start_handle *process = start_handle_find(program_info, "process");
    return process != NULL ? (pid_t)process->extra[0] : 0;
}
