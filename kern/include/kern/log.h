/*
 * The kernel's log: the last KEPT_LOG_SIZE bytes of text since boot, each line with its time. It
 * lies in memory that the start code does not clear, so the next boot finds it after a reset.
 */
#ifndef KERN_LOG_H
#define KERN_LOG_H

#include <sinter/abi.h>
#include <stdbool.h>
#include <stdint.h>

/* What is not cleared at the start. Init gets all before `now`, as it was at the reset; the kernel
 * looks at none of that. */
struct log_kept {
    struct kept_log before;                         /* the log of the boot before */
    char evidence[65536 - sizeof(struct kept_log)]; /* init's own */
    struct kept_log now;
};

extern struct log_kept log_kept;

/* Before anything is logged: the last boot's log is put aside, and this one's begins. */
void log_begin(void);

/* One line; `who` before it unless null. */
void log_append(const char *who, const char *text, uint32_t length);
/* As it is, and without the lock: for a panic. */
void log_raw(const char *text, uint32_t length);
/* Copies up to `limit` bytes from a position (bytes since boot; raised to what is kept, up to what
 * is there); answers how many, and moves *position to their end. */
uint32_t log_copy(uint64_t *position, char *to, uint32_t limit);
/* The clock is set up: lines carry the time. */
void log_clock_works(void);
/* From now on the log goes to the early console too, or not; what is kept is written out first. */
void log_console(bool on);

#endif
