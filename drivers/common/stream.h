/*
 * Reads and writes of a stream of bytes that wait their turn, without a system call.
 *
 *   a driver's own code       who may, when a read ends, what moves the other end of the ring
 *   stream                    this: requests in order of arrival, moving bytes, answering
 *   byte_ring                 the bytes
 *
 * A request belongs to its queue until `answer` is called for it, which happens exactly once.
 * Bytes are copied before they count: a copy that fails consumes and produces nothing. A request
 * that has moved bytes is answered OK with their number, whatever ends it.
 */
#ifndef DRIVERS_COMMON_STREAM_H
#define DRIVERS_COMMON_STREAM_H

#include <sinter/abi.h>

#include "byte_ring.h"

struct stream_request {
    struct stream_request *next; /* the queue's own */
    uint64_t badge;              /* which opening asks */
    uint64_t length;             /* bytes lent */
    uint64_t done;               /* bytes moved so far */
    bool no_wait;
};

/* What the server does for the queues. Copies are whole or fail; offset is within the lease. */
struct stream_host {
    status_t (*copy_in)(struct stream_request *request, uint64_t offset, uint8_t *to,
                        uint32_t length);
    status_t (*copy_out)(struct stream_request *request, uint64_t offset, const uint8_t *from,
                         uint32_t length);
    void (*answer)(struct stream_request *request, status_t status, uint64_t count);
};

struct stream_queue {
    const struct stream_host *host;
    struct stream_request *first;
    struct stream_request *last;
};

void stream_enqueue(struct stream_queue *queue, struct stream_request *request);

/* Takes a request out of a queue and answers it; false, and nothing done, when it is not there. */
bool stream_finish(struct stream_queue *queue, struct stream_request *request, status_t status);

void stream_finish_all(struct stream_queue *queue, status_t status);

/* The same for the requests of one opening. */
void stream_finish_badge(struct stream_queue *queue, uint64_t badge, status_t status);

/* Moves what fits from the lease into the ring. An error is that of a copy. */
status_t stream_fill(const struct stream_host *host, struct stream_request *writer,
                     struct byte_ring *ring);

/* Moves what there is from the ring into the lease. */
status_t stream_drain(const struct stream_host *host, struct stream_request *reader,
                      struct byte_ring *ring);

/*
 * Serves writers in order while the ring has room; those that must not wait are answered
 * WOULD_BLOCK when nothing of them fits. Answers whether any bytes moved.
 */
bool stream_serve_writers(struct stream_queue *writers, struct byte_ring *ring);

/* Serves readers in order while the ring has bytes; none that must not wait stays. */
bool stream_serve_readers(struct stream_queue *readers, struct byte_ring *ring);

#endif
