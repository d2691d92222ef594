/*
 * Records of what happens, into a ring for each CPU in memory that user space supplies; the
 * interface is in libsys/tables (trace_set, struct trace_record). Off, a hook costs a load and a
 * branch; on, the direct way of calls (syscall/direct.c) is not taken, so that it needs no hooks.
 */
#ifndef KERN_TRACE_H
#define KERN_TRACE_H

#include <kern/memory.h>
#include <kern/thread.h>

extern atomic_uint trace_kinds; /* bits of the kinds that are recorded */

static inline bool trace_wants(uint32_t kinds)
{
    return __builtin_expect((atomic_load_explicit(&trace_kinds, memory_order_relaxed) & kinds) != 0,
                            0);
}

/* Fills in time, CPU and, unless `thread` is null, the thread. Any locks may be held. */
void trace_append(struct trace_record *record, const struct thread *thread);
void trace_words(uint32_t kind, const struct thread *thread, uint64_t a, uint64_t b, uint64_t c,
                 uint64_t d);

/* The hook of what has nothing but a thread (or null) and a few words. */
static inline void trace(uint32_t kind, const struct thread *thread, uint64_t a, uint64_t b,
                         uint64_t c, uint64_t d)
{
    if (trace_wants(1u << kind)) {
        trace_words(kind, thread, a, b, c, d);
    }
}

void trace_memory_unreachable(struct object *object);

#endif
