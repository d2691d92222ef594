/*
 * A further thread of a server or program: its stack has a page below it that is not mapped.
 */
#ifndef SIDE_THREAD_H
#define SIDE_THREAD_H

#include <sinter/system.h>
#include <stdbool.h>

#define SIDE_THREAD_AS_MAKER 31u /* the most that the kernel knows; see `priority` */

struct side_thread {
    void (*function)(void *); /* when it returns the thread ends */
    void *argument;
    handle_t account;    /* pays for the stack */
    uint64_t stack_size; /* bytes, a multiple of the page size; stays mapped when the thread ends */
    uint32_t priority;   /* lowered to its maker's, above which no thread may be */
    bool stack_is_whole; /* its pages are there from the beginning, and charged */
};

/*
 * Runs it. *thread, which may be left out, is the caller's. What memory_create(), space_map(),
 * memory_commit(), thread_create() and thread_start() answer; then nothing is left of it.
 */
SINTER_MUST_CHECK status_t side_thread_run(const struct start_info *info,
                                           const struct side_thread *what, handle_t *thread);

/* The same on a stack of the caller's, stack_size bytes from `stack` on. What thread_create() and
 * thread_start() answer. */
SINTER_MUST_CHECK status_t side_thread_run_on(const struct start_info *info,
                                              const struct side_thread *what, uint64_t stack,
                                              handle_t *thread);
/* Whether it has ended: nobody uses its stack any more. */
bool side_thread_has_ended(handle_t thread);

#endif
