/*
 * Records of what happens, into a ring for each CPU in memory that user space supplies; the interface
 * is in libsys/tables (trace_set, struct trace_record). Off, a hook costs a load and a branch; on, the
 * direct way of calls (syscall/direct.c) is not taken, so that it needs no hooks.
 */
#ifndef KERN_TRACE_H
#define KERN_TRACE_H

#include <kern/memory.h>
#include <kern/thread.h>

extern atomic_uint trace_kinds; /* bits of the kinds that are recorded */

static inline bool trace_is_on(void)
{
    return __builtin_expect(atomic_load_explicit(&trace_kinds, memory_order_relaxed) != 0, 0);
}

static inline bool trace_wants(uint32_t kind)
{
    return __builtin_expect(
        (atomic_load_explicit(&trace_kinds, memory_order_relaxed) & 1u << kind) != 0, 0);
}

/* Fills in time, CPU and, unless `thread` is null, the thread. Any locks may be held. */
void trace_append(struct trace_record *record, const struct thread *thread);
/* BAD_ARGUMENT, BAD_STATE as trace_set() of the interface says. */
status_t trace_set(struct memory *memory, uint32_t kinds, uint64_t *records);
void trace_memory_unreachable(struct object *object);

#endif
