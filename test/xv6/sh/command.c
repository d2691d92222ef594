/* One command, in its own process: redirections, then the program. */

#include "sh.h"

static char path[LINE_MOST + 1];

/* A name without '/' is looked for here, then in the root. */
static _Noreturn void run_program(const char *const arguments[])
{
    exec(arguments[0], arguments);
    if (strchr(arguments[0], '/') == NULL) {
        path[0] = '/';
        strcpy(path + 1, arguments[0]);
        exec(path, arguments);
    }
    give_up(arguments[0], "cannot be run");
}

static void reopen(int number, const char *name, int mode)
{
    close(number);
    if (open(name, mode) != number) {
        give_up(name, "cannot open");
    }
}

/* There is no mode that appends: what is there is read over. */
static void append(const char *name)
{
    reopen(1, name, O_RDWR | O_CREATE);
    while (read(1, path, sizeof(path)) > 0) {
    }
}

static void redirect(enum token_kind kind, const char *name)
{
    switch (kind) {
    case TOKEN_INPUT:
        reopen(0, name, O_RDONLY);
        break;
    case TOKEN_OUTPUT:
        reopen(1, name, O_WRONLY | O_CREATE | O_TRUNC);
        break;
    default:
        append(name);
        break;
    }
}

static bool is_redirection(const struct token *token)
{
    return token->kind == TOKEN_INPUT || token->kind == TOKEN_OUTPUT || token->kind == TOKEN_APPEND;
}

/* The bracket that closes the one at `from`, or `end`. */
static struct token *closing(struct token *from, struct token *end)
{
    int depth = 0;

    for (; from < end; from++) {
        depth += (from->kind == TOKEN_OPEN) - (from->kind == TOKEN_CLOSE);
        if (depth == 0) {
            return from;
        }
    }
    return end;
}

_Noreturn void sh_command(struct token *from, struct token *end)
{
    static const char *arguments[ARGUMENTS_MOST];
    int count = 0;
    struct token *inside = NULL, *inside_end = NULL;

    if (from->kind == TOKEN_OPEN) {
        inside = from + 1;
        inside_end = closing(from, end);
        from = inside_end + (inside_end < end);
    }
    for (; from < end; from++) {
        if (is_redirection(from) && from + 1 < end && from[1].kind == TOKEN_WORD) {
            redirect(from->kind, from[1].text);
            from++;
        } else if (from->kind == TOKEN_WORD && inside == NULL && count < ARGUMENTS_MOST - 1) {
            arguments[count++] = from->text;
        } else {
            give_up("sh", "this command makes no sense");
        }
    }
    if (inside != NULL) {
        exit(sh_run(inside, inside_end));
    }
    if (count > 0) {
        run_program(arguments);
    }
    exit(0);
}

bool sh_built_in(struct token *from, struct token *end, int *status)
{
    const char *argument = from + 1 < end && from[1].kind == TOKEN_WORD ? from[1].text : NULL;

    if (from >= end || from->kind != TOKEN_WORD) {
        return false;
    }
    if (strcmp(from->text, "exit") == 0) {
        exit(argument == NULL ? *status : text_number(argument));
    }
    if (strcmp(from->text, "cd") != 0) {
        return false;
    }
    *status = chdir(argument == NULL ? "/" : argument) < 0;
    if (*status != 0) {
        print(2, "cd: %s: refused\n", argument);
    }
    return true;
}
