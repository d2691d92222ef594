/* The table of builtins, and the short ones. */
#include "builtins.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "path.h"

#define NUMBER_LIMIT 1000000000L

long builtin_number(const char *text)
{
    char *rest;
    long value = strtol(text, &rest, 10);
    return *text >= '0' && *text <= '9' && *rest == '\0' && value <= NUMBER_LIMIT ? value : -1;
}

static int builtin_true(struct shell *shell, int count, char **words, const struct io *io)
{
    (void)shell;
    (void)count;
    (void)words;
    (void)io;
    return 0;
}

static int builtin_false(struct shell *shell, int count, char **words, const struct io *io)
{
    (void)shell;
    (void)count;
    (void)words;
    (void)io;
    return STATUS_FAILURE;
}

/* One write for the whole line, so that lines of several writers do not mix. */
static int builtin_echo(struct shell *shell, int count, char **words, const struct io *io)
{
    bool end = count < 2 || strcmp(words[1], "-n") != 0;
    size_t size = 1;
    (void)shell;
    for (int i = 1; i < count; i++) {
        size += strlen(words[i]) + 1;
    }
    char *text = checked_allocate(size);
    size_t length = 0;
    for (int i = end ? 1 : 2; i < count; i++) {
        size_t word = strlen(words[i]);
        memcpy(text + length, words[i], word);
        length += word;
        text[length++] = ' ';
    }
    length -= length > 0; /* the last blank */
    if (end) {
        text[length++] = '\n';
    }
    ssize_t written = write(io->files[1], text, length);
    free(text);
    if (written != (ssize_t)length) {
        shell_complain(io, "echo: %s", strerror(errno));
        return STATUS_FAILURE;
    }
    return 0;
}

static int builtin_cd(struct shell *shell, int count, char **words, const struct io *io)
{
    char directory[PATH_SIZE];
    const char *target = count > 1 ? words[1] : "/";
    if (chdir(target) != 0 || getcwd(directory, sizeof(directory)) == NULL) {
        shell_complain(io, "cd: %s: %s", target, strerror(errno));
        return STATUS_FAILURE;
    }
    variables_set(&shell->variables, "PWD", directory);
    variables_export(&shell->variables, "PWD");
    return 0;
}

static int builtin_pwd(struct shell *shell, int count, char **words, const struct io *io)
{
    char directory[PATH_SIZE];
    (void)shell;
    (void)count;
    (void)words;
    if (getcwd(directory, sizeof(directory)) == NULL) {
        return STATUS_FAILURE;
    }
    shell_print(io->files[1], "%s\n", directory);
    return 0;
}

static int builtin_exit(struct shell *shell, int count, char **words, const struct io *io)
{
    long status = count > 1 ? builtin_number(words[1]) : shell->status;
    if (status < 0) {
        shell_complain(io, "exit: `%s` is no exit status; a number from 0 to 255 is", words[1]);
        status = STATUS_USAGE;
    }
    shell->status = (int)(status & STATUS_MASK);
    shell->exiting = true;
    return shell->status;
}

static int leave_loops(struct shell *shell, int count, char **words, const struct io *io,
                       bool again)
{
    long levels = count > 1 ? builtin_number(words[1]) : 1;
    if (levels < 1 || shell->loops == 0) {
        shell_complain(io, "%s: %s", words[0],
                       shell->loops == 0 ? "not in a loop" : "the number of loops is at least 1");
        return STATUS_FAILURE;
    }
    shell->leave = (unsigned)levels < shell->loops ? (unsigned)levels : shell->loops;
    shell->again = again;
    return 0;
}

static int builtin_break(struct shell *shell, int count, char **words, const struct io *io)
{
    return leave_loops(shell, count, words, io, false);
}

static int builtin_continue(struct shell *shell, int count, char **words, const struct io *io)
{
    return leave_loops(shell, count, words, io, true);
}

static int builtin_source(struct shell *shell, int count, char **words, const struct io *io)
{
    if (count < 2) {
        shell_complain(io, "%s: the name of a file is missing", words[0]);
        return STATUS_USAGE;
    }
    return execute_file(shell, words[1], io);
}

static int builtin_history(struct shell *shell, int count, char **words, const struct io *io)
{
    size_t first = 0;
    if (count > 1) {
        long most = builtin_number(words[1]);
        if (most < 0 || count > 2) {
            shell_complain(io, "usage: history [COUNT]");
            return STATUS_USAGE;
        }
        first = shell->history.count -
                ((size_t)most < shell->history.count ? (size_t)most : shell->history.count);
    }
    for (size_t i = first; i < shell->history.count; i++) {
        shell_print(io->files[1], "%4lu  %s\n", (unsigned long)(i + 1), shell->history.lines[i]);
    }
    return 0;
}

static const struct {
    const char *name;
    builtin_function *function;
} builtins[] = {
    {".", builtin_source},    {":", builtin_true},          {"[", builtin_test},
    {"break", builtin_break}, {"cd", builtin_cd},           {"continue", builtin_continue},
    {"echo", builtin_echo},   {"exit", builtin_exit},       {"export", builtin_export},
    {"false", builtin_false}, {"history", builtin_history}, {"jobs", builtin_jobs},
    {"kill", builtin_kill},   {"pwd", builtin_pwd},         {"read", builtin_read},
    {"set", builtin_set},     {"shift", builtin_shift},     {"source", builtin_source},
    {"test", builtin_test},   {"true", builtin_true},       {"unset", builtin_unset},
    {"wait", builtin_wait},
};

const char *builtin_name(size_t index)
{
    return index < sizeof(builtins) / sizeof(builtins[0]) ? builtins[index].name : NULL;
}

builtin_function *builtin_find(const char *name)
{
    for (size_t i = 0; i < sizeof(builtins) / sizeof(builtins[0]); i++) {
        if (strcmp(builtins[i].name, name) == 0) {
            return builtins[i].function;
        }
    }
    return NULL;
}
