/*
 * Deferred destruction; see kern/reap.h. Items are taken from the front and, unfinished, go to the
 * back, so that nothing large holds up what is small.
 */
#include <kern/lock.h>
#include <kern/reap.h>

#define REAP_STEPS 4

atomic_uint reap_pending;
static struct lock reap_lock;
static struct list reap_queue = {&reap_queue, &reap_queue};

static void enqueue(struct reap *reap)
{
    lock_acquire(&reap_lock);
    list_append(&reap_queue, &reap->link);
    lock_release(&reap_lock);
    atomic_fetch_add_explicit(&reap_pending, 1, memory_order_relaxed);
}

void reap_add(struct reap *reap, bool (*step)(struct reap *))
{
    reap->step = step;
    enqueue(reap);
}

static struct reap *dequeue(void)
{
    struct list *link;

    lock_acquire(&reap_lock);
    link = list_take(&reap_queue);
    lock_release(&reap_lock);
    if (link == NULL) {
        return NULL;
    }
    atomic_fetch_sub_explicit(&reap_pending, 1, memory_order_relaxed);
    return container_of(link, struct reap, link);
}

bool reap_run(void)
{
    for (unsigned i = 0; i < REAP_STEPS; i++) {
        struct reap *reap = dequeue();

        if (reap == NULL) {
            return i > 0;
        }
        if (!reap->step(reap)) {
            enqueue(reap);
        }
    }
    return true;
}
