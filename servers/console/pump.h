/*
 * The two threads that move bytes between the terminal and the serial device, so that the thread
 * that serves never waits for it.
 *
 *   console.c      serves: the only user of the discipline, producer of `output`, consumer of
 *                  `input`
 *   pump.c         reads the device into `input`, writes `output` to the device
 *
 * The device is reached by its path. When its driver dies the pumps call again: its endpoint
 * outlives it, and what it had not confirmed is sent once more. When the endpoint itself is gone
 * they open the path anew, waiting longer each time.
 */
#ifndef PUMP_H
#define PUMP_H

#include "byte_ring.h"
#include "server.h"

enum { PUMP_RING = 4096, PUMP_STACK = 8192 };

/* Bits of the control event: what the pumps tell the thread that serves. */
enum pump_bits {
    PUMP_INPUT = 0x1, /* bytes have come */
    PUMP_ROOM = 0x2,  /* bytes have gone */
    PUMP_SYNCED = 0x4 /* `synced` has moved */
};

struct pump {
    struct server *server;
    const char *path; /* of the device */
    uint32_t priority;
    struct byte_ring input;
    struct byte_ring output;
    handle_t input_event;         /* wakes the reader: there is room */
    handle_t output_event;        /* wakes the writer: there are bytes, or a sync is wanted */
    _Atomic uint32_t sync_wanted; /* 1: yes */
    _Atomic uint32_t synced; /* byte_ring_taken() of `output` when all that had left the device */
    uint8_t input_bytes[PUMP_RING];
    uint8_t output_bytes[PUMP_RING];
};

/*
 * Opens the device, to be sure that it is there, and starts both threads. The pump, the path and
 * the server stay in use for ever. What opening, event_create() or thread_create() answer.
 */
SINTER_MUST_CHECK status_t pump_start(struct pump *pump, struct server *server, const char *path,
                                      uint32_t priority);

/* Tell the pumps that `input` has been taken from, that `output` has been added to. */
void pump_input_taken(struct pump *pump);
void pump_output_added(struct pump *pump);

/* Asks for `synced` to reach what has been written to `output` by now. */
void pump_sync(struct pump *pump);

#endif
