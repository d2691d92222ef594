/* date [-c] [+FORMAT] | -s 'YYYY-MM-DD HH:MM:SS': the time of day, or the device's, in UTC. */
#include <errno.h>
#include <sinter/protocol/clock.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "date_text.h"
#include "note.h"
#include "program.h"
#include "tool.h"

PROGRAM_NOTE("date",
             "date [-c] [+FORMAT] | -s 'YYYY-MM-DD HH:MM:SS': tells the time (UTC), with -c "
             "that of the clock device, or sets both");

#define USAGE       "date [-c] [+FORMAT] | -s 'YYYY-MM-DD HH:MM:SS'"
#define NANOSECONDS UINT64_C(1000000000)
#define OUTPUT_SIZE 1024

static const char clock_path[] = "/dev/rtc0";

static int set(const char *text)
{
    uint64_t seconds;
    handle_t rtc;
    if (!date_parse(text, &seconds)) {
        fprintf(stderr, "date: `%s` is no time from 1970 to 2553; write YYYY-MM-DD HH:MM:SS\n",
                text);
        return TOOL_USAGE;
    }
    status_t status = path_open(clock_path, 0, NULL, &rtc);
    if (status == STATUS_OK) {
        status = clock_set(rtc, seconds * NANOSECONDS);
    }
    if (status == STATUS_BAD_ARGUMENT) {
        fprintf(stderr,
                "date: `%s` is a time that %s cannot hold, or would put the boot before 1970\n",
                text, clock_path);
        return 1;
    }
    errno = status_errno(status);
    return status == STATUS_OK ? 0 : tool_fail("date", clock_path);
}

static int read_device(uint64_t *time)
{
    handle_t rtc;
    status_t status = path_open(clock_path, 0, NULL, &rtc);
    if (status == STATUS_OK) {
        status = clock_get(rtc, time);
    }
    errno = status_errno(status);
    return status == STATUS_OK ? 0 : tool_fail("date", clock_path);
}

/* The format is the user's; it can only ask for fields of a time. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"

/* strftime() answers 0 for too much and for nothing; the mark at the end tells which it was. */
static int tell(uint64_t time, const char *format)
{
    static char marked[OUTPUT_SIZE];
    static char output[OUTPUT_SIZE];
    time_t seconds = (time_t)(time / NANOSECONDS);
    struct tm fields;
    if (time == 0) {
        fputs("date: no clock has told the time of day; set it with -s\n", stderr);
        return 1;
    }
    int length = snprintf(marked, sizeof(marked), "%s\n", format);
    if (length < 0 || (size_t)length >= sizeof(marked) || gmtime_r(&seconds, &fields) == NULL ||
        strftime(output, sizeof(output), marked, &fields) == 0) {
        fprintf(stderr, "date: more than %d bytes of output\n", OUTPUT_SIZE);
        return 1;
    }
    return fputs(output, stdout) < 0 || fflush(stdout) != 0 ? tool_fail("date", "output") : 0;
}

#pragma GCC diagnostic pop

int main(int count, char **words)
{
    bool of_device = count > 1 && strcmp(words[1], "-c") == 0;
    int first = of_device ? 2 : 1;
    uint64_t time = 0;
    if (count == 3 && strcmp(words[1], "-s") == 0) {
        return set(words[2]);
    }
    if (count > first + 1 || (count == first + 1 && words[first][0] != '+')) {
        return tool_usage(USAGE);
    }
    if (of_device && read_device(&time) != 0) {
        return 1;
    }
    return tell(of_device ? time : clock_read_wall(),
                count > first ? words[first] + 1 : "%Y-%m-%d %H:%M:%S UTC");
}
