/*
 * Child programs, by the protocol `process`. What travels in the lent buffer: path, arguments and
 * environment, each ended by a zero byte, then room for the line of a refusal.
 */
#include <sinter/protocol/process.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "path.h"
#include "program.h"

#define REFUSAL_ROOM 512
#define BOOT_SET     "/boot/"
#define STATUS_BASE  128 /* of what ended by a kill or a fault */
#define SIGNAL_KILL  9
#define SIGNAL_FAULT 11
#define STATUS_MASK  0xff

/* The bytes of all strings of a list with their ends, and how many they are. */
static size_t list_size(char *const *list, uint64_t *count)
{
    size_t size = 0;
    for (*count = 0; list[*count] != NULL; ++*count) {
        size += strlen(list[*count]) + 1;
    }
    return size;
}

static char *put_list(char *to, char *const *list)
{
    for (; *list != NULL; list++) {
        size_t size = strlen(*list) + 1;
        memcpy(to, *list, size);
        to += size;
    }
    return to;
}

/* What is lent: `used` bytes of texts, and room behind. */
struct lent {
    char *buffer;
    size_t used, size;
    uint64_t counts[2]; /* of arguments, of the environment */
};

/* Of objects of the boot set the supervisor has the bytes, and knows what init.rc allows them. */
static bool is_in_boot_set(const char *path)
{
    return strncmp(path, BOOT_SET, sizeof(BOOT_SET) - 1) == 0;
}

static status_t spawn(const struct child_request *request, const struct lent *lent,
                      const char *path, struct child *child, char *refusal, size_t refusal_size)
{
    handle_t process = program_handle("process");
    handle_t files[3];
    handle_t object = 0;
    uint64_t object_size = 0;
    for (int i = 0; i < 3; i++) {
        files[i] = descriptor_endpoint(request->descriptors[i]);
        if (files[i] == 0) {
            return STATUS_BAD_HANDLE;
        }
    }
    if (is_in_boot_set(path)) {
        return process_spawn(process, lent->used, lent->counts[0], lent->counts[1], files[0],
                             files[1], files[2], lent->buffer, lent->size, &child->pid,
                             &child->endpoint);
    }
    status_t status = object_read(path, &object, &object_size, refusal, refusal_size);
    if (status == STATUS_OK) {
        status = process_spawn_object(process, lent->used, lent->counts[0], lent->counts[1],
                                      object_size, files[0], files[1], files[2], object,
                                      lent->buffer, lent->size, &child->pid, &child->endpoint);
        status_ignore(handle_close(object));
    }
    return status;
}

static bool lend(const struct child_request *request, const char *path, struct lent *lent)
{
    size_t path_size = strlen(path) + 1;
    size_t arguments_size = list_size(request->arguments, &lent->counts[0]);
    lent->used = path_size + arguments_size + list_size(request->environment, &lent->counts[1]);
    lent->size = lent->used + REFUSAL_ROOM;
    lent->buffer = calloc(1, lent->size);
    if (lent->buffer == NULL) {
        return false;
    }
    memcpy(lent->buffer, path, path_size);
    char *end = put_list(lent->buffer + path_size, request->arguments);
    (void)put_list(end, request->environment);
    return true;
}

status_t child_start(const struct child_request *request, struct child *child, char *refusal,
                     size_t refusal_size)
{
    char path[PATH_SIZE];
    struct lent lent;
    status_t status = path_resolve(request->path, path);
    if (status != STATUS_OK || !lend(request, path, &lent)) {
        return status != STATUS_OK ? status : STATUS_NO_PAGES;
    }
    stdio_flush();
    status = spawn(request, &lent, path, child, refusal, refusal_size);
    if (refusal_size > 0 && lent.buffer[lent.used] != '\0') {
        lent.buffer[lent.size - 1] = '\0';
        strncpy(refusal, lent.buffer + lent.used, refusal_size - 1);
        refusal[refusal_size - 1] = '\0';
    }
    free(lent.buffer);
    return status;
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

status_t child_wait(handle_t endpoint, int *exit_status)
{
    int64_t code = 0;
    uint32_t reason = EXIT_NONE;
    status_t status;
    do {
        status = process_wait(endpoint, &code, &reason);
    } while (status == STATUS_INTERRUPTED);
    *exit_status = child_exit_status(code, reason);
    return status;
}

/* The supervisor puts the program's number beside the handle with which it starts others. */
pid_t getpid(void)
{
    const struct start_handle *process = start_handle_find(program_info, "process");
    return process != NULL ? (pid_t)process->extra[0] : 0;
}
