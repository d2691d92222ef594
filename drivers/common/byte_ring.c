/* The ring of byte_ring.h. The release stores order bytes before the counter that shows them. */
#include "byte_ring.h"

static void begin_empty(struct byte_ring *ring)
{
    atomic_store_explicit(&ring->place->written, 0, memory_order_relaxed);
    atomic_store_explicit(&ring->place->taken, 0, memory_order_relaxed);
}

void byte_ring_init(struct byte_ring *ring, uint8_t *bytes, uint32_t capacity)
{
    ring->bytes = bytes;
    ring->capacity = capacity;
    ring->place = &ring->own;
    begin_empty(ring);
}

bool byte_ring_resume(struct byte_ring *ring, uint8_t *bytes, uint32_t capacity,
                      struct byte_ring_place *place)
{
    ring->bytes = bytes;
    ring->capacity = capacity;
    ring->place = place;
    if (byte_ring_used(ring) <= capacity) {
        return true;
    }
    begin_empty(ring);
    return false;
}

uint32_t byte_ring_written(const struct byte_ring *ring)
{
    return atomic_load_explicit(&ring->place->written, memory_order_acquire);
}

uint32_t byte_ring_taken(const struct byte_ring *ring)
{
    return atomic_load_explicit(&ring->place->taken, memory_order_acquire);
}

uint32_t byte_ring_used(const struct byte_ring *ring)
{
    uint32_t taken = byte_ring_taken(ring);
    return byte_ring_written(ring) - taken;
}

uint32_t byte_ring_room(const struct byte_ring *ring)
{
    return ring->capacity - byte_ring_used(ring);
}

static uint32_t up_to_the_end(const struct byte_ring *ring, uint32_t place, uint32_t count)
{
    uint32_t piece = ring->capacity - (place & (ring->capacity - 1));
    return piece < count ? piece : count;
}

uint32_t byte_ring_free_span(struct byte_ring *ring, uint8_t **start)
{
    uint32_t written = atomic_load_explicit(&ring->place->written, memory_order_relaxed);
    *start = &ring->bytes[written & (ring->capacity - 1)];
    return up_to_the_end(ring, written, byte_ring_room(ring));
}

void byte_ring_commit(struct byte_ring *ring, uint32_t count)
{
    uint32_t written = atomic_load_explicit(&ring->place->written, memory_order_relaxed);
    atomic_store_explicit(&ring->place->written, written + count, memory_order_release);
}

uint32_t byte_ring_used_span(const struct byte_ring *ring, const uint8_t **start)
{
    uint32_t taken = atomic_load_explicit(&ring->place->taken, memory_order_relaxed);
    *start = &ring->bytes[taken & (ring->capacity - 1)];
    return up_to_the_end(ring, taken, byte_ring_used(ring));
}

void byte_ring_discard(struct byte_ring *ring, uint32_t count)
{
    uint32_t taken = atomic_load_explicit(&ring->place->taken, memory_order_relaxed);
    atomic_store_explicit(&ring->place->taken, taken + count, memory_order_release);
}

bool byte_ring_put(struct byte_ring *ring, uint8_t byte)
{
    uint8_t *start;
    if (byte_ring_free_span(ring, &start) == 0) {
        return false;
    }
    *start = byte;
    byte_ring_commit(ring, 1);
    return true;
}

bool byte_ring_get(struct byte_ring *ring, uint8_t *byte)
{
    const uint8_t *start;
    if (byte_ring_used_span(ring, &start) == 0) {
        return false;
    }
    *byte = *start;
    byte_ring_discard(ring, 1);
    return true;
}

uint8_t byte_ring_peek(const struct byte_ring *ring, uint32_t index)
{
    uint32_t taken = atomic_load_explicit(&ring->place->taken, memory_order_relaxed);
    return ring->bytes[(taken + index) & (ring->capacity - 1)];
}
