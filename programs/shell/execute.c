/* Runs the tree. Every function answers an exit status and leaves it in shell->status. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pipeline.h"

#define SCRIPT_CHUNK 4096

bool shell_stopping(const struct shell *shell)
{
    return shell->exiting || shell->leave > 0 || terminal_interrupted();
}

static int run_program(struct shell *shell, const struct command *command, struct arena *arena)
{
    struct child child;
    int failure = command_start(shell, command, arena, &child);
    if (failure != 0) {
        return failure;
    }
    (void)terminal_add_foreground(child.endpoint);
    return child_finish(shell, &child, &command->io);
}

static int run_prepared(struct shell *shell, struct command *command, struct arena *arena)
{
    if (command->count == 0) {
        shell->status = 0; /* a $(...) among the values sets it anew */
        return command_assign(shell, command, arena) ? shell->status : STATUS_FAILURE;
    }
    builtin_function *builtin = builtin_find(command->words[0]);
    if (builtin == NULL) {
        return run_program(shell, command, arena);
    }
    if (!command_assign(shell, command, arena)) {
        return STATUS_FAILURE;
    }
    return builtin(shell, (int)command->count, command->words, &command->io);
}

static int execute_command(struct shell *shell, const struct node *node, const struct io *io)
{
    struct arena arena = {0};
    struct command command = {0};
    int status = STATUS_FAILURE;
    if (command_prepare(shell, node, io, &arena, &command)) {
        status = run_prepared(shell, &command, &arena);
    }
    command_finish(&command);
    arena_free(&arena);
    return status;
}

/* set -e: a command that fails ends the shell, unless its status is asked for. */
static void check_failure(struct shell *shell, const struct node *node)
{
    bool asked = node->kind == NODE_NOT || node->kind == NODE_IF || shell->conditions > 0;
    if (shell->exit_on_failure && shell->status != 0 && !asked) {
        shell->exiting = true;
    }
}

static int execute_list(struct shell *shell, const struct node *list, const struct io *io)
{
    int status = 0;
    for (const struct node *node = list->first; node != NULL && !shell_stopping(shell);
         node = node->next) {
        status = execute(shell, node, io);
        check_failure(shell, node);
    }
    return status;
}

static int execute_condition(struct shell *shell, const struct node *node, const struct io *io)
{
    shell->conditions++;
    int status = execute(shell, node, io);
    shell->conditions--;
    return status;
}

static int execute_chain(struct shell *shell, const struct node *chain, const struct io *io)
{
    int status = 0;
    for (const struct node *node = chain->first; node != NULL && !shell_stopping(shell);
         node = node->next) {
        bool run = node->join == JOIN_NONE || (node->join == JOIN_AND) == (status == 0);
        if (run) {
            status =
                node->next != NULL ? execute_condition(shell, node, io) : execute(shell, node, io);
        }
    }
    return status;
}

static int execute_if(struct shell *shell, const struct node *node, const struct io *io)
{
    while (node != NULL && node->kind == NODE_IF) {
        int status = execute_condition(shell, node->first, io);
        if (shell_stopping(shell)) {
            return status;
        }
        if (status == 0) {
            return execute(shell, node->second, io);
        }
        node = node->third;
    }
    return node != NULL ? execute(shell, node, io) : 0;
}

/* After a loop's body: whether the loop goes on. */
static bool loop_goes_on(struct shell *shell)
{
    if (shell->leave == 0) {
        return !shell_stopping(shell);
    }
    shell->leave--;
    return shell->leave == 0 && shell->again && !shell_stopping(shell);
}

static int execute_while(struct shell *shell, const struct node *node, const struct io *io)
{
    int status = 0;
    bool wanted = node->kind == NODE_WHILE;
    shell->loops++;
    while ((execute_condition(shell, node->first, io) == 0) == wanted && !shell_stopping(shell)) {
        status = execute(shell, node->second, io);
        if (!loop_goes_on(shell)) {
            break;
        }
    }
    shell->loops--;
    return status;
}

static int execute_for(struct shell *shell, const struct node *node, const struct io *io)
{
    struct arena arena = {0};
    size_t count = shell->parameter_count;
    char **values = shell->parameters;
    int status = 0;
    if (node->listed) {
        values = words_expand(shell, io, &arena, node->words, &count);
        status = values != NULL ? 0 : STATUS_FAILURE;
    }
    shell->loops++;
    for (size_t i = 0; values != NULL && i < count; i++) {
        variables_set(&shell->variables, node->name, values[i]);
        status = execute(shell, node->first, io);
        if (!loop_goes_on(shell)) {
            break;
        }
    }
    shell->loops--;
    arena_free(&arena);
    return status;
}

static int execute_compound(struct shell *shell, const struct node *node, const struct io *io)
{
    switch (node->kind) {
    case NODE_IF:
        return execute_if(shell, node, io);
    case NODE_WHILE:
    case NODE_UNTIL:
        return execute_while(shell, node, io);
    case NODE_FOR:
        return execute_for(shell, node, io);
    default:
        return execute(shell, node->first, io);
    }
}

static int execute_redirected(struct shell *shell, const struct node *node, const struct io *io)
{
    struct arena arena = {0};
    struct opened opened = {.count = 0};
    struct io own = *io;
    int status = STATUS_FAILURE;
    if (redirect(shell, node->redirections, &own, &opened, &arena)) {
        status = execute_compound(shell, node, &own);
    }
    redirect_close(&opened);
    arena_free(&arena);
    return status;
}

static int execute_node(struct shell *shell, const struct node *node, const struct io *io)
{
    switch (node->kind) {
    case NODE_COMMAND:
        return execute_command(shell, node, io);
    case NODE_PIPELINE:
    case NODE_SUBSHELL:
        return pipeline_run(shell, node, io);
    case NODE_NOT:
        return execute_condition(shell, node->first, io) == 0;
    case NODE_CHAIN:
        return execute_chain(shell, node, io);
    case NODE_LIST:
        return execute_list(shell, node, io);
    case NODE_BACKGROUND:
        return pipeline_background(shell, node->first, io);
    default:
        return execute_redirected(shell, node, io);
    }
}

int execute(struct shell *shell, const struct node *node, const struct io *io)
{
    if (shell->depth == SHELL_DEPTH_LIMIT) {
        shell_complain(io, "commands run each other more than %d deep", SHELL_DEPTH_LIMIT);
        return STATUS_FAILURE;
    }
    shell->depth++;
    int status = execute_node(shell, node, io);
    shell->depth--;
    /* `exit` has set the status, which commands around it must not change. */
    if (!shell->exiting) {
        shell->status = terminal_interrupted() ? STATUS_INTERRUPT : status;
    }
    return shell->status;
}

int execute_text(struct shell *shell, const char *text, size_t length, const char *origin,
                 const struct io *io)
{
    struct arena arena = {0};
    struct parser parser;
    struct node *tree;
    enum parse_status parsed = PARSE_COMMAND;
    parser_start(&parser, &arena, text, length);
    while (!shell_stopping(shell) && (parsed = parser_next(&parser, &tree)) == PARSE_COMMAND) {
        (void)execute(shell, tree, io);
    }
    if (parsed == PARSE_ERROR || parsed == PARSE_UNFINISHED) {
        shell_complain(io, "%s: line %lu: %s", origin, (unsigned long)parser_line(&parser),
                       parser.message);
        shell->status = STATUS_USAGE;
    }
    arena_free(&arena);
    return shell->status;
}

/* The text of a file in memory for free(), or null and errno. */
static char *read_file(const char *path, size_t *length)
{
    int file = open(path, O_RDONLY);
    if (file < 0) {
        return NULL;
    }
    char *text = checked_allocate(SCRIPT_CHUNK);
    ssize_t count;
    *length = 0;
    while ((count = read(file, text + *length, SCRIPT_CHUNK)) > 0) {
        *length += (size_t)count;
        text = checked_resize(text, *length + SCRIPT_CHUNK);
    }
    int error = errno;
    (void)close(file);
    if (count < 0) {
        free(text);
        errno = error;
        return NULL;
    }
    return text;
}

int execute_file(struct shell *shell, const char *path, const struct io *io)
{
    size_t length;
    char *text = read_file(path, &length);
    if (text == NULL) {
        shell_complain(io, "%s: %s", path, strerror(errno));
        shell->status = STATUS_UNKNOWN_COMMAND;
        return shell->status;
    }
    int status = execute_text(shell, text, length, path, io);
    free(text);
    return status;
}
