/*
 * in NAME COMMAND [ARGUMENT...]: runs a program inside an instance of a personality: one of the
 * instance's own names, in its root directory. Its exit status is the program's; the program ends
 * with it, and gets no environment. A personality may treat the terminal as its own meanwhile: when
 * the program has ended, however that was, the terminal treats input as before.
 */
#include <sinter/protocol/terminal.h>
#include <stdio.h>
#include <unistd.h>

#include "note.h"
#include "program.h"
#include "tool.h"

PROGRAM_NOTE("in", "in NAME COMMAND [ARGUMENT...]: runs a program inside a personality");

enum { REFUSAL = 512, EXIT_CANNOT_RUN = 126, EXIT_NOT_FOUND = 127 };

static int fail(const char *name, const char *what, status_t status, const char *why)
{
    fprintf(stderr, "in: %s: %s%s%s\n", name, what, *what != '\0' ? ": " : "",
            *why != '\0' ? why : status_text(status));
    return status == STATUS_NOT_FOUND ? EXIT_NOT_FOUND : EXIT_CANNOT_RUN;
}

static void take_terminal_back(void)
{
    if (isatty(STDIN_FILENO) != 0 && isatty(STDOUT_FILENO) != 0) {
        status_ignore(terminal_set_mode(descriptor_endpoint(STDIN_FILENO), TERMINAL_COOKED, NULL));
    }
}

int main(int count, char **words)
{
    char *nothing[] = {NULL};
    char refusal[REFUSAL] = "";
    handle_t personality = 0;
    struct child child;
    int exit_status = 0;
    if (count < 3) {
        return tool_usage("in NAME COMMAND [ARGUMENT...]");
    }
    const char *name = words[1];
    const struct child_request request = {
        words[2], words + 2, nothing, {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}};
    status_t status = foreign_find(name, &personality);
    if (status != STATUS_OK) {
        return fail(name, "", status,
                    "no personality of that name runs; `svc list` shows what does");
    }
    status = foreign_enter(personality, name, &request, &child, refusal, sizeof(refusal));
    status_ignore(handle_close(personality));
    if (status != STATUS_OK) {
        take_terminal_back();
        return fail(name, words[2], status, refusal);
    }
    status = child_wait(child.endpoint, &exit_status);
    take_terminal_back();
    if (status != STATUS_OK) {
        fprintf(stderr, "in: %s: has ended with its personality\n", child.name);
    }
    return exit_status;
}
