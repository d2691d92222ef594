/*
 * The scheduler; see kern/sched.h.
 *
 * A run queue's lock guards its lists and bitmap. A queued thread's `home` is the CPU whose queue
 * it is in. Threads whose account has used its CPU budget are parked on the CPU that found them,
 * until the account's next period.
 */
#include <kern/sched.h>

#include <arch/clock.h>
#include <arch/entry.h>
#include <kern/reap.h>
#include <kern/space.h>
#include <kern/timer.h>

struct run_queue {
    struct lock lock;
    uint32_t ready; /* bit p: list p is not empty */
    struct list lists[LIMIT_PRIORITIES];
    struct list parked; /* this CPU only */
    uint64_t unpark_at;
};

#define SLICES_A_SECOND 200 /* 5 ms */

static struct run_queue queues[CPU_MAX];
uint64_t sched_slice;
static uint64_t account_grain; /* CPU time is charged to accounts in portions of this many ticks */

void sched_init(uint64_t counter_hz)
{
    sched_slice = counter_hz / SLICES_A_SECOND;
    account_grain = counter_hz / 20000;
    for (unsigned i = 0; i < CPU_MAX; i++) {
        for (unsigned p = 0; p < LIMIT_PRIORITIES; p++) {
            list_init(&queues[i].lists[p]);
        }
        list_init(&queues[i].parked);
        queues[i].unpark_at = ~UINT64_C(0);
    }
}

static struct run_queue *queue_of(const struct cpu *cpu)
{
    return &queues[cpu->index];
}

/* Of a word that is not 0. Not __builtin_clz: without Zbb compilers call a library for it. */
static unsigned highest_bit(uint32_t word)
{
    unsigned bit = 0;

    for (unsigned step = 16; step != 0; step /= 2) {
        if (word >> step != 0) {
            word >>= step;
            bit += step;
        }
    }
    return bit;
}

/* queue->lock held. */
static void list_in(struct run_queue *queue, struct thread *thread, bool at_front)
{
    uint32_t priority = thread->priority;

    thread->queued = QUEUED;
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
    if (thread->queued == QUEUED && list_empty(&queue->lists[thread->queued_priority])) {
        queue->ready &= ~(UINT32_C(1) << thread->queued_priority);
    }
    thread->queued = NOT_QUEUED;
}

static void enqueue(struct cpu *cpu, struct thread *thread, bool at_front)
{
    struct run_queue *queue = queue_of(cpu);

    lock_acquire(&queue->lock);
    thread->state = THREAD_READY;
    thread->home = cpu;
    list_in(queue, thread, at_front);
    lock_release(&queue->lock);
}

static struct thread *dequeue(struct cpu *cpu)
{
    struct run_queue *queue = queue_of(cpu);
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
static struct thread *steal(struct cpu *self)
{
    for (unsigned i = 1; i < cpu_count; i++) {
        struct cpu *other = &cpus[(self->index + i) % cpu_count];
        struct thread *thread = other->online ? dequeue(other) : NULL;

        if (thread != NULL) {
            return thread;
        }
    }
    return NULL;
}

/* True if something at least (or, strictly, more) urgent than `priority` waits on this CPU. */
static bool more_urgent(const struct cpu *cpu, uint32_t priority, bool strictly)
{
    return (queue_of(cpu)->ready >> priority >> (strictly ? 1 : 0)) != 0;
}

static struct cpu *choose_cpu(const struct thread *thread)
{
    struct cpu *home = thread->home != NULL ? thread->home : cpu_self();

    if (cpu_count == 1 || home->idle) {
        return home;
    }
    for (unsigned i = 0; i < cpu_count; i++) {
        if (cpus[i].idle && cpus[i].online) {
            return &cpus[i];
        }
    }
    return home;
}

void sched_ready(struct thread *thread)
{
    struct cpu *self = cpu_self();
    struct cpu *cpu = choose_cpu(thread);
    uint32_t priority = thread->priority;

    if (thread->slice_left == 0) {
        thread->slice_left = sched_slice;
    }
    enqueue(cpu, thread, false);
    if (cpu != self) {
        cpu_interrupt(cpu);
    } else if (self->current == NULL || self->current->priority < priority) {
        self->reschedule = true;
    } else if (self->current->priority == priority) {
        timer_program(); /* its slice matters now */
    }
}

static void account_time(struct cpu *cpu, struct thread *thread, uint64_t now)
{
    uint64_t time = now - cpu->switched_at;
    uint64_t sum = atomic_load_explicit(&thread->cpu_time, memory_order_relaxed) + time;

    cpu->switched_at = now;
    atomic_store_explicit(&thread->cpu_time, sum, memory_order_relaxed);
    thread->unaccounted += time;
    if (thread->unaccounted >= account_grain) {
        account_charge_cpu(thread->object.account, thread->unaccounted);
        thread->unaccounted = 0;
    }
}

void sched_account_current(void)
{
    struct cpu *cpu = cpu_self();

    if (cpu->current != NULL) {
        account_time(cpu, cpu->current, clock_counter());
    }
}

void sched_prepare_block(struct thread *thread)
{
    struct cpu *cpu = cpu_self();
    uint64_t now = clock_counter();

    account_time(cpu, thread, now);
    thread->slice_left = (int64_t)(cpu->slice_end - now) > 0 ? cpu->slice_end - now : 0;
    if (cpu->fp_on) {
        fp_switch_out(&thread->frame, thread->fp);
        cpu->fp_on = false;
    }
    thread->on_cpu = NULL;
    cpu->current = NULL;
}

static void run(struct cpu *cpu, struct thread *thread)
{
    cpu->current = thread;
    cpu->arch.frame = &thread->frame;
    thread->home = cpu;
    thread->state = THREAD_RUNNING;
    thread->on_cpu = cpu;
    atomic_thread_fence(memory_order_seq_cst); /* pairs with thread_kill */
    if (atomic_load_explicit(&thread->dying, memory_order_relaxed)) {
        cpu->reschedule = true;
    }
    if (thread->fp != NULL) {
        fp_switch_in(&thread->frame, thread->fp);
        cpu->fp_on = true;
    }
    if (cpu->space != thread->task->space) {
        space_activate(thread->task->space);
    }
}

void sched_switch(struct thread *next)
{
    struct cpu *cpu = cpu_self();
    bool slice_over = (int64_t)(cpu->slice_end - clock_counter()) <= 0;

    if (more_urgent(cpu, next->priority, !slice_over)) {
        sched_ready(next); /* perhaps elsewhere, so this CPU chooses in any case */
        cpu->reschedule = true;
        return;
    }
    run(cpu, next);
}

void sched_resume(struct thread *thread)
{
    run(cpu_self(), thread);
}

void sched_block(void)
{
    cpu_self()->reschedule = true;
}

uint64_t sched_timer(uint64_t now)
{
    struct cpu *cpu = cpu_self();

    if (cpu->current == NULL || (!more_urgent(cpu, cpu->current->priority, false) &&
                                 !account_cpu_limited(cpu->current->object.account))) {
        return ~UINT64_C(0);
    }
    if ((int64_t)(cpu->slice_end - now) <= 0) {
        cpu->reschedule = true;
        return ~UINT64_C(0); /* choosing sets the next one */
    }
    return cpu->slice_end;
}

static void requeue_current(struct cpu *cpu, struct thread *thread)
{
    bool keeps_slice;

    sched_prepare_block(thread);
    keeps_slice = thread->slice_left != 0;
    if (!keeps_slice) {
        thread->slice_left = sched_slice;
    }
    if (atomic_load_explicit(&thread->dying, memory_order_seq_cst)) {
        thread_finish(thread);
    } else {
        enqueue(cpu, thread, keeps_slice);
    }
}

/* True if the running thread goes on. */
static bool current_stays(struct cpu *cpu)
{
    struct thread *thread = cpu->current;
    uint64_t now = clock_counter();
    bool slice_over = (int64_t)(cpu->slice_end - now) <= 0;

    if (atomic_load_explicit(&thread->dying, memory_order_seq_cst) ||
        more_urgent(cpu, thread->priority, !slice_over)) {
        return false;
    }
    return !slice_over;
}

static void unpark_all(struct cpu *cpu, uint64_t now)
{
    struct run_queue *queue = queue_of(cpu);

    if (now < queue->unpark_at) {
        return;
    }
    lock_acquire(&queue->lock);
    queue->unpark_at = ~UINT64_C(0);
    while (!list_empty(&queue->parked)) {
        struct thread *thread = container_of(queue->parked.next, struct thread, run_link);

        list_out(queue, thread);
        list_in(queue, thread, false);
    }
    lock_release(&queue->lock);
}

static void park(struct cpu *cpu, struct thread *thread, uint64_t until)
{
    struct run_queue *queue = queue_of(cpu);

    lock_acquire(&queue->lock);
    thread->home = cpu;
    if (atomic_load_explicit(&thread->dying, memory_order_seq_cst)) {
        list_in(queue, thread, false);
    } else {
        thread->queued = PARKED;
        list_append(&queue->parked, &thread->run_link);
        if (until < queue->unpark_at) {
            queue->unpark_at = until;
        }
    }
    lock_release(&queue->lock);
    timer_wake_cpu_at(until);
}

/* The lock of the queue that the thread is in, or was in last; null: it never was in one. */
static struct run_queue *lock_queue_of(struct thread *thread)
{
    for (;;) {
        struct cpu *home = thread->home;

        if (home == NULL) {
            return NULL;
        }
        lock_acquire(&queue_of(home)->lock);
        if (thread->home == home) {
            return queue_of(home);
        }
        lock_release(&queue_of(home)->lock);
    }
}

void sched_unpark(struct thread *thread)
{
    struct run_queue *queue = lock_queue_of(thread);
    struct cpu *home = NULL;

    if (queue == NULL) {
        return;
    }
    if (thread->queued == PARKED) {
        home = thread->home;
        list_out(queue, thread);
        list_in(queue, thread, false);
    }
    lock_release(&queue->lock);
    if (home == cpu_self()) {
        home->reschedule = true;
    } else if (home != NULL) {
        cpu_interrupt(home);
    }
}

/* Sets the slice, cut to a share of what the account has left (other CPUs may run threads of it
 * too). False: nothing is left, the thread is parked. */
static bool grant_slice(struct cpu *cpu, struct thread *thread, uint64_t now)
{
    uint64_t slice = thread->slice_left;

    if (account_cpu_limited(thread->object.account)) {
        uint64_t until = 0;
        uint64_t left = account_cpu_left(thread->object.account, now, &until);
        uint64_t share = left / cpu_count;

        if (left == 0) {
            park(cpu, thread, until);
            return false;
        }
        share = share < account_grain ? account_grain : share;
        slice = share < slice ? share : slice;
    }
    cpu->slice_end = now + slice;
    return true;
}

static void idle(struct cpu *cpu)
{
    cpu->idle = true;
    atomic_thread_fence(memory_order_seq_cst);
    if (queue_of(cpu)->ready == 0 && !cpu->reschedule) {
        timer_program();
        cpu_wait();
    }
    cpu->idle = false;
    cpu->reschedule = false;
    interrupts_poll();
}

static struct thread *next_thread(struct cpu *cpu)
{
    for (;;) {
        struct thread *thread;

        unpark_all(cpu, clock_counter());
        thread = dequeue(cpu);
        if (thread == NULL) {
            thread = steal(cpu);
        }
        if (thread != NULL) {
            return thread;
        }
        if (!reap_run()) {
            idle(cpu);
        }
    }
}

void sched_choose(void)
{
    struct cpu *cpu = cpu_self();

    cpu->reschedule = false;
    if (cpu->current != NULL) {
        if (current_stays(cpu)) {
            return;
        }
        requeue_current(cpu, cpu->current);
    }
    for (;;) {
        struct thread *thread = next_thread(cpu);
        uint64_t now = clock_counter();

        if (atomic_load_explicit(&thread->dying, memory_order_seq_cst)) {
            thread_finish(thread);
        } else if (grant_slice(cpu, thread, now)) {
            cpu->switched_at = now;
            run(cpu, thread);
            break;
        }
    }
    timer_program();
}

void sched_yield(void)
{
    struct cpu *cpu = cpu_self();

    cpu->slice_end = clock_counter();
    cpu->reschedule = true;
}

void sched_set_priority(struct thread *thread, uint32_t priority)
{
    struct run_queue *queue = lock_queue_of(thread);

    struct cpu *home = thread->home;

    thread->priority = priority;
    if (queue != NULL) {
        if (thread->queued == QUEUED) {
            list_out(queue, thread);
            list_in(queue, thread, false);
        }
        lock_release(&queue->lock);
        if (home != cpu_self()) {
            cpu_interrupt(home);
        }
    }
    cpu_self()->reschedule = true;
}

void sched_init_cpu(struct cpu *cpu)
{
    cpu->online = true;
}

void sched_start(void)
{
    sched_choose();
    entry_leave();
}
