/* Reading the ring of a CPU: see ring.h. */
#include "ring.h"

#include <stdatomic.h>

/* Word by word: the kernel may be writing it. */
static void copy(struct trace_record *to, const volatile struct trace_record *from)
{
    const volatile uint64_t *source = (const volatile uint64_t *)from;
    uint64_t *target = (uint64_t *)(void *)to;
    for (unsigned i = 0; i < sizeof(*to) / sizeof(*target); i++) {
        target[i] = source[i];
    }
}

bool ring_take(struct ring *ring, struct trace_record *record)
{
    for (;;) {
        const volatile struct trace_record *place = &ring->records[ring->next % ring->count];
        uint64_t sequence = place->sequence;
        if (sequence <= ring->next) { /* an older one, or one that is being written */
            return false;
        }
        if (sequence == ring->next + 1) {
            atomic_thread_fence(memory_order_acquire);
            copy(record, place);
            atomic_thread_fence(memory_order_acquire);
            if (place->sequence == sequence) {
                ring->next++;
                return true;
            }
            return false; /* it has just gone: the next look finds a later one there */
        }
        uint64_t oldest = sequence < ring->count ? ring->next + 1 : sequence - ring->count;
        oldest = oldest > ring->next ? oldest : ring->next + 1;
        ring->lost += oldest - ring->next;
        ring->next = oldest;
    }
}
