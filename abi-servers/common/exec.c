/* See exec.h. */
#include "exec.h"

#include <sinter/protocol/file.h>
#include "c_string.h"

#include "foreign.h"
#include "process.h"
#include "program_file.h"
#include "script_line.h"

enum { INTERPRETERS = 4 }; /* that one program may lead through */

/* The last part of the path is what the process is called. */
static void set_name(struct process *process, const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash != NULL ? slash + 1 : path;
    size_t length = strlen(name);
    length = length < PROCESS_NAME ? length : PROCESS_NAME - 1;
    mutex_lock(&host.lock);
    memcpy(process->name, name, length);
    process->name[length] = '\0';
    mutex_unlock(&host.lock);
}

status_t exec_load(struct process *process, struct image *image, handle_t file, const char *path,
                   const struct arguments *arguments, struct refusal_text *why)
{
    why->text[0] = '\0';
    status_t status = image_create(image, host.account, host.abi->image_top);
    if (status == STATUS_OK) {
        status = host.abi->load(process, image, file, arguments, why);
        if (status != STATUS_OK) {
            image_destroy(image);
        }
    }
    if (status == STATUS_OK) {
        set_name(process, path);
    }
    return status;
}

/* ---- in the place of a running program ------------------------------------------------------- */

/* What an exec works with: too much for a stack. */
struct attempt {
    char path[NAMES_PATH];
    char texts[ARGUMENT_BYTES];
    struct arguments arguments;
    struct place place;
    struct refusal_text why;
};

static void refuse(struct attempt *attempt, const char *reason)
{
    (void)format_text(attempt->why.text, sizeof(attempt->why.text), "%s", reason);
}

static status_t open_program(struct process *process, struct attempt *attempt, handle_t *file)
{
    uint32_t kind = FILE_KIND_REGULAR;
    status_t status =
        names_resolve(&host.names, &process->directory, attempt->path, &attempt->place);
    if (status == STATUS_OK) {
        status = names_open(&attempt->place, FILE_READ, &kind, file);
    }
    if (status == STATUS_OK && kind != FILE_KIND_REGULAR) {
        status_ignore(handle_close(*file));
        status = STATUS_REFUSED;
    }
    return status;
}

/* A script: its interpreter is tried instead. BAD_FORMAT: it is none, and `why` stays. */
static status_t take_script(struct attempt *attempt, handle_t file)
{
    char line[SCRIPT_LINE_BYTES];
    char reason[SCRIPT_LINE_REASON];
    char texts[ARGUMENT_BYTES];
    struct script_line script;
    uint64_t count = 0;
    status_t status = program_read_begin(file, line, sizeof(line), &count);
    if (status == STATUS_OK) {
        status = script_line_parse(line, (uint32_t)count, &script, reason);
        if (status == STATUS_REFUSED) {
            refuse(attempt, reason);
        }
    }
    if (status == STATUS_OK) {
        status = arguments_of_script(&attempt->arguments, &script, attempt->path, texts);
        if (status != STATUS_OK) {
            refuse(attempt, "its arguments and those of its first line are too long");
        }
    }
    if (status != STATUS_OK) {
        return status;
    }
    memcpy(attempt->texts, texts, attempt->arguments.bytes);
    attempt->arguments.texts = attempt->texts;
    memcpy(attempt->path, script.interpreter, script.interpreter_length);
    attempt->path[script.interpreter_length] = '\0';
    refuse(attempt, "");
    return STATUS_OK;
}

static status_t try_once(struct process *process, struct attempt *attempt, bool *script)
{
    handle_t file = 0;
    status_t status = process->killed ? STATUS_INTERRUPTED : open_program(process, attempt, &file);
    *script = false;
    if (status != STATUS_OK) {
        return status;
    }
    status = exec_load(process, &process->next_image, file, attempt->path, &attempt->arguments,
                       &attempt->why);
    if (status == STATUS_BAD_FORMAT) {
        status = take_script(attempt, file);
        *script = status == STATUS_OK;
    }
    if (status == STATUS_BAD_FORMAT) {
        status = foreign_start(process, file, attempt->path, &attempt->arguments, &attempt->why);
    }
    status_ignore(handle_close(file));
    return status;
}

/* A path that is no program is no news, unless a script names it. */
static void tell(const struct process *process, const struct attempt *attempt, const char *path,
                 status_t status)
{
    bool is_interpreter = strcmp(attempt->path, path) != 0;
    const char *why = attempt->why.text;
    if (why[0] == '\0' && is_interpreter && status != STATUS_INTERRUPTED) {
        why = status_text(status);
    }
    if (why[0] != '\0') {
        log_line("%s (%u): exec of %s: %s%s%s", process->name, process->pid, path,
                 is_interpreter ? attempt->path : "", is_interpreter ? ", its interpreter: " : "",
                 why);
    }
}

static status_t replace(struct process *process, struct attempt *attempt, const char *path)
{
    status_t status = STATUS_REFUSED;
    bool script = true;
    for (unsigned i = 0; i <= INTERPRETERS && script; i++) {
        status = try_once(process, attempt, &script);
    }
    if (script) {
        refuse(attempt, "is a script as well, and it has too many before it");
        status = STATUS_REFUSED;
    }
    if (status != STATUS_OK) {
        tell(process, attempt, path, status);
    }
    return status;
}

status_t exec_replace(struct process *process, const char *path, const struct arguments *arguments)
{
    if (strlen(path) >= NAMES_PATH || arguments->bytes > ARGUMENT_BYTES) {
        return STATUS_TOO_LARGE;
    }
    mutex_lock(&host.lock);
    struct attempt *attempt = pool_take(&host.attempts);
    mutex_unlock(&host.lock);
    if (attempt == NULL) {
        return STATUS_NO_PAGES;
    }
    memcpy(attempt->path, path, strlen(path) + 1);
    memcpy(attempt->texts, arguments->texts, arguments->bytes);
    attempt->arguments = *arguments;
    attempt->arguments.texts = attempt->texts;
    process_shield(process);
    status_t status = replace(process, attempt, path);
    process_unshield(process);
    mutex_lock(&host.lock);
    pool_give(&host.attempts, attempt);
    mutex_unlock(&host.lock);
    process->leaves = status == STATUS_OK;
    return status;
}

size_t exec_attempt_bytes(void)
{
    return sizeof(struct attempt);
}
