/* Simple commands: assignments, words and redirections, up to the start of a program. */
#include <string.h>

#include "pipeline.h"

static const struct word *skip_assignments(const struct node *node, size_t *count)
{
    const struct word *word = node->words;
    for (*count = 0; word != NULL && word_assignment(word->text) > 0; ++*count) {
        word = word->next;
    }
    return word;
}

static void trace(const struct command *command)
{
    for (size_t i = 0; i < command->count; i++) {
        shell_print(command->io.files[2], "%s%s", i == 0 ? "+ " : " ", command->words[i]);
    }
    shell_print(command->io.files[2], "\n");
}

bool command_prepare(struct shell *shell, const struct node *node, const struct io *io,
                     struct arena *arena, struct command *command)
{
    *command = (struct command){.assignments = node->words, .io = *io};
    const struct word *words = skip_assignments(node, &command->assignment_count);
    command->words = words_expand(shell, io, arena, words, &command->count);
    if (command->words == NULL) {
        return false;
    }
    if (shell->trace && command->count > 0) {
        trace(command);
    }
    return redirect(shell, node->redirections, &command->io, &command->opened, arena);
}

void command_finish(struct command *command)
{
    redirect_close(&command->opened);
}

bool command_assign(struct shell *shell, const struct command *command, struct arena *arena)
{
    const struct word *word = command->assignments;
    for (size_t i = 0; i < command->assignment_count; i++, word = word->next) {
        size_t length = word_assignment(word->text);
        char *value = words_expand_text(shell, &command->io, arena, word->text + length + 1);
        if (value == NULL) {
            return false;
        }
        variables_set(&shell->variables, arena_text(arena, word->text, length), value);
    }
    return true;
}

/* Puts NAME=VALUE over the entry of the same name, or into the free place at the end. */
static void override(char **environment, char *entry, size_t length)
{
    while (*environment != NULL && strncmp(*environment, entry, length + 1) != 0) {
        environment++;
    }
    *environment = entry;
}

static char **make_environment(struct shell *shell, const struct command *command,
                               struct arena *arena)
{
    char **exported = variables_environment(&shell->variables, false, arena);
    size_t count = 0;
    while (exported[count] != NULL) {
        count++;
    }
    size_t size = (count + command->assignment_count + 1) * sizeof(*exported);
    char **environment = arena_allocate(arena, size);
    memcpy(environment, exported, count * sizeof(*exported));
    const struct word *word = command->assignments;
    for (size_t i = 0; i < command->assignment_count; i++, word = word->next) {
        char *entry = words_expand_text(shell, &command->io, arena, word->text);
        if (entry == NULL) {
            return NULL;
        }
        override(environment, entry, word_assignment(word->text));
    }
    return environment;
}

int command_start(struct shell *shell, const struct command *command, struct arena *arena,
                  struct child *child)
{
    char **environment = make_environment(shell, command, arena);
    if (environment == NULL) {
        return STATUS_FAILURE;
    }
    return program_start(shell, command->words, environment, &command->io, child);
}
