/* See mutex.h: who waits leaves state 2 behind, and the event's bit is sticky, so none is
 * missed. */
#include "mutex.h"

#include <stdatomic.h>

enum { FREE, HELD, WAITED_FOR };

#define WAKE     1
#define FOR_EVER UINT64_MAX

status_t mutex_init(struct mutex *mutex, handle_t account)
{
    mutex->state = FREE;
    return event_create(account, &mutex->event);
}

/* A wait that a kick ends is only repeated. The next guest_run() sees the kick all the same; the
 * next call of another server does not, so `killed` is looked at before one that can take long. */
static __attribute__((noinline)) void wait_for(struct mutex *mutex)
{
    while (atomic_exchange_explicit(&mutex->state, WAITED_FOR, memory_order_acquire) != FREE) {
        status_ignore(event_wait(mutex->event, WAKE, FOR_EVER, NULL));
    }
}

void mutex_lock(struct mutex *mutex)
{
    uint32_t expected = FREE;
    if (!atomic_compare_exchange_strong_explicit(&mutex->state, &expected, HELD,
                                                 memory_order_acquire, memory_order_relaxed)) {
        wait_for(mutex);
    }
    uint32_t turns = atomic_load_explicit(&mutex->turns, memory_order_relaxed);
    atomic_store_explicit(&mutex->turns, turns + 1, memory_order_relaxed);
}

bool mutex_goes_on(struct mutex *mutex, uint32_t *turns)
{
    uint32_t before = *turns;
    *turns = atomic_load_explicit(&mutex->turns, memory_order_relaxed);
    return *turns != before || atomic_load_explicit(&mutex->state, memory_order_relaxed) == FREE;
}

void mutex_unlock(struct mutex *mutex)
{
    if (atomic_exchange_explicit(&mutex->state, FREE, memory_order_release) == WAITED_FOR) {
        status_ignore(event_signal(mutex->event, WAKE));
    }
}
