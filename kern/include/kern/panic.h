/*
 * The end, for a broken invariant of the kernel only; and lines for the kernel's log.
 *
 * Formats: %s %c %u %d %lu %lx %x %p, and a width with leading zeros for the hexadecimal ones.
 */
#ifndef KERN_PANIC_H
#define KERN_PANIC_H

/* Prints the message and a symbolised backtrace on the early console, then stops every CPU. */
_Noreturn void panic(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Before a reset that is no panic: what is kept of the log, and what follows, goes to the early
 * console, whoever has taken it. */
void log_take_back_console(void);

/* One line for the log. */
void log_line(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
