/* See foreign.h. */
#include "foreign.h"

#include <sinter/protocol/personality.h>
#include <sinter/protocol/process.h>
#include "c_string.h"

#include "elf_format.h"
#include "pipe.h"
#include "program_file.h"
#include "session.h"

enum {
    STANDARD = 3,           /* descriptors that another kind of program gets */
    OBJECT_MOST = 64 << 20, /* bytes */
    BLOCK_BYTES = ARGUMENT_BYTES + 2 * NAMES_PATH + REFUSAL_BYTES,
    EXIT_BASE = 128,    /* of what was killed or crashed, as shells have it */
    INTERRUPTIONS = 64, /* without a reason here: more are a lie of whoever runs the program */
    EXIT_MOST = 255,
    SIGNAL_KILL = 9,
    SIGNAL_FAULT = 11,
};

/* What is lent: texts, and room for the line of a refusal behind them. */
struct block {
    char bytes[BLOCK_BYTES];
    size_t used;
};

static void put(struct block *block, const char *text)
{
    size_t size = strlen(text) + 1;
    memcpy(block->bytes + block->used, text, size);
    block->used += size;
}

static void put_arguments(struct block *block, const struct arguments *arguments)
{
    memcpy(block->bytes + block->used, arguments->texts, arguments->bytes);
    block->used += arguments->bytes;
    memset(block->bytes + block->used, 0, sizeof(block->bytes) - block->used);
}

static void add_reason(struct refusal_text *why, const char *who, const char *reason)
{
    size_t at = strlen(why->text);
    (void)format_text(why->text + at, sizeof(why->text) - at, "%s%s%s%s", at > 0 ? "; " : "", who,
                      who[0] != '\0' ? ": " : "", reason);
}

static void close_all(handle_t files[STANDARD])
{
    for (unsigned i = 0; i < STANDARD; i++) {
        if (files[i] != 0) {
            status_ignore(handle_close(files[i]));
            files[i] = 0;
        }
    }
}

/* A file for a descriptor that is closed: its end is there at once, and nobody is written to. Lock
 * held. */
static struct open_file *nothing(bool writable)
{
    struct open_file *ends[2];
    if (pipe_new(&ends[0], &ends[1]) != STATUS_OK) {
        return NULL;
    }
    open_file_release(ends[!writable]);
    return ends[writable];
}

/* Endpoints of the first descriptors. */
static status_t endpoints(struct process *process, handle_t files[STANDARD])
{
    status_t status = STATUS_OK;
    for (unsigned i = 0; i < STANDARD && status == STATUS_OK; i++) {
        mutex_lock(&host.lock);
        struct open_file *file = process->files[i];
        if (file != NULL && file->kind == OPEN_CONSOLE && process->console != NULL) {
            file = i == 0 ? process->console->input : process->console->output;
        }
        file = file != NULL ? open_file_share(file) : nothing(i > 0);
        mutex_unlock(&host.lock);
        if (file == NULL) {
            status = STATUS_FULL;
            break;
        }
        status = open_file_endpoint(file, &files[i]);
        mutex_lock(&host.lock);
        open_file_release(file);
        mutex_unlock(&host.lock);
    }
    if (status != STATUS_OK) {
        close_all(files);
    }
    return status;
}

/* ---- objects of the system ------------------------------------------------------------------- */

static status_t load_object(handle_t file, uint64_t size, handle_t *object)
{
    uint64_t at = 0;
    status_t status = memory_create(host.account, size, 0, object);
    if (status == STATUS_OK) {
        status = space_map(0, *object, 0, 0, PAGES(size), MAP_READ | MAP_WRITE, &at);
    }
    if (status == STATUS_OK) {
        status = program_read(file, 0, (void *)(uintptr_t)at, size);
        status_ignore(space_unmap(0, at, PAGES(size)));
    }
    if (status != STATUS_OK && *object != 0) {
        status_ignore(handle_close(*object));
        *object = 0;
    }
    return status;
}

/* BAD_FORMAT: it is none. */
static status_t check_object(handle_t file, struct refusal_text *why)
{
    Elf64_Ehdr header;
    status_t status = program_read(file, 0, &header, sizeof(header));
    if (status == STATUS_OK &&
        (memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 || header.e_type != ET_REL)) {
        status = STATUS_BAD_FORMAT;
    }
    if (status == STATUS_BAD_FORMAT) {
        add_reason(why, "", "not an object of Sinter");
    }
    return status;
}

static status_t start_object(struct process *process, handle_t file, const char *path,
                             const struct arguments *arguments, handle_t files[STANDARD],
                             struct refusal_text *why)
{
    struct block block = {.used = 0};
    handle_t object = 0;
    uint64_t size = 0;
    uint64_t pid;
    status_t status = check_object(file, why);
    if (status == STATUS_OK) {
        status = program_size(file, &size);
    }
    if (status == STATUS_OK) {
        status = size <= OBJECT_MOST ? load_object(file, size, &object) : STATUS_TOO_LARGE;
    }
    if (status != STATUS_OK) {
        return status;
    }
    put(&block, path);
    put_arguments(&block, arguments);
    status = process_spawn_object(host.spawner, block.used, arguments->argument_count,
                                  arguments->environment_count, size, files[0], files[1], files[2],
                                  object, block.bytes, sizeof(block.bytes), &pid,
                                  &process->foreign_next);
    if (status != STATUS_OK) {
        add_reason(why, "", block.bytes + block.used);
    }
    status_ignore(handle_close(object));
    return status;
}

/* ---- other personalities --------------------------------------------------------------------- */

/* Whether the next may run what this one did not. What one has died of is not given to another. */
static bool may_ask_on(status_t status)
{
    return status == STATUS_BAD_FORMAT || status == STATUS_REFUSED || status == STATUS_BAD_METHOD ||
           status == STATUS_GONE || status == STATUS_NOT_READY;
}

static status_t ask(struct process *process, handle_t other, handle_t file, const char *path,
                    const struct arguments *arguments, handle_t files[STANDARD], const char *name,
                    struct refusal_text *why)
{
    struct block block = {.used = 0};
    uint64_t pid;
    put(&block, path);
    put(&block, "/");
    put_arguments(&block, arguments);
    status_t status = personality_adopt(
        other, block.used, arguments->argument_count, arguments->environment_count, files[0],
        files[1], files[2], file, block.bytes, sizeof(block.bytes), &pid, &process->foreign_next);
    if (status != STATUS_OK) {
        const char *line = block.bytes + block.used;
        block.bytes[sizeof(block.bytes) - 1] = '\0'; /* it is the other's word */
        add_reason(why, name, line[0] != '\0' ? line : status_text(status));
    }
    return status;
}

/* `own`: what this personality has said of the file. */
static status_t ask_all(struct process *process, handle_t file, const char *path,
                        const struct arguments *arguments, handle_t files[STANDARD],
                        const char *own, struct refusal_text *why)
{
    status_t status = STATUS_BAD_FORMAT;
    status_t told = STATUS_BAD_FORMAT;
    for (uint32_t i = 0; may_ask_on(told); i++) {
        char name[sizeof(host.info->name) + 1] = "";
        size_t length = 0;
        handle_t other = 0;
        if (process_personality(host.spawner, i, name, sizeof(name) - 1, &length, &other) !=
            STATUS_OK) {
            break;
        }
        if (strcmp(name, host.info->name) == 0) {
            add_reason(why, name, own[0] != '\0' ? own : status_text(STATUS_BAD_FORMAT));
        } else {
            told = ask(process, other, file, path, arguments, files, name, why);
            status = told == STATUS_BAD_FORMAT ? status : told;
        }
        status_ignore(handle_close(other));
    }
    return status;
}

status_t foreign_start(struct process *process, handle_t file, const char *path,
                       const struct arguments *arguments, struct refusal_text *why)
{
    handle_t files[STANDARD] = {0};
    if (host.spawner == 0) {
        add_reason(why, "", "this instance may start no programs of other kinds (`allow spawn`)");
        return STATUS_REFUSED;
    }
    const struct refusal_text own = *why;
    why->text[0] = '\0';
    status_t status = endpoints(process, files);
    if (status == STATUS_OK && process->killed) { /* a wait for the lock can have taken the kick */
        status = STATUS_INTERRUPTED;
    }
    if (status == STATUS_OK) {
        status = start_object(process, file, path, arguments, files, why);
    }
    if (status == STATUS_BAD_FORMAT) {
        status = ask_all(process, file, path, arguments, files, own.text, why);
    }
    close_all(files);
    if (status != STATUS_OK && status != STATUS_INTERRUPTED && why->text[0] == '\0') {
        add_reason(why, "", status_text(status));
    }
    return status;
}

/* ---- the process that has become one --------------------------------------------------------- */

static int64_t exit_code(int64_t code, uint32_t reason)
{
    if (reason == EXIT_FAULT) {
        return EXIT_BASE + SIGNAL_FAULT;
    }
    if (reason == EXIT_KILLED && (code < EXIT_BASE || code > EXIT_MOST)) {
        return EXIT_BASE + SIGNAL_KILL;
    }
    return code;
}

/* Its own memory and files are not needed any more: the ends of pipes that it has must not keep
 * their readers waiting. The guest stays, to be kicked. */
static void let_go(struct process *process)
{
    struct image *image = &process->image;
    while (image->region_count > 0) {
        const struct region *last = &image->regions[image->region_count - 1];
        if (image_unmap(image, last->start, last->end - last->start) != STATUS_OK) {
            break;
        }
    }
    mutex_lock(&host.lock);
    process->foreign = process->foreign_next;
    process->foreign_next = 0;
    (void)process_continue(process); /* nobody could, later */
    process->state = PROCESS_FOREIGN;
    process->stopped = false;
    process->is_shell = false; /* signals are the other program's to survive */
    process->passes = process->killed;
    process->pass_code = process->kill_code;
    process->killed = process->killed && session_signal_of(process->kill_code) == 0;
    process_close_files(process);
    mutex_unlock(&host.lock);
}

/* What is to be passed on; false: nothing. */
static bool take_code(struct process *process, int64_t *code)
{
    mutex_lock(&host.lock);
    bool passes = process->passes;
    *code = process->pass_code;
    process->passes = false;
    mutex_unlock(&host.lock);
    return passes;
}

/* The kick that comes with a code may end the call that passes it on, or the one before. Whether
 * there was one. */
static bool pass_on(struct process *process)
{
    int64_t code;
    bool passed = false;
    while (take_code(process, &code)) {
        status_t status = STATUS_INTERRUPTED;
        for (unsigned i = 0; i < INTERRUPTIONS && status == STATUS_INTERRUPTED; i++) {
            status = process_kill(process->foreign, code);
        }
        passed = true;
    }
    return passed;
}

void exec_wait_foreign(struct process *process)
{
    int64_t code = 0;
    uint32_t reason = EXIT_NORMAL;
    status_t status = STATUS_INTERRUPTED;
    let_go(process);
    for (unsigned i = 0; i < INTERRUPTIONS && status == STATUS_INTERRUPTED; i++) {
        i = pass_on(process) ? 0 : i;
        status = process_wait(process->foreign, &code, &reason);
    }
    if (status != STATUS_OK) { /* killed with its personality, whatever came with other answers */
        code = EXIT_BASE + SIGNAL_KILL;
        reason = EXIT_KILLED;
    }
    process_exit(process, exit_code(code, reason),
                 process->killed || reason == EXIT_KILLED ? EXIT_KILLED : EXIT_NORMAL);
    status_ignore(handle_close(process->foreign));
}
