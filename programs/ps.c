/*
 * ps: one line a process or server, as the supervisor tells it; then what runs inside each
 * personality, as that one tells it. One that hangs makes ps wait until the supervisor ends it.
 */
#include <errno.h>
#include <sinter/protocol/personality.h>
#include <sinter/protocol/process.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "note.h"
#include "program.h"
#include "tool.h"

PROGRAM_NOTE("ps", "ps: lists processes and servers");

enum { PID, PARENT, STATE, PAGES, NAME, WORDS }; /* of a personality's line */

static bool complain(const char *what, status_t status)
{
    errno = status_errno(status);
    return tool_fail("ps", what) == 0;
}

static bool show_own(void)
{
    uint64_t length = 0;
    status_t status =
        process_list(program_handle("process"), tool_buffer, sizeof(tool_buffer), &length);
    if (status != STATUS_OK || length > sizeof(tool_buffer)) {
        return complain("the list of processes", status != STATUS_OK ? status : STATUS_BAD_FORMAT);
    }
    return tool_write(STDOUT_FILENO, tool_buffer, (size_t)length) || tool_fail("ps", "output") == 0;
}

/* In the columns of the supervisor's list, which knows no more of CPU time. */
static void show_line(const char *personality, char *line)
{
    char *word[WORDS];
    char *rest = line;
    char pid[CHILD_NAME];
    for (int i = 0; i < WORDS; i++) {
        word[i] = strtok_r(rest, i == NAME ? "" : " ", &rest);
        if (word[i] == NULL) {
            return;
        }
    }
    (void)snprintf(pid, sizeof(pid), "%s:%s", personality, word[PID]);
    printf("%-5s %-11s %-11s %-7s %s\n", pid, word[STATE], "-", word[PAGES], word[NAME]);
}

static void make_printable(char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        bool is_plain = text[i] == '\n' || (text[i] >= ' ' && text[i] <= '~');
        text[i] = is_plain ? text[i] : '?';
    }
}

/* A personality is no more trusted than any program. */
static bool show_foreign(const char *name, handle_t personality)
{
    uint64_t length = 0;
    status_t status = personality_list(personality, tool_buffer, sizeof(tool_buffer) - 1, &length);
    if (status != STATUS_OK || length > sizeof(tool_buffer) - 1) {
        return complain(name, status != STATUS_OK ? status : STATUS_BAD_FORMAT);
    }
    char *rest = tool_buffer;
    char *line;
    tool_buffer[length] = '\0';
    make_printable(tool_buffer, (size_t)length);
    while ((line = strtok_r(rest, "\n", &rest)) != NULL) {
        show_line(name, line);
    }
    return true;
}

int main(int count, char **words)
{
    char name[FOREIGN_NAME];
    handle_t personality = 0;
    (void)words;
    if (count != 1) {
        return tool_usage("ps");
    }
    bool good = show_own();
    for (uint32_t i = 0; foreign_at(i, name, &personality) == STATUS_OK; i++) {
        good = show_foreign(name, personality) && good;
        status_ignore(handle_close(personality));
    }
    return good ? 0 : 1;
}
