/* set, unset, export, read and shift. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "builtins.h"

static bool set_option(struct shell *shell, const char *option)
{
    bool on = option[0] == '-';
    for (const char *letter = option + 1; *letter != '\0'; letter++) {
        if (*letter == 'e') {
            shell->exit_on_failure = on;
        } else if (*letter == 'x') {
            shell->trace = on;
        } else {
            return false;
        }
    }
    return true;
}

static void set_parameters(struct shell *shell, int count, char **words)
{
    char **parameters = checked_allocate(((size_t)count + 1) * sizeof(*parameters));
    for (int i = 0; i < count; i++) {
        parameters[i] = checked_text(words[i]);
    }
    parameters[count] = NULL;
    shell->parameters = parameters; /* the old ones may be in use around us */
    shell->parameter_count = (size_t)count;
}

static void print_variables(const struct shell *shell, const struct io *io, bool exported)
{
    const struct variable *at = shell->variables.first;
    for (; at != NULL; at = at->next) {
        if (!exported || at->exported) {
            shell_print(io->files[1], "%s%s=%s\n", exported ? "export " : "", at->name,
                        at->value != NULL ? at->value : "");
        }
    }
}

int builtin_set(struct shell *shell, int count, char **words, const struct io *io)
{
    int at = 1;
    if (count == 1) {
        print_variables(shell, io, false);
        return 0;
    }
    while (at < count && (words[at][0] == '-' || words[at][0] == '+') && words[at][1] != '\0' &&
           strcmp(words[at], "--") != 0) {
        if (!set_option(shell, words[at])) {
            shell_complain(io, "set: `%s` is unknown; the options are -e and -x", words[at]);
            return STATUS_USAGE;
        }
        at++;
    }
    if (at < count) {
        at += strcmp(words[at], "--") == 0;
        set_parameters(shell, count - at, words + at);
    }
    return 0;
}

static bool check_name(const char *name, size_t length, const char *command, const struct io *io)
{
    char text[64] = "";
    if (length < sizeof(text) - 1) {
        memcpy(text, name, length);
        text[length] = '=';
    }
    if (length == 0 || word_assignment(text) != length) {
        shell_complain(io, "%s: `%s` is no name of a variable", command, name);
        return false;
    }
    return true;
}

int builtin_unset(struct shell *shell, int count, char **words, const struct io *io)
{
    int status = 0;
    for (int i = 1; i < count; i++) {
        if (check_name(words[i], strlen(words[i]), words[0], io)) {
            variables_unset(&shell->variables, words[i]);
        } else {
            status = STATUS_FAILURE;
        }
    }
    return status;
}

static int export_one(struct shell *shell, char *word, const char *command, const struct io *io)
{
    size_t length = strcspn(word, "=");
    bool valued = word[length] == '=';
    if (!check_name(word, length, command, io)) {
        return STATUS_FAILURE;
    }
    word[length] = '\0';
    if (valued) {
        variables_set(&shell->variables, word, word + length + 1);
    }
    variables_export(&shell->variables, word);
    return 0;
}

int builtin_export(struct shell *shell, int count, char **words, const struct io *io)
{
    int status = 0;
    if (count == 1) {
        print_variables(shell, io, true);
    }
    for (int i = 1; i < count; i++) {
        if (export_one(shell, words[i], words[0], io) != 0) {
            status = STATUS_FAILURE;
        }
    }
    return status;
}

/* A line without its end, for free(), or null at the end of the file. Byte by byte, since what
 * comes after the line belongs to whoever reads next. */
static char *read_line(int file)
{
    char *line = NULL;
    size_t length = 0;
    char byte = '\0';
    bool any = false;
    while (read(file, &byte, 1) == 1) {
        any = true;
        if (byte == '\n') {
            break;
        }
        line = checked_resize(line, length + 2);
        line[length++] = byte;
    }
    if (!any) {
        return NULL;
    }
    line = checked_resize(line, length + 1);
    line[length] = '\0';
    return line;
}

int builtin_read(struct shell *shell, int count, char **words, const struct io *io)
{
    int first = count > 1 && strcmp(words[1], "-r") == 0 ? 2 : 1;
    char *line = read_line(io->files[0]);
    char *rest = line != NULL ? line + strspn(line, " \t") : NULL;
    for (int i = first; i < count; i++) {
        if (!check_name(words[i], strlen(words[i]), words[0], io)) {
            free(line);
            return STATUS_USAGE;
        }
        const char *value = rest != NULL ? rest : "";
        if (rest != NULL && i + 1 < count) {
            size_t length = strcspn(rest, " \t");
            rest += length;
            size_t blanks = strspn(rest, " \t");
            *rest = '\0';
            rest += blanks;
        }
        variables_set(&shell->variables, words[i], value);
    }
    int status = line != NULL ? 0 : STATUS_FAILURE;
    free(line);
    return status;
}

int builtin_shift(struct shell *shell, int count, char **words, const struct io *io)
{
    long places = count > 1 ? builtin_number(words[1]) : 1;
    if (places < 0 || (size_t)places > shell->parameter_count) {
        shell_complain(io, "shift: there are only %lu parameters",
                       (unsigned long)shell->parameter_count);
        return STATUS_FAILURE;
    }
    shell->parameters += places;
    shell->parameter_count -= (size_t)places;
    return 0;
}
