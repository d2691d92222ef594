/*
 * Timers and timeouts; see kern/timer.h.
 *
 * A node lies in the queue of the CPU that set it and is taken out by that CPU's timer or, under
 * the same lock, by whoever cancels. What fires holds a reference while it is in a queue.
 */
#include <kern/timer.h>

#include <arch/clock.h>
#include <kern/cpu.h>
#include <kern/event.h>
#include <kern/sched.h>
#include <kern/thread.h>

enum { FIRED_AT_ONCE = 16 }; /* then the interrupt comes again, so that others run between */

struct timer_queue {
    struct lock lock;
    struct tree tree;
    uint64_t wake_at; /* this CPU only: the CPU chooses again then; ~0: never */
};

static struct timer_queue queues[CPU_MAX];
static uint64_t counter_base, counter_hz;

#define NANOSECONDS UINT64_C(1000000000)

void time_init(uint64_t hz)
{
    counter_hz = hz;
    counter_base = clock_counter();
    for (unsigned i = 0; i < CPU_MAX; i++) {
        queues[i].wake_at = ~UINT64_C(0);
    }
}

uint64_t time_base(void)
{
    return counter_base;
}

uint64_t time_ticks(uint64_t nanoseconds)
{
    uint64_t seconds = nanoseconds / NANOSECONDS;
    uint64_t rest = nanoseconds % NANOSECONDS;

    if (seconds > (~UINT64_C(0) >> 1) / counter_hz) {
        return ~UINT64_C(0) >> 1;
    }
    return seconds * counter_hz + (rest * counter_hz + NANOSECONDS - 1) / NANOSECONDS;
}

uint64_t time_nanoseconds(uint64_t ticks)
{
    return ticks / counter_hz * NANOSECONDS + ticks % counter_hz * NANOSECONDS / counter_hz;
}

uint64_t time_from_counter(uint64_t counter)
{
    return time_nanoseconds(counter - counter_base);
}

/* One tick later than exact, so that clock_read() never shows less than the deadline. */
uint64_t time_to_counter(uint64_t nanoseconds)
{
    return nanoseconds == ~UINT64_C(0) ? nanoseconds : counter_base + time_ticks(nanoseconds) + 1;
}

static struct timer_queue *own_queue(void)
{
    return &queues[cpu_self()->index];
}

void timer_fire_by(uint64_t deadline)
{
    struct cpu *cpu = cpu_self();

    if (deadline < cpu->deadline) {
        cpu->deadline = deadline;
        clock_set_deadline(deadline);
    }
}

void timer_wake_cpu_at(uint64_t deadline)
{
    struct timer_queue *queue = own_queue();

    if (deadline < queue->wake_at) {
        queue->wake_at = deadline;
    }
    timer_fire_by(deadline);
}

struct timer *timer_create(struct account *account, struct event *event, uint64_t bits)
{
    struct timer *timer = object_create(OBJECT_TIMER, sizeof(*timer), account);

    if (timer != NULL) {
        timer->event = event;
        object_reference(&event->object);
        timer->bits = bits;
    }
    return timer;
}

/* True if the node was queued: the queue's reference is the caller's now. */
static bool queue_remove(uint32_t cpu, struct tree_node *node)
{
    struct timer_queue *queue = &queues[cpu];
    bool linked;

    lock_acquire(&queue->lock);
    linked = node->linked != 0;
    tree_remove(&queue->tree, node);
    lock_release(&queue->lock);
    return linked;
}

enum { NODE_TIMER = 1, NODE_THREAD = 2 }; /* tree_node.linked of a queued node */

static void queue_insert(struct tree_node *node, uint64_t deadline, uint32_t kind, uint32_t *cpu)
{
    struct timer_queue *queue = own_queue();

    lock_acquire(&queue->lock);
    *cpu = cpu_self()->index;
    node->key = deadline;
    tree_insert(&queue->tree, node);
    node->linked = kind;
    lock_release(&queue->lock);
    timer_fire_by(deadline);
}

/* timer->lock held, so that the CPU stays what it is. */
static void timer_arm(struct timer *timer, uint64_t deadline)
{
    object_reference(&timer->object);
    queue_insert(&timer->node, deadline, NODE_TIMER, &timer->cpu);
}

void timer_set(struct timer *timer, uint64_t deadline, uint64_t period)
{
    bool was_queued;

    lock_acquire(&timer->lock);
    was_queued = queue_remove(timer->cpu, &timer->node);
    timer->period = period;
    if (deadline != ~UINT64_C(0)) {
        timer_arm(timer, deadline);
    }
    lock_release(&timer->lock);
    if (was_queued) {
        object_release(&timer->object);
    }
}

/* Nobody can set it any more: it stops. */
void timer_unreachable(struct object *object)
{
    struct timer *timer = container_of(object, struct timer, object);
    bool was_queued;

    lock_acquire(&timer->lock);
    timer->period = 0;
    was_queued = queue_remove(timer->cpu, &timer->node);
    lock_release(&timer->lock);
    if (was_queued) {
        object_release(object);
    }
}

void timer_destroy(struct object *object)
{
    struct timer *timer = container_of(object, struct timer, object);

    object_release(&timer->event->object);
    object_free(object);
}

void timer_add_timeout(struct thread *thread, uint64_t deadline)
{
    object_reference(&thread->object);
    queue_insert(&thread->timeout, deadline, NODE_THREAD, &thread->timeout_cpu);
}

void timer_remove_timeout(struct thread *thread)
{
    if (queue_remove(thread->timeout_cpu, &thread->timeout)) {
        object_release(&thread->object);
    }
}

static void timer_fire(struct timer *timer, uint64_t deadline)
{
    event_signal(timer->event, timer->bits);
    lock_acquire(&timer->lock);
    if (timer->period != 0 && timer->node.linked == 0) {
        uint64_t now = clock_counter();
        uint64_t next = deadline + timer->period;

        if (next <= now) {
            next += (now - next) / timer->period * timer->period + timer->period;
        }
        timer_arm(timer, next);
    }
    lock_release(&timer->lock);
    object_release(&timer->object);
}

/* The thread may wait for something else by now, without a timeout or with a later one. */
static void thread_time_out(struct thread *thread, uint64_t now)
{
    struct object *object = NULL;

    lock_acquire(&thread->lock);
    if (thread->wait == WAIT_EVENT && thread->timeout.key <= now) {
        object = thread->wait_object;
        object_reference(object);
    }
    lock_release(&thread->lock);
    if (object != NULL) {
        event_cancel_wait(container_of(object, struct event, object), thread, STATUS_TIMED_OUT);
        object_release(object);
    }
    object_release(&thread->object);
}

/* The first node if it is due; otherwise null, and the timer is set for it. */
static struct tree_node *take_due(struct timer_queue *queue, uint64_t now, uint32_t *kind)
{
    struct tree_node *node;

    lock_acquire(&queue->lock);
    node = tree_first(&queue->tree);
    if (node != NULL && node->key <= now) {
        *kind = node->linked;
        tree_remove(&queue->tree, node);
    } else if (node != NULL) {
        timer_fire_by(node->key);
        node = NULL;
    }
    lock_release(&queue->lock);
    return node;
}

void timer_run(void)
{
    struct timer_queue *queue = own_queue();
    uint64_t now = clock_counter();

    cpu_self()->deadline = ~UINT64_C(0);
    if (now >= queue->wake_at) {
        queue->wake_at = ~UINT64_C(0);
        cpu_self()->reschedule = true;
    }
    timer_fire_by(queue->wake_at);
    sched_timer(now);
    for (unsigned i = 0; i < FIRED_AT_ONCE; i++) {
        uint32_t kind = 0;
        struct tree_node *node = take_due(queue, now, &kind);

        if (node == NULL) {
            return;
        }
        if (kind == NODE_TIMER) {
            struct timer *timer = container_of(node, struct timer, node);

            timer_fire(timer, node->key);
        } else {
            thread_time_out(container_of(node, struct thread, timeout), now);
        }
    }
    timer_fire_by(now);
}
