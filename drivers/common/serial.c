/* The serial line of serial.h. */
#include "serial.h"

static void receive(struct serial *serial)
{
    uint8_t byte;
    while (byte_ring_room(&serial->received) > 0 &&
           serial->uart->operations->get(serial->uart, &byte)) {
        (void)byte_ring_put(&serial->received, byte);
    }
}

/* At most a ring's worth: an emulated transmitter has room at once, whatever it was given. */
static void transmit(struct serial *serial)
{
    uint32_t left = SERIAL_TRANSMIT_RING;
    uint32_t room = serial->uart->operations->room(serial->uart);
    uint8_t byte;
    while (left > 0 && room > 0 && byte_ring_get(&serial->sent, &byte)) {
        serial->uart->operations->put(serial->uart, byte);
        left--;
        room--;
        if (room == 0) {
            room = serial->uart->operations->room(serial->uart);
        }
    }
}

void serial_progress(struct serial *serial)
{
    receive(serial);
    if (stream_serve_readers(&serial->readers, &serial->received)) {
        receive(serial);
    }
    transmit(serial);
    if (stream_serve_writers(&serial->writers, &serial->sent)) {
        transmit(serial);
    }
    serial->uart->operations->set_interrupts(serial->uart, byte_ring_room(&serial->received) > 0,
                                             byte_ring_used(&serial->sent) > 0);
}

void serial_init(struct serial *serial, struct uart *uart, const struct stream_host *host)
{
    serial->uart = uart;
    serial->readers = (struct stream_queue){.host = host};
    serial->writers = (struct stream_queue){.host = host};
    byte_ring_init(&serial->received, serial->received_bytes, SERIAL_RECEIVE_RING);
    byte_ring_init(&serial->sent, serial->sent_bytes, SERIAL_TRANSMIT_RING);
    serial_progress(serial);
}

void serial_read(struct serial *serial, struct stream_request *request)
{
    if (request->length == 0) {
        serial->readers.host->answer(request, STATUS_OK, 0);
        return;
    }
    stream_enqueue(&serial->readers, request);
    serial_progress(serial);
}

void serial_write(struct serial *serial, struct stream_request *request)
{
    bool no_turn = request->no_wait && serial->writers.first != 0;
    if (request->length == 0 || no_turn) {
        serial->writers.host->answer(request, no_turn ? STATUS_WOULD_BLOCK : STATUS_OK, 0);
        return;
    }
    stream_enqueue(&serial->writers, request);
    serial_progress(serial);
}

void serial_cancel(struct serial *serial, struct stream_request *request, status_t status)
{
    if (stream_finish(&serial->readers, request, status) ||
        stream_finish(&serial->writers, request, status)) {
        serial_progress(serial);
    }
}

void serial_cancel_all(struct serial *serial, status_t status)
{
    stream_finish_all(&serial->readers, status);
    stream_finish_all(&serial->writers, status);
}

bool serial_sent(const struct serial *serial)
{
    return byte_ring_used(&serial->sent) == 0 && serial->writers.first == 0;
}
