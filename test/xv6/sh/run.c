/* Lists and pipelines. What runs beside is not waited for. */

#include "sh.h"

/* The first token of one of two kinds outside brackets, or `end`. */
static struct token *find(struct token *from, struct token *end, enum token_kind kind,
                          enum token_kind other)
{
    int depth = 0;

    for (; from < end; from++) {
        depth += (from->kind == TOKEN_OPEN) - (from->kind == TOKEN_CLOSE);
        if (depth == 0 && (from->kind == kind || from->kind == other)) {
            return from;
        }
    }
    return end;
}

static int start_child(void)
{
    int pid = fork();

    if (pid < 0) {
        give_up("sh", "cannot fork");
    }
    return pid;
}

static void become(int number, int file)
{
    close(number);
    dup(file);
    close(file);
}

/* Waits for all children, which were started here; the status of `last`. */
static int collect(int started, int last)
{
    int result = 0, status;

    while (started > 0) {
        int pid = wait(&status);
        if (pid < 0) {
            break;
        }
        started--;
        if (pid == last) {
            result = status;
        }
    }
    return result;
}

/* One stage, between `input` (none: -1) and a pipe (none: NULL). */
static int start_stage(struct token *from, struct token *end, int input, int *ends)
{
    int pid = start_child();

    if (pid != 0) {
        return pid;
    }
    if (input >= 0) {
        become(0, input);
    }
    if (ends != NULL) {
        close(ends[0]);
        become(1, ends[1]);
    }
    sh_command(from, end);
}

/* The last stage, of `*started`. */
static int start_pipeline(struct token *from, struct token *end, int *started)
{
    int input = -1, last;

    for (;;) {
        struct token *bar = find(from, end, TOKEN_PIPE, TOKEN_PIPE);
        int ends[2];
        if (bar < end && pipe(ends) < 0) {
            give_up("sh", "no pipe");
        }
        last = start_stage(from, bar, input, bar < end ? ends : NULL);
        ++*started;
        if (input >= 0) {
            close(input);
        }
        if (bar == end) {
            return last;
        }
        close(ends[1]);
        input = ends[0];
        from = bar + 1;
    }
}

static int run_pipeline(struct token *from, struct token *end)
{
    int started = 0;
    int last = start_pipeline(from, end, &started);

    return collect(started, last);
}

/* By a child that ends at once: then it is nobody's child, which makes it one of the background. */
static void run_beside(struct token *from, struct token *end)
{
    int started = 0;
    int pid = start_child();

    if (pid == 0) {
        start_pipeline(from, end, &started);
        exit(0);
    }
    collect(1, pid);
}

int sh_run(struct token *from, struct token *end)
{
    int status = 0;

    while (from < end) {
        struct token *stop = find(from, end, TOKEN_NEXT, TOKEN_BESIDE);
        bool beside = stop < end && stop->kind == TOKEN_BESIDE;
        if (stop > from && beside) {
            run_beside(from, stop);
            status = 0;
        } else if (stop > from && !sh_built_in(from, stop, &status)) {
            status = run_pipeline(from, stop);
        }
        from = stop + 1;
    }
    return status;
}
