/*
 * Pipes between processes of this personality. Ends that other servers and native programs hold are
 * endpoints, whose calls wait here as requests. The personality's lock is held.
 */
#ifndef PERSONALITY_PIPE_H
#define PERSONALITY_PIPE_H

#include "process.h"

enum { PIPE_BYTES = 4096, REMOTE_REQUESTS = 64 };

/* A read or write from outside that waits. */
struct remote_request {
    struct remote_request *next;
    handle_t reply; /* 0: the place is free */
    uint64_t badge; /* of the endpoint that was called */
    struct pipe *pipe;
    bool write;
    uint64_t length, done; /* bytes */
};

struct pipe {
    uint32_t readers, writers; /* open files */
    uint32_t first, used;      /* bytes of the ring */
    struct wait_queue read_wait, write_wait;
    struct remote_request *remote_readers, *remote_writers; /* in order of arrival */
    uint8_t bytes[PIPE_BYTES];
};

/* Both ends, a reference each, the caller's. FULL. */
SINTER_MUST_CHECK status_t pipe_new(struct open_file **reader, struct open_file **writer);
/* An end has gone for good. */
void pipe_close_end(struct pipe *pipe, bool writer);

/* Lock not held. As open_file_read() and open_file_write(). */
SINTER_MUST_CHECK status_t pipe_read(struct process *process, struct pipe *pipe, uint64_t address,
                                     uint64_t length, uint64_t *count);
SINTER_MUST_CHECK status_t pipe_write(struct process *process, struct pipe *pipe, uint64_t address,
                                      uint64_t length, uint64_t *count);

/* A call from outside, of the file protocol's read or write with one lease, which is answered
 * through `reply` now or later; then the reply object is closed. `from` gives reply, badge, write
 * and length. */
void pipe_remote(struct pipe *pipe, const struct remote_request *from, bool no_wait);
/* The caller behind the reply is answered now: with what was moved, or else the status. There may
 * be none: it has been answered, or the reply is 0, which could not be had. */
void pipe_cancel(handle_t reply, status_t status);
/* Nobody has the endpoint any more: its callers have gone. */
void pipe_forget(uint64_t badge);

#endif
