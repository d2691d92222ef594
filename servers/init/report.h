/*
 * Crash reports: one readable block about each instance that ends in a way nobody asked for.
 *
 * The evidence is taken on the main thread while the task still exists (registers, frames). The
 * restart comes next. Then the worker makes the text, asking the loader for names and reading the
 * kernel's log. The text goes to the log and stays with the service; one line goes to people.
 */
#ifndef INIT_REPORT_H
#define INIT_REPORT_H

#include "policy.h"
#include "service.h"

/* The thread has faulted and waits; `registers` are those of the fault message. */
void report_fault(struct service *service, const uint64_t words[6], const void *registers,
                  size_t size);
/* The instance is about to be killed. False: its registers cannot be read yet. */
bool report_before_kill(struct service *service);
/* The instance is about to be closed: keeps what names of its addresses need. */
void report_keep(struct service *service);
/* It has ended, and this is what is done next. */
void report_end(struct service *service, bool crash, const struct policy_verdict *verdict);
/* The restart, if there is one, is over or has time: reports of the service may be written, from
 * `due` on. */
void report_write(const struct service *service, uint64_t due);
/* Has those written that are due; answers when the next one is. */
uint64_t report_tick(uint64_t now);
bool report_is_pending(const struct service *service);
/* Whether a report on its way needs the names in the object. */
bool report_needs(const struct boot_file *object);
/* It has ended as asked: evidence taken of it is forgotten. */
void report_drop(const struct service *service);
/* The service has failed for good: does what the script says. */
void report_failed(struct service *service);

/* Logs a text line by line, each behind `before`. */
void report_lines(const char *before, const char *text);
/* For faults of programs: one line. */
void report_program(const char *name, const uint64_t words[6]);

#endif
