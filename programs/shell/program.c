/* Finding the file of a command and starting it. */
#include <string.h>

#include "find_program.h"
#include "path.h"
#include "shell.h"

#define REFUSAL_SIZE 512
#define SHELL_NAME   "shell"

bool program_find(const struct shell *shell, const char *name, char path[])
{
    return find_program(variables_get(&shell->variables, "PATH"), name, path);
}

static int report(const struct io *io, const char *name, status_t status, const char *refusal)
{
    if (refusal[0] != '\0') {
        shell_complain(io, "%s", refusal);
    } else {
        shell_complain(io, "%s: cannot be started: %s", name, status_text(status));
    }
    return status == STATUS_NOT_FOUND ? STATUS_UNKNOWN_COMMAND : STATUS_CANNOT_RUN;
}

int program_start(struct shell *shell, char **arguments, char *const *environment,
                  const struct io *io, struct child *child)
{
    char path[PATH_SIZE];
    char refusal[REFUSAL_SIZE] = "";
    if (!program_find(shell, arguments[0], path)) {
        shell_complain(io, "%s: no such command; `help` lists them", arguments[0]);
        return STATUS_UNKNOWN_COMMAND;
    }
    struct child_request request = {
        path, arguments, environment, {io->files[0], io->files[1], io->files[2]}};
    status_t status = child_start(&request, child, refusal, sizeof(refusal));
    return status == STATUS_OK ? 0 : report(io, arguments[0], status, refusal);
}

int program_start_shell(struct shell *shell, const char *text, size_t length, const struct io *io,
                        struct child *child)
{
    struct arena arena = {0};
    char **list = arena_allocate(&arena, (shell->parameter_count + 5) * sizeof(*list));
    list[0] = arena_text(&arena, SHELL_NAME, strlen(SHELL_NAME));
    list[1] = arena_text(&arena, "-c", 2);
    list[2] = arena_text(&arena, text, length);
    list[3] = arena_text(&arena, shell->name, strlen(shell->name));
    for (size_t i = 0; i < shell->parameter_count; i++) {
        list[4 + i] = shell->parameters[i];
    }
    char **environment = variables_environment(&shell->variables, true, &arena);
    int status = program_start(shell, list, environment, io, child);
    arena_free(&arena);
    return status;
}
