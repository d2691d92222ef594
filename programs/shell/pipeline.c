/*
 * What runs as children: pipelines, background commands, subshells and $(...). There is no fork: a
 * part that is no program is run by a further shell, which gets the part's text.
 */
#include "pipeline.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "jobs.h"
#include "path.h"

#define CAPTURE_CHUNK 4096

int child_finish(const struct shell *shell, struct child *child, const struct io *io)
{
    int exit_status = STATUS_UNKNOWN_COMMAND;
    status_t status = child_wait(child->endpoint, &exit_status);
    if (status == STATUS_PEER_DIED || status == STATUS_GONE) {
        shell_complain(io, "%s: has ended with its personality", child->name);
    } else if (status != STATUS_OK) {
        shell_complain(io, "process %s: how it ended is lost: %s", child->name,
                       status_text(status));
        exit_status = STATUS_UNKNOWN_COMMAND;
    }
    if (shell->interactive && exit_status >= STATUS_KILLED) {
        input_take_terminal_back();
    }
    terminal_remove_foreground(child->endpoint);
    status_ignore(handle_close(child->endpoint));
    return exit_status;
}

/* Builtins that are programs as well can be children like any program. */
static bool needs_shell(const struct shell *shell, const struct command *command)
{
    char path[PATH_SIZE];
    return command->count == 0 || (builtin_find(command->words[0]) != NULL &&
                                   !program_find(shell, command->words[0], path));
}

/* Starts `( ... )`: the further shell gets what is between the brackets. */
static int start_subshell(struct shell *shell, const struct node *node, const struct io *io,
                          struct child *child)
{
    struct arena arena = {0};
    struct opened opened = {.count = 0};
    struct io own = *io;
    int status = STATUS_FAILURE;
    if (redirect(shell, node->redirections, &own, &opened, &arena)) {
        status = program_start_shell(shell, node->first->source, node->first->source_length, &own,
                                     child);
    }
    redirect_close(&opened);
    arena_free(&arena);
    return status;
}

/* Starts a command or compound as one child. */
static int start_node(struct shell *shell, const struct node *node, const struct io *io,
                      struct child *child)
{
    struct arena arena = {0};
    struct command command = {0};
    int status = STATUS_FAILURE;
    if (node->kind == NODE_SUBSHELL) {
        return start_subshell(shell, node, io, child);
    }
    if (node->kind != NODE_COMMAND) {
        return program_start_shell(shell, node->source, node->source_length, io, child);
    }
    if (command_prepare(shell, node, io, &arena, &command)) {
        status = needs_shell(shell, &command)
                     ? program_start_shell(shell, node->source, node->source_length, io, child)
                     : command_start(shell, &command, &arena, child);
    }
    command_finish(&command);
    arena_free(&arena);
    return status;
}

/* The children of a pipeline; the exit status of the last if that could not be started. */
struct started {
    struct child children[JOB_CHILDREN];
    size_t count;
    int failure; /* of the last element, 0: it was started */
};

static void start_element(struct shell *shell, const struct node *node, const struct io *io,
                          struct started *started)
{
    struct child *child = &started->children[started->count];
    started->failure = STATUS_CANNOT_RUN;
    if (started->count == JOB_CHILDREN) {
        shell_complain(io, "a pipeline has at most %d commands", JOB_CHILDREN);
        return;
    }
    started->failure = start_node(shell, node, io, child);
    if (started->failure == 0) {
        started->count++;
    }
}

/* Starts the elements from the first to the last, each reading what the one before writes. */
static void start_pipeline(struct shell *shell, const struct node *first, const struct io *io,
                           struct started *started)
{
    struct io own = *io;
    for (const struct node *node = first; node != NULL; node = node->next) {
        int ends[2] = {-1, -1};
        own.files[1] = io->files[1];
        if (node->next != NULL) {
            if (pipe(ends) != 0) {
                shell_complain(io, "/dev/pipe: %s", strerror(errno));
                started->failure = STATUS_CANNOT_RUN;
                break;
            }
            own.files[1] = ends[1];
        }
        start_element(shell, node, &own, started);
        if (own.files[0] != io->files[0]) {
            (void)close(own.files[0]);
        }
        if (node->next != NULL) {
            (void)close(ends[1]);
        }
        own.files[0] = ends[0];
    }
    if (own.files[0] >= 0 && own.files[0] != io->files[0]) {
        (void)close(own.files[0]);
    }
}

static void start_any(struct shell *shell, const struct node *node, const struct io *io,
                      struct started *started)
{
    if (node->kind == NODE_PIPELINE) {
        start_pipeline(shell, node->first, io, started);
    } else {
        start_element(shell, node, io, started);
    }
}

int pipeline_run(struct shell *shell, const struct node *node, const struct io *io)
{
    struct started started = {.count = 0};
    int status = 0;
    start_any(shell, node, io, &started);
    for (size_t i = 0; i < started.count; i++) {
        (void)terminal_add_foreground(started.children[i].endpoint);
    }
    for (size_t i = 0; i < started.count; i++) {
        status = child_finish(shell, &started.children[i], io);
    }
    return started.failure != 0 ? started.failure : status;
}

/* Background commands read nothing; without /dev/null they share the shell's input. */
static int open_nothing(struct io *io)
{
    int nothing = open("/dev/null", O_RDONLY);
    if (nothing >= 0) {
        io->files[0] = nothing;
    }
    return nothing;
}

int pipeline_background(struct shell *shell, const struct node *node, const struct io *io)
{
    struct started started = {.count = 0};
    struct io own = *io;
    int nothing = open_nothing(&own);
    start_any(shell, node, &own, &started);
    if (nothing >= 0) {
        (void)close(nothing);
    }
    if (started.count == 0) {
        return started.failure;
    }
    memcpy(shell->background, started.children[started.count - 1].name, CHILD_NAME);
    struct job *job = jobs_add(started.children, started.count, node->source, node->source_length);
    if (job == NULL) {
        shell_complain(io, "more than %d jobs: this one runs unwatched", JOB_LIMIT);
    } else if (shell->interactive) {
        shell_print(io->files[2], "[%u] %s\n", job->number, job->name);
    }
    return started.failure;
}

/* All that comes from a file; *length bytes in memory for free(). */
static char *read_all(int file, size_t *length)
{
    char *text = checked_allocate(CAPTURE_CHUNK);
    ssize_t count;
    *length = 0;
    while ((count = read(file, text + *length, CAPTURE_CHUNK)) > 0) {
        *length += (size_t)count;
        text = checked_resize(text, *length + CAPTURE_CHUNK);
    }
    return text;
}

const char *pipeline_capture(struct shell *shell, const char *text, size_t length,
                             const struct io *io, struct arena *arena)
{
    int ends[2];
    struct child child;
    struct io own = *io;
    size_t size;
    if (pipe(ends) != 0) {
        shell_complain(io, "/dev/pipe: %s", strerror(errno));
        return NULL;
    }
    own.files[1] = ends[1];
    int failure = program_start_shell(shell, text, length, &own, &child);
    (void)close(ends[1]);
    if (failure != 0) {
        (void)close(ends[0]);
        return NULL;
    }
    (void)terminal_add_foreground(child.endpoint);
    char *output = read_all(ends[0], &size);
    (void)close(ends[0]);
    shell->status = child_finish(shell, &child, io);
    while (size > 0 && output[size - 1] == '\n') {
        size--;
    }
    char *result = arena_text(arena, output, size);
    free(output);
    return result;
}
