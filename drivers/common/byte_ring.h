/*
 * A bounded ring of bytes for one producer and one consumer, which may be two threads.
 *
 * Both counters run freely and wrap; their difference is what the ring holds. Bytes are moved in
 * spans: ask for one, copy into or out of it, then say how many bytes counted. What has not been
 * committed or discarded never happened, so a copy that fails halfway loses nothing.
 */
#ifndef DRIVERS_COMMON_BYTE_RING_H
#define DRIVERS_COMMON_BYTE_RING_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct byte_ring_place {
    _Atomic uint32_t written; /* moved by the producer */
    _Atomic uint32_t taken;   /* moved by the consumer */
};

struct byte_ring {
    uint8_t *bytes;
    uint32_t capacity; /* a power of two */
    struct byte_ring_place *place;
    struct byte_ring_place own;
};

/* Begins empty. */
void byte_ring_init(struct byte_ring *ring, uint8_t *bytes, uint32_t capacity);

/*
 * Goes on where `place` says, and keeps the counters there, so that they and the bytes outlive
 * the ring. Begins empty, and answers false, when they cannot be true.
 */
bool byte_ring_resume(struct byte_ring *ring, uint8_t *bytes, uint32_t capacity,
                      struct byte_ring_place *place);

uint32_t byte_ring_used(const struct byte_ring *ring);
uint32_t byte_ring_room(const struct byte_ring *ring);

/* Bytes ever written and ever taken, modulo 2^32. */
uint32_t byte_ring_written(const struct byte_ring *ring);
uint32_t byte_ring_taken(const struct byte_ring *ring);

/* The first contiguous piece to fill, for the producer; answers its length, 0 when full. */
uint32_t byte_ring_free_span(struct byte_ring *ring, uint8_t **start);
void byte_ring_commit(struct byte_ring *ring, uint32_t count);

/* The first contiguous piece to take, for the consumer; answers its length, 0 when empty. */
uint32_t byte_ring_used_span(const struct byte_ring *ring, const uint8_t **start);
void byte_ring_discard(struct byte_ring *ring, uint32_t count);

/* One byte at a time; false when full or empty. */
bool byte_ring_put(struct byte_ring *ring, uint8_t byte);
bool byte_ring_get(struct byte_ring *ring, uint8_t *byte);

/* The byte at `index` from the oldest, which must be below byte_ring_used(). */
uint8_t byte_ring_peek(const struct byte_ring *ring, uint32_t index);

#endif
