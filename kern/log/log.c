/*
 * The log; see kern/log.h. A ring in the image, so that it works before memory does; and because it
 * is there, no firmware uses its place between two starts of the same kernel.
 */
#include "format.h"

#include <arch/clock.h>
#include <arch/layout.h>
#include <kern/console.h>
#include <kern/lock.h>
#include <kern/log.h>
#include <kern/panic.h>
#include <kern/time.h>

enum { LINE = 320 };

static struct lock log_lock;
struct log_kept log_kept __attribute__((section(".kept"), aligned(PAGE_SIZE)));
static bool to_console;
static bool clock_works;

void log_clock_works(void)
{
    clock_works = true;
}

void log_begin(void)
{
    log_kept.before = log_kept.now;
    log_kept.now.magic = KEPT_LOG_MAGIC;
    log_kept.now.written = 0;
}

void log_raw(const char *text, uint32_t length)
{
    for (uint32_t i = 0; i < length; i++) {
        log_kept.now.text[log_kept.now.written++ % KEPT_LOG_SIZE] = text[i];
    }
    if (to_console) {
        console_write(text, length);
    }
}

static uint32_t prefix(char *buffer, const char *who)
{
    uint64_t microseconds = clock_works ? time_from_counter(clock_counter()) / 1000 : 0;
    uint32_t length =
        format_line(buffer, 48, "[%4lu.%06lu] ", microseconds / 1000000, microseconds % 1000000);

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
    log_raw(line, at);
    lock_release(&log_lock);
}

void log_line(const char *format, ...)
{
    char text[LINE];
    va_list arguments;

    va_start(arguments, format);
    log_append(NULL, text, format_text(text, sizeof(text), format, arguments));
    va_end(arguments);
}

uint32_t log_copy(uint64_t *position, char *to, uint32_t limit)
{
    uint64_t written;
    uint32_t count = 0;

    lock_acquire(&log_lock);
    written = log_kept.now.written;
    if (written > KEPT_LOG_SIZE && *position < written - KEPT_LOG_SIZE) {
        *position = written - KEPT_LOG_SIZE;
    }
    while (count < limit && *position < written) {
        to[count++] = log_kept.now.text[(*position)++ % KEPT_LOG_SIZE];
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
