/*
 * Crash reports: one readable block about each instance that ends in a way nobody asked for.
 *
 * The evidence is taken on the main thread while the task still exists (registers, frames), the
 * text is made by the worker, which asks the loader for names and reads the kernel's log. The
 * text goes to the log and stays with the service.
 */
#ifndef INIT_REPORT_H
#define INIT_REPORT_H

#include "policy.h"
#include "service.h"

/* The thread has faulted and waits; `registers` are those of the fault message. */
void report_fault(struct service *service, const uint64_t words[4], const void *registers,
                  size_t size);
/* The instance runs and is about to be killed. */
void report_before_kill(struct service *service);
/* The instance is about to be closed: keeps what names of its addresses need. */
void report_keep(struct service *service);
/* It has ended, and this is what is done next. */
void report_end(struct service *service, bool crash, const struct policy_verdict *verdict);
/* It has ended as asked: evidence taken of it is forgotten. */
void report_drop(const struct service *service);
/* The service has failed for good: does what the script says. */
void report_failed(struct service *service);

/* Logs a text line by line, each behind `before`. */
void report_lines(const char *before, const char *text);
/* For faults of programs: one line. */
void report_program(const char *name, const uint64_t words[4]);

#endif
