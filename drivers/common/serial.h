/*
 * A serial line between its clients and a UART, without a system call.
 *
 *   ns16550.c, pl011.c    the registers, as struct uart_operations
 *   serial_server         calls, leases, interrupts
 *   serial                this: rings, requests, which interrupts are wanted
 *   stream, byte_ring     requests that wait, and the bytes
 *
 * A read is answered with what has come, several readers in order. A write is answered when all
 * of it is in the ring. Nothing received is dropped here: while the ring is full the bytes stay
 * in the UART, whose flow control (or whose emulator) then holds the other side back.
 */
#ifndef DRIVERS_COMMON_SERIAL_H
#define DRIVERS_COMMON_SERIAL_H

#include "stream.h"

enum { SERIAL_RECEIVE_RING = 4096, SERIAL_TRANSMIT_RING = 4096 };

/* A UART; a driver begins its own structure with this one. */
struct uart {
    const struct uart_operations *operations;
};

struct uart_operations {
    /* Takes a received byte; false when there is none. */
    bool (*get)(struct uart *uart, uint8_t *byte);
    /* How many bytes the transmitter takes now. */
    uint32_t (*room)(struct uart *uart);
    void (*put)(struct uart *uart, uint8_t byte);
    /* Whether to interrupt when there is something to get, and when there is room again. */
    void (*set_interrupts)(struct uart *uart, bool receive, bool transmit);
    /* Whether the last bit has left. */
    bool (*idle)(struct uart *uart);
    /* Takes note of an interrupt, before what it is for is looked at. Null: nothing is needed. */
    void (*acknowledge)(struct uart *uart);
};

struct serial {
    struct uart *uart;
    struct byte_ring received;
    struct byte_ring sent;
    struct stream_queue readers;
    struct stream_queue writers;
    uint8_t received_bytes[SERIAL_RECEIVE_RING];
    uint8_t sent_bytes[SERIAL_TRANSMIT_RING];
};

/* Begins empty, with the receive interrupt on. */
void serial_init(struct serial *serial, struct uart *uart, const struct stream_host *host);

void serial_read(struct serial *serial, struct stream_request *request);
void serial_write(struct serial *serial, struct stream_request *request);
void serial_cancel(struct serial *serial, struct stream_request *request, status_t status);
void serial_cancel_all(struct serial *serial, status_t status);

/* Moves what can be moved, for an interrupt. */
void serial_progress(struct serial *serial);

/* Whether everything written has left the ring; uart idle() tells the rest. */
bool serial_sent(const struct serial *serial);

#endif
