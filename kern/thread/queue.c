/*
 * The run queues; see queue.h and kern/sched.h.
 *
 * A run queue's lock guards its lists and bitmap, and `in_queue` of the threads in them. Threads
 * whose account has used its CPU budget are parked on the CPU that found them, until the account's
 * next period.
 */
#include "queue.h"

#include <kern/deadline.h>

/* Of a word that is not 0. Not __builtin_clz: without Zbb compilers call a library for it. */
static unsigned highest_bit(uint32_t word)
{
    unsigned bit = (word > 0xffff) << 4;

    bit |= (word >> bit > 0xff) << 3;
    bit |= (word >> bit > 0xf) << 2;
    bit |= (word >> bit > 3) << 1;
    return bit | (word >> bit > 1);
}

/* queue->lock held. The fence pairs with sched_set_priority(): it finds the thread queued, or its
 * priority is seen here. So with those who set its attention. An explicit one: QEMU 7.2 lets a load
 * (LDAR) overtake a store (STLR) of another word on hosts that do. */
static void list_in(struct run_queue *queue, struct thread *thread, bool at_front)
{
    uint32_t priority;

    atomic_store_explicit(&thread->in_queue, queue, memory_order_relaxed);
    atomic_thread_fence(memory_order_seq_cst);
    priority = atomic_load_explicit(&thread->priority, memory_order_relaxed);
    thread->parked = false;
    thread->queued_priority = priority;
    if (at_front) {
        list_prepend(&queue->lists[priority], &thread->run_link);
    } else {
        list_append(&queue->lists[priority], &thread->run_link);
    }
    queue->ready |= UINT32_C(1) << priority;
}

/* queue->lock held. */
static void list_out(struct run_queue *queue, struct thread *thread)
{
    list_remove(&thread->run_link);
    if (!thread->parked && list_empty(&queue->lists[thread->queued_priority])) {
        queue->ready &= ~(UINT32_C(1) << thread->queued_priority);
    }
    atomic_store_explicit(&thread->in_queue, NULL, memory_order_seq_cst);
}

/* False: it is to stop, and in no queue. Whoever says so either finds it queued or is seen here. */
static bool try_enqueue(struct cpu *cpu, struct thread *thread, bool at_front, uint32_t *priority)
{
    struct run_queue *queue = &cpu->queue;
    bool stays;

    lock_acquire(&queue->lock);
    thread->state = THREAD_READY;
    thread->home = cpu;
    list_in(queue, thread, at_front);
    stays = (atomic_load_explicit(&thread->attention, memory_order_seq_cst) & ATTENTION_END) == 0 ||
            !atomic_load(&thread->stop) || atomic_load(&thread->dying);
    if (!stays) {
        list_out(queue, thread);
    } else if (priority != NULL) {
        *priority = thread->queued_priority;
    }
    lock_release(&queue->lock);
    return stays;
}

bool queue_add(struct cpu *cpu, struct thread *thread, bool at_front, uint32_t *priority)
{
    while (!try_enqueue(cpu, thread, at_front, priority)) {
        if (thread_hold(thread)) {
            return false;
        }
    }
    return true;
}

struct thread *queue_take(struct cpu *cpu)
{
    struct run_queue *queue = &cpu->queue;
    struct thread *thread = NULL;

    if (queue->ready == 0) {
        return NULL;
    }
    lock_acquire(&queue->lock);
    if (queue->ready != 0) {
        unsigned priority = highest_bit(queue->ready);

        thread = container_of(queue->lists[priority].next, struct thread, run_link);
        list_out(queue, thread);
    }
    lock_release(&queue->lock);
    return thread;
}

/* From the most loaded priority of any other CPU: good enough for at most eight. */
struct thread *queue_steal(struct cpu *self)
{
    for (unsigned i = 1; i < cpu_count; i++) {
        struct cpu *other = &cpus[(self->index + i) % cpu_count];
        struct thread *thread = other->online ? queue_take(other) : NULL;

        if (thread != NULL) {
            return thread;
        }
    }
    return NULL;
}

void queue_unpark_all(struct cpu *cpu)
{
    struct run_queue *queue = &cpu->queue;

    lock_acquire(&queue->lock);
    queue->unpark_at = ~UINT64_C(0);
    while (!list_empty(&queue->parked)) {
        struct thread *thread = container_of(queue->parked.next, struct thread, run_link);

        list_out(queue, thread);
        list_in(queue, thread, false);
    }
    lock_release(&queue->lock);
}

void queue_park(struct cpu *cpu, struct thread *thread, uint64_t until)
{
    struct run_queue *queue = &cpu->queue;

    lock_acquire(&queue->lock);
    thread->home = cpu;
    thread->parked = true;
    list_append(&queue->parked, &thread->run_link);
    atomic_store_explicit(&thread->in_queue, queue, memory_order_relaxed);
    atomic_thread_fence(memory_order_seq_cst);
    if ((atomic_load_explicit(&thread->attention, memory_order_seq_cst) & ATTENTION_END) != 0) {
        list_out(queue, thread);
        list_in(queue, thread, false);
    } else if (until < queue->unpark_at) {
        queue->unpark_at = until;
    }
    lock_release(&queue->lock);
    deadline_fire_by(until);
}

/* The queue that the thread is in, locked; null: it is in none. */
static struct run_queue *lock_queue_of(struct thread *thread)
{
    for (;;) {
        struct run_queue *queue = atomic_load_explicit(&thread->in_queue, memory_order_seq_cst);

        if (queue == NULL) {
            return NULL;
        }
        lock_acquire(&queue->lock);
        if (atomic_load_explicit(&thread->in_queue, memory_order_relaxed) == queue) {
            return queue;
        }
        lock_release(&queue->lock);
    }
}

static void choose_again(struct cpu *cpu)
{
    if (cpu == cpu_self()) {
        cpu->reschedule = true;
    } else {
        cpu_interrupt(cpu);
    }
}

void sched_unpark(struct thread *thread)
{
    struct run_queue *queue = lock_queue_of(thread);
    bool was_parked;

    if (queue == NULL) {
        return;
    }
    was_parked = thread->parked;
    if (was_parked) {
        list_out(queue, thread);
        list_in(queue, thread, false);
    }
    lock_release(&queue->lock);
    if (was_parked) {
        choose_again(container_of(queue, struct cpu, queue));
    }
}

void sched_look(struct thread *thread)
{
    struct cpu *cpu;

    atomic_thread_fence(memory_order_seq_cst); /* pairs with sched_run() */
    cpu = thread->on_cpu;
    if (cpu != NULL) {
        choose_again(cpu);
    }
}

bool sched_withdraw(struct thread *thread)
{
    struct run_queue *queue = lock_queue_of(thread);

    if (queue == NULL) {
        return false;
    }
    list_out(queue, thread);
    lock_release(&queue->lock);
    return true;
}

void sched_set_priority(struct thread *thread, uint32_t priority)
{
    struct run_queue *queue;
    struct cpu *cpu;

    atomic_store_explicit(&thread->priority, priority, memory_order_relaxed);
    atomic_thread_fence(memory_order_seq_cst); /* pairs with list_in() */
    queue = lock_queue_of(thread);
    cpu = queue != NULL ? container_of(queue, struct cpu, queue) : thread->on_cpu;
    if (queue != NULL) {
        if (!thread->parked) {
            list_out(queue, thread);
            list_in(queue, thread, false);
        }
        lock_release(&queue->lock);
    }
    if (cpu != NULL) {
        choose_again(cpu);
    }
    cpu_self()->reschedule = true;
}

void sched_choose_everywhere(void)
{
    for (unsigned i = 0; i < cpu_count; i++) {
        if (cpus[i].online) {
            choose_again(&cpus[i]);
        }
    }
}
