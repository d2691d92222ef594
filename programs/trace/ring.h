/* Reading the ring of a CPU, which the kernel writes meanwhile: trace_set(). Pure. */
#ifndef TRACE_RING_H
#define TRACE_RING_H

#include <sinter/abi.h>
#include <stdbool.h>

struct ring {
    const volatile struct trace_record *records;
    uint64_t count; /* of places */
    uint64_t next;  /* number of the record to be read, from 0 on */
    uint64_t lost;  /* records that were overwritten before they were read */
};

/* The next record, whole; false: there is none yet. */
bool ring_take(struct ring *ring, struct trace_record *record);

#endif
