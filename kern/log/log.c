/*
 * The log; see kern/log.h. A ring in the image, so that it works before memory does.
 */
#include "format.h"

#include <arch/clock.h>
#include <kern/console.h>
#include <kern/lock.h>
#include <kern/log.h>
#include <kern/panic.h>
#include <kern/time.h>

enum { LINE = 320 };

static struct lock log_lock;
static char ring[LOG_SIZE];
static uint64_t written; /* bytes since boot */
static bool to_console;
static bool clock_works;

void log_clock_works(void)
{
    clock_works = true;
}

static void append_bytes(const char *text, uint32_t length)
{
    for (uint32_t i = 0; i < length; i++) {
        ring[written++ % LOG_SIZE] = text[i];
    }
    if (to_console) {
        console_write(text, length);
    }
}

static uint32_t prefix(char *buffer, const char *who)
{
    uint64_t microseconds = clock_works ? time_from_counter(clock_counter()) / 1000 : 0;
    uint32_t length = format_line(buffer, 48, "[%4lu.%06lu] ", microseconds / 1000000,
                                    microseconds % 1000000);

    if (who != NULL) {
        length += format_line(buffer + length, 32, "%s: ", who);
    }
    return length;
}

/* Only plain text from users may reach a terminal. */
static char printable(char c)
{
    return (c < ' ' && c != '\t') || c > '~' ? '?' : c;
}

void log_append(const char *who, const char *text, uint32_t length)
{
    char line[LINE + 80];
    uint32_t at = prefix(line, who);

    for (uint32_t i = 0; i < length && i < LINE; i++) {
        line[at++] = printable(text[i]);
    }
    line[at++] = '\n';
    lock_acquire(&log_lock);
    append_bytes(line, at);
    lock_release(&log_lock);
}

void log_line(const char *format, ...)
{
    char text[LINE];
    va_list arguments;
    uint32_t length;

    va_start(arguments, format);
    length = format_text(text, sizeof(text), format, arguments);
    va_end(arguments);
    log_append(NULL, text, length);
}

uint32_t log_copy(uint64_t *position, char *to, uint32_t limit)
{
    uint32_t count = 0;

    lock_acquire(&log_lock);
    if (written > LOG_SIZE && *position < written - LOG_SIZE) {
        *position = written - LOG_SIZE;
    }
    while (count < limit && *position < written) {
        to[count++] = ring[(*position)++ % LOG_SIZE];
    }
    lock_release(&log_lock);
    return count;
}

void log_console(bool on)
{
    char chunk[128];
    uint64_t position = 0;
    uint32_t count;

    if (on && !to_console) {
        while ((count = log_copy(&position, chunk, sizeof(chunk))) != 0) {
            console_write(chunk, count);
        }
    }
    to_console = on;
}
