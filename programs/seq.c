/* seq [FIRST [STEP]] LAST: whole numbers, one a line. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "note.h"
#include "tool.h"

PROGRAM_NOTE("seq", "seq [FIRST [STEP]] LAST: prints numbers");

static bool parse(const char *text, long *value)
{
    char *rest;
    errno = 0;
    *value = strtol(text, &rest, 10);
    return *text != '\0' && *rest == '\0' && errno == 0;
}

int main(int count, char **words)
{
    long numbers[3] = {1, 1, 1};
    if (count < 2 || count > 4) {
        return tool_usage("seq [FIRST [STEP]] LAST");
    }
    for (int i = 1; i < count; i++) {
        if (!parse(words[i], &numbers[i - 1])) {
            return tool_usage("seq [FIRST [STEP]] LAST (whole numbers)");
        }
    }
    long first = count > 2 ? numbers[0] : 1;
    long step = count > 3 ? numbers[1] : 1;
    long last = numbers[count - 2];
    if (step == 0) {
        return tool_usage("seq [FIRST [STEP]] LAST (a step of 0 never ends)");
    }
    for (long at = first; step > 0 ? at <= last : at >= last;) {
        if (printf("%ld\n", at) < 0) {
            return tool_fail("seq", "output");
        }
        if (__builtin_add_overflow(at, step, &at)) {
            break;
        }
    }
    return fflush(stdout) == 0 ? 0 : tool_fail("seq", "output");
}
