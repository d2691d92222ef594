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
};

/*
 * Runs it. *thread, which may be left out, is the caller's. What memory_create(), space_map(),
 * thread_create() and thread_start() answer; then nothing is left of it.
 */
SINTER_MUST_CHECK status_t side_thread_run(const struct start_info *info,
                                           const struct side_thread *what, handle_t *thread);

/* The same for a thread that is to be buried: *stack is the lowest address of its stack. */
SINTER_MUST_CHECK status_t side_thread_run_for_now(const struct start_info *info,
                                                   const struct side_thread *what, handle_t *thread,
                                                   uint64_t *stack);
/* Takes away the stack of a thread that has ended, and closes its handle. False, and nothing done:
 * it has not ended yet. */
bool side_thread_bury(const struct side_thread *what, handle_t thread, uint64_t stack);

#endif
