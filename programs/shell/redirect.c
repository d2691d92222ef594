/* Redirections: files opened for one command. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "shell.h"

#define NEW_FILE_MODE 0666

static int open_flags(enum redirection_kind kind)
{
    switch (kind) {
    case REDIRECTION_OUTPUT:
        return O_WRONLY | O_CREAT | O_TRUNC;
    case REDIRECTION_APPEND:
        return O_WRONLY | O_CREAT | O_APPEND;
    default:
        return O_RDONLY;
    }
}

static bool open_target(enum redirection_kind kind, const char *target, int descriptor,
                        struct io *io, struct opened *opened)
{
    if (opened->count == OPENED_LIMIT) {
        shell_complain(io, "more than %d redirections", OPENED_LIMIT);
        return false;
    }
    int file = open(target, open_flags(kind), NEW_FILE_MODE);
    if (file < 0) {
        shell_complain(io, "%s: %s", target, strerror(errno));
        return false;
    }
    if (kind == REDIRECTION_APPEND) {
        (void)lseek(file, 0, SEEK_END); /* streams have no end to seek */
    }
    opened->files[opened->count++] = file;
    io->files[descriptor] = file;
    return true;
}

bool redirect(struct shell *shell, const struct redirection *redirections, struct io *io,
              struct opened *opened, struct arena *arena)
{
    for (; redirections != NULL; redirections = redirections->next) {
        int descriptor = redirections->descriptor;
        const char *target = words_expand_text(shell, io, arena, redirections->target);
        if (target == NULL) {
            return false;
        }
        if (redirections->kind != REDIRECTION_DUPLICATE) {
            if (!open_target(redirections->kind, target, descriptor, io, opened)) {
                return false;
            }
        } else if (target[0] >= '0' && target[0] <= '2' && target[1] == '\0') {
            io->files[descriptor] = io->files[target[0] - '0'];
        } else {
            shell_complain(io, "%s: a descriptor from 0 to 2 belongs after `&`", target);
            return false;
        }
    }
    return true;
}

void redirect_close(struct opened *opened)
{
    while (opened->count > 0) {
        (void)close(opened->files[--opened->count]);
    }
}
