/*
 * Child programs, by the protocol `process`. What travels in the lent buffer: path, arguments and
 * environment, each ended by a zero byte, then room for the line of a refusal.
 */
#include <sinter/protocol/process.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "program.h"

#define REFUSAL_ROOM 512
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

static status_t spawn(const struct child_request *request, char *buffer, size_t used, size_t size,
                      const uint64_t counts[2], struct child *child)
{
    handle_t files[3];
    for (int i = 0; i < 3; i++) {
        files[i] = descriptor_endpoint(request->descriptors[i]);
        if (files[i] == 0) {
            return STATUS_BAD_HANDLE;
        }
    }
    return process_spawn(program_handle("process"), used, counts[0], counts[1], files[0], files[1],
                         files[2], buffer, size, &child->pid, &child->endpoint);
}

status_t child_start(const struct child_request *request, struct child *child, char *refusal,
                     size_t refusal_size)
{
    uint64_t counts[2];
    size_t path_size = strlen(request->path) + 1;
    size_t arguments_size = list_size(request->arguments, &counts[0]);
    size_t used = path_size + arguments_size + list_size(request->environment, &counts[1]);
    char *buffer = calloc(1, used + REFUSAL_ROOM);
    if (buffer == NULL) {
        return STATUS_NO_PAGES;
    }
    memcpy(buffer, request->path, path_size);
    char *end = put_list(buffer + path_size, request->arguments);
    (void)put_list(end, request->environment);
    stdio_flush();
    status_t status = spawn(request, buffer, used, used + REFUSAL_ROOM, counts, child);
    if (refusal_size > 0) {
        buffer[used + REFUSAL_ROOM - 1] = '\0';
        strncpy(refusal, buffer + used, refusal_size - 1);
        refusal[refusal_size - 1] = '\0';
    }
    free(buffer);
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
