/*
 * The rings of trace records; see kern/trace.h.
 *
 * A ring is written by its CPU only, under a lock that ending takes too: then nobody writes, and
 * the memory may go. What is in the memory is never read.
 */
#include <kern/trace.h>

#include <arch/clock.h>
#include <arch/layout.h>
#include <kern/cpu.h>
#include <kern/time.h>
#include <kern_calls.h>
#include <string.h>

#define KINDS (2u * (1u << TRACE_DATA) - (1u << TRACE_CALL))

struct ring {
    struct lock lock;
    struct trace_record *records; /* null: there is none */
    uint64_t count, next;
};

atomic_uint trace_kinds;

static struct ring rings[CPU_MAX];
static struct lock lock;     /* stands before those of the rings */
static struct memory *owner; /* of the rings, holds a reference; under the lock */

static void write_record(struct trace_record *slot, struct trace_record *record, uint64_t number)
{
    volatile uint64_t *sequence = &slot->sequence;

    *sequence = 0;
    atomic_thread_fence(memory_order_release);
    record->sequence = 0;
    memcpy(slot, record, sizeof(*record));
    atomic_thread_fence(memory_order_release);
    *sequence = number;
}

void trace_append(struct trace_record *record, const struct thread *thread)
{
    struct cpu *cpu = cpu_self();
    struct ring *ring = &rings[cpu->index];

    record->time = time_from_counter(clock_counter());
    record->cpu = cpu->index;
    if (thread != NULL) {
        record->task = thread->task->object.identity;
        record->thread = thread->object.identity;
    }
    lock_acquire(&ring->lock);
    if (ring->records != NULL) {
        struct trace_record *slot = &ring->records[ring->next % ring->count];

        write_record(slot, record, ++ring->next);
    }
    lock_release(&ring->lock);
}

void trace_words(uint32_t kind, const struct thread *thread, uint64_t a, uint64_t b, uint64_t c,
                 uint64_t d)
{
    trace_append(&(struct trace_record){.kind = kind, .words = {a, b, c, d}}, thread);
}

/* The lock is held. records null: the ring ends. */
static void set_rings(struct trace_record *records, uint64_t count)
{
    for (unsigned i = 0; i < cpu_count; i++) {
        lock_acquire(&rings[i].lock);
        rings[i].records = records == NULL ? NULL : records + i * count;
        rings[i].count = count;
        rings[i].next = 0;
        lock_release(&rings[i].lock);
    }
}

/* Ends it, if the memory is the rings'. */
static void end(struct memory *memory)
{
    bool ends;

    lock_acquire(&lock);
    ends = owner == memory;
    if (ends) {
        atomic_store(&trace_kinds, 0);
        set_rings(NULL, 0);
        owner = NULL;
    }
    lock_release(&lock);
    if (ends) {
        object_release(&memory->object);
    }
}

static status_t begin(struct memory *memory, uint32_t kinds, uint64_t count)
{
    status_t status = STATUS_BAD_STATE;

    lock_acquire(&lock);
    if (owner == NULL && atomic_load(&memory->object.handles) != 0) {
        object_reference(&memory->object);
        owner = memory;
        set_rings(direct_map(memory->physical), count);
    }
    if (owner == memory) {
        atomic_store(&trace_kinds, kinds);
        status = STATUS_OK;
    }
    lock_release(&lock);
    return status;
}

status_t sys_trace_set(struct memory *memory, uint32_t kinds, uint64_t *records)
{
    uint64_t count = memory->pages * PAGE_SIZE / sizeof(struct trace_record) / cpu_count;

    if ((kinds & ~KINDS) != 0 || count == 0 || memory->kind != MEMORY_KIND_CONTIGUOUS ||
        memory->borrowed) {
        return STATUS_BAD_ARGUMENT;
    }
    *records = count;
    if (kinds == 0) {
        end(memory);
        return STATUS_OK;
    }
    return begin(memory, kinds, count);
}

void trace_memory_unreachable(struct object *object)
{
    end(container_of(object, struct memory, object));
}
