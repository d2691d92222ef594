/* sleep SECONDS[.FRACTION] */
#include <errno.h>
#include <stdlib.h>

#include "note.h"
#include "program.h"
#include "tool.h"

PROGRAM_NOTE("sleep", "sleep SECONDS: waits; fractions such as 0.5 are allowed");

#define NANOSECONDS   UINT64_C(1000000000)
#define SECONDS_LIMIT UINT64_C(1000000000)

/* Nanoseconds of a decimal number; false if it is malformed. */
static bool parse(const char *text, uint64_t *duration)
{
    char *rest;
    uint64_t seconds = strtoull(text, &rest, 10);
    uint64_t unit = NANOSECONDS;
    if (*text < '0' || *text > '9' || seconds > SECONDS_LIMIT) {
        return false;
    }
    *duration = seconds * NANOSECONDS;
    if (*rest == '.') {
        for (rest++; *rest >= '0' && *rest <= '9'; rest++) {
            unit /= 10;
            *duration += (uint64_t)(*rest - '0') * unit;
        }
    }
    return *rest == '\0';
}

int main(int count, char **words)
{
    uint64_t duration;
    if (count != 2 || !parse(words[1], &duration)) {
        return tool_usage("sleep SECONDS[.FRACTION]");
    }
    status_t status = program_sleep(duration);
    if (status != STATUS_OK) {
        errno = status_errno(status);
        return tool_fail("sleep", "timer");
    }
    return 0;
}
