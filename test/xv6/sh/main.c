/* A shell: sh [-c LINE | FILE]. Words, quotes, pipes, < > >>, ; and &, lists in brackets, # to the
 * end of the line; cd and exit. Its status is that of the last pipeline. */

#include "sh.h"

static char line[LINE_MOST];

static int run_line(int status)
{
    struct token *tokens = sh_tokens(line), *end = tokens;

    if (tokens == NULL) {
        return 1;
    }
    while (end->kind != TOKEN_END) {
        end++;
    }
    return end == tokens ? status : sh_run(tokens, end);
}

/* A prompt only where somebody types. */
static bool is_console(int file)
{
    struct stat status;

    return fstat(file, &status) == 0 && status.type == T_DEVICE;
}

/* As xv6's own: what is missing of the first three files is the console. */
static void open_console(void)
{
    int file;

    while ((file = open("console", O_RDWR)) >= 0) {
        if (file > 2) {
            close(file);
            break;
        }
    }
}

static int run_lines(int file)
{
    int status = 0;
    bool prompts = is_console(file);

    for (;;) {
        if (prompts) {
            print(2, "$ ");
        }
        int length = read_line(file, line, sizeof(line));
        if (length == 0) {
            return status;
        }
        if (length == LINE_MOST - 1 && line[length - 1] != '\n') {
            give_up("sh", "a line is too long");
        }
        status = run_line(status);
    }
}

int main(int argument_count, char **arguments)
{
    int file = 0;

    if (argument_count == 3 && strcmp(arguments[1], "-c") == 0) {
        if (strlen(arguments[2]) >= sizeof(line)) {
            give_up("sh", "the line is too long");
        }
        strcpy(line, arguments[2]);
        return run_line(0);
    }
    if (argument_count == 1) {
        open_console();
    }
    if (argument_count > 1) {
        file = open(arguments[1], O_RDONLY);
        if (file < 0) {
            give_up(arguments[1], "cannot open");
        }
    }
    return run_lines(file);
}
