/*
 * Tracing on, and what comes kept in memory until it is off: printing would make records itself.
 */
#ifndef TRACE_CAPTURE_H
#define TRACE_CAPTURE_H

#include <sinter/system.h>
#include <stddef.h>

#include "ring.h"

enum { CAPTURE_CPUS = 8 };

struct capture {
    handle_t memory; /* of the rings */
    uint64_t cpus;
    struct ring rings[CAPTURE_CPUS];
    struct trace_record *records;
    size_t room, count;
    uint64_t dropped; /* for want of room */
};

/* BAD_STATE: somebody traces already. */
status_t capture_begin(struct capture *capture, uint32_t kinds);
/* Takes what the rings hold; to be called often. */
void capture_take(struct capture *capture);
/* Off; then the records stand in the order of their times. */
void capture_end(struct capture *capture);
/* Overwritten or dropped. */
uint64_t capture_lost(const struct capture *capture);

#endif
