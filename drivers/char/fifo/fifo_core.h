/*
 * The rules of a fifo, without a system call: a bounded ring, who has it open, who waits.
 *
 *   fifo.c, pipe.c     calls, leases and badges (fifo is published, pipes are minted)
 *   fifo_core          this: order, blocking, end of file, broken pipes
 *   stream, byte_ring  requests that wait, and the bytes
 *
 * Each side is served in the order of arrival, so one write lands in one piece, whoever else
 * writes.
 *
 * What a new instance needs to go on lies in struct fifo_saved and the bytes of the ring, which may
 * be a state store; fifo_init() checks it, because whatever broke the instance before may have
 * written to it.
 */
#ifndef FIFO_CORE_H
#define FIFO_CORE_H

#include <sinter/abi.h>

#include "stream.h"

enum {
    FIFO_OPENINGS = 128,
    FIFO_ATOMIC = 4096 /* a write up to this size that must not wait goes in whole or not at all */
};

enum fifo_use { FIFO_READS = 0x1, FIFO_WRITES = 0x2 };

/* Whether a write that nobody can ever read waits (a named fifo) or fails (a pipe). */
enum fifo_kind { FIFO_NAMED, FIFO_PIPE };

struct fifo_opening {
    uint64_t badge;
    uint32_t use; /* FIFO_READS and FIFO_WRITES; 0 with badge 0 is a free place */
    uint32_t reserved;
};

struct fifo_saved {
    uint32_t magic;
    uint32_t capacity;
    struct byte_ring_place place;
    struct fifo_opening openings[FIFO_OPENINGS];
};

struct fifo {
    struct fifo_saved *saved;
    struct byte_ring ring;
    enum fifo_kind kind;
    uint32_t reads;  /* openings for FIFO_READS */
    uint32_t writes; /* openings for FIFO_WRITES */
    struct stream_queue readers;
    struct stream_queue writers;
};

/*
 * Begins with what `saved` and `bytes` hold, or empty when they hold nothing that makes sense.
 * capacity is a power of two. Answers whether it goes on from an earlier instance.
 */
bool fifo_init(struct fifo *fifo, const struct stream_host *host, enum fifo_kind kind,
               struct fifo_saved *saved, uint8_t *bytes, uint32_t capacity);

/* Says what an opening is for. BUSY when FIFO_OPENINGS others are open. */
status_t fifo_attach(struct fifo *fifo, uint64_t badge, uint32_t use);

/*
 * An opening is closed: what waits through it is answered INTERRUPTED; the last writer makes an end
 * of file for readers, the last reader of a pipe a broken pipe for writers.
 */
void fifo_close(struct fifo *fifo, uint64_t badge);

void fifo_read(struct fifo *fifo, struct stream_request *request);
void fifo_write(struct fifo *fifo, struct stream_request *request);

/* Answers a waiting request at once: what it moved so far, or `status` if that is nothing. */
void fifo_cancel(struct fifo *fifo, struct stream_request *request, status_t status);

/* The same for every waiting request. */
void fifo_cancel_all(struct fifo *fifo, status_t status);

#endif
