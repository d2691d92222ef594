/* A simple command made ready to run, and what the executor needs to run it as a child. */
#ifndef SHELL_PIPELINE_H
#define SHELL_PIPELINE_H

#include "shell.h"

struct command {
    const struct word *assignments; /* the first of the words, raw */
    size_t assignment_count;
    char **words; /* expanded, ended by null */
    size_t count;
    struct io io; /* with its redirections */
    struct opened opened;
};

/* Expands and redirects. False on failure, which is printed. command_finish() is due either way. */
bool command_prepare(struct shell *shell, const struct node *node, const struct io *io,
                     struct arena *arena, struct command *command);
void command_finish(struct command *command);
/* Sets the command's variables in the shell. */
bool command_assign(struct shell *shell, const struct command *command, struct arena *arena);
/* Starts it as a program; 0, or the exit status that fits the failure. */
int command_start(struct shell *shell, const struct command *command, struct arena *arena,
                  struct child *child);

/* Waits for a child in the foreground and closes its handle; its exit status. */
int child_finish(const struct shell *shell, struct child *child, const struct io *io);

#endif
