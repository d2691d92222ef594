/*
 * The end, for a broken invariant of the kernel only; and lines for the kernel's log.
 *
 * Formats: %s %d %u %x, with l for 64 bits, and a width with spaces or zeros.
 */
#ifndef KERN_PANIC_H
#define KERN_PANIC_H

#include <stdatomic.h>

struct thread;

/* Prints the message and a symbolised backtrace into the log and on the early console, then stops
 * every CPU. */
_Noreturn void panic(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* One CPU tells: all others are to stop when they are interrupted. */
extern atomic_uint panicking;
/* Of upward.c. */
extern const char *(*const panic_task_name)(const struct thread *thread);

/* One line for the log. */
void log_line(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
