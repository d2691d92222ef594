/*
 * shell [-i] [FILE [WORD...]] | shell -c TEXT [NAME [WORD...]]
 *
 * Without FILE and TEXT commands come from the standard input: edited lines with a prompt if that
 * is a terminal (or -i is given), else lines of a file.
 */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "find_program.h"
#include "note.h"
#include "jobs.h"
#include "shell.h"

PROGRAM_NOTE("shell", "shell [FILE [ARGUMENT...]]: runs commands, typed or from a file");
SERVER_META(stack, 262144);

static struct shell shell = {.name = "shell"};
static const struct io standard = {{STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}};

static void set_parameters(int count, char **words)
{
    shell.parameters = words;
    shell.parameter_count = (size_t)(count > 0 ? count : 0);
}

/* PATH is there from the start, so that a line can add to it. */
static void set_path(void)
{
    static const char name[] = "PATH";
    if (variables_get(&shell.variables, name) == NULL) {
        variables_set(&shell.variables, name, DEFAULT_PATH);
        variables_export(&shell.variables, name);
    }
}

static int run_interactive(void)
{
    shell.interactive = true;
    terminal_start();
    return input_run(&shell, &standard);
}

static int run_text(const char *text, int count, char **words)
{
    if (count > 0) {
        shell.name = words[0];
        set_parameters(count - 1, words + 1);
    }
    if (isatty(STDIN_FILENO)) {
        terminal_start();
    }
    return execute_text(&shell, text, strlen(text), "-c", &standard);
}

static int run_file(int count, char **words)
{
    shell.name = words[0];
    set_parameters(count - 1, words + 1);
    if (isatty(STDIN_FILENO)) {
        terminal_start();
    }
    return execute_file(&shell, words[0], &standard);
}

static int run(int count, char **words)
{
    const char *text = NULL;
    bool interactive = false;
    int option;
    /* "+": words after FILE are the script's. */
    while ((option = getopt(count, words, "+c:i")) != -1) {
        if (option == 'c') {
            text = optarg;
        } else if (option == 'i') {
            interactive = true;
        } else {
            shell_print(STDERR_FILENO, "usage: shell [-i] [-c TEXT] [FILE [WORD...]]\n");
            return STATUS_USAGE;
        }
    }
    variables_import(&shell.variables, environ);
    set_path();
    if (text != NULL) {
        return run_text(text, count - optind, words + optind);
    }
    if (optind < count) {
        return run_file(count - optind, words + optind);
    }
    if (interactive || isatty(STDIN_FILENO)) {
        return run_interactive();
    }
    return input_run(&shell, &standard);
}

int main(int count, char **words)
{
    int status = run(count, words);
    jobs_detach();
    return status;
}
