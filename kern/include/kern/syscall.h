/*
 * How a system call is described and entered. The generated table (kern_dispatch.c) says of each
 * call which handles it takes; the dispatcher looks them up, has the arguments decoded, which calls
 * sys_NAME() (kern_calls.h), lets the objects go, and writes the results into the frame.
 */
#ifndef KERN_SYSCALL_H
#define KERN_SYSCALL_H

#include <arch/frame.h>
#include <kern/thread.h>
#include <libsys_calls.h>

#define SYSCALL_TAKES   2 /* handles that the dispatcher looks up */
#define SYSCALL_RESULTS 8 /* result registers after the status */

struct syscall_take {
    uint8_t type;     /* OBJECT_ constant; NONE: nothing more is taken */
    uint8_t argument; /* which one is the handle */
    bool own;         /* 0 names the caller's own */
    uint32_t rights;
};

struct syscall {
    status_t (*whole)(struct frame *frame); /* does everything; null: `decode` does it */
    status_t (*decode)(const struct frame *frame, struct object *const *objects, uint64_t *results);
    struct syscall_take takes[SYSCALL_TAKES];
};

/* By number; number 0 is no call. */
extern const struct syscall syscalls[SYSTEM_CALL_COUNT];

void syscall_dispatch(struct frame *frame);
/* Answers BAD_CALL. */
status_t syscall_bad(struct frame *frame);

/* Registers after the first `count` results become zero. */
static inline __attribute__((always_inline)) void
syscall_write_results(struct frame *frame, status_t status, const uint64_t *results, unsigned count)
{
    frame_set_result(frame, 0, (uint32_t)status);
    frame_set_result(frame, 1, count > 0 ? results[0] : 0);
    frame_set_result(frame, 2, count > 1 ? results[1] : 0);
    frame_set_result(frame, 3, count > 2 ? results[2] : 0);
    frame_set_result(frame, 4, count > 3 ? results[3] : 0);
    frame_set_result(frame, 5, count > 4 ? results[4] : 0);
    frame_set_result(frame, 6, count > 5 ? results[5] : 0);
    frame_set_result(frame, 7, count > 6 ? results[6] : 0);
    frame_set_result(frame, 8, count > 7 ? results[7] : 0);
}
_Static_assert(SYSCALL_RESULTS == 8, "syscall_write_results");

/* What a direct call (direct.c) ends with when it cannot do everything itself: the general path,
 * with a reference to drop, or what is left after switching, with an object to destroy. */
void kernel_call_generally(struct frame *frame, struct object *looked_up);
void kernel_clean_up(struct object *unused);

#endif
