/*
 * The virtio device that carries 9P messages to the host (Virtual I/O Device 1.2 lists its number,
 * 9; Linux's net/9p/trans_virtio.c and QEMU hw/9pfs/virtio-9p-device.c its layout): one queue, in
 * which a chain holds a request to read and room for the reply to write; the configuration has the
 * tag of the shared directory.
 *
 * A message is named by its slot, 0 to CHANNEL_SLOTS - 1, which is its tag too. Each slot has room
 * for a request and the beginning of a reply, and a bounce buffer for data that cannot be moved in
 * place. A reply is copied out of what the device can write before anybody looks at it.
 */
#ifndef CHANNEL_H
#define CHANNEL_H

#include "dma_memory.h"
#include "virtio-mmio.h"
#include "virtqueue.h"

enum {
    CHANNEL_SLOTS = 16,
    CHANNEL_REQUEST_BYTES = 2048,
    CHANNEL_REPLY_BYTES = 2048,
    CHANNEL_BOUNCE_BYTES = 4096,
    CHANNEL_DATA_BYTES = 131072, /* at most, in one message */
    CHANNEL_SEGMENTS = 40,       /* pieces of data of one message */
    CHANNEL_TAG_BYTES = 32
};

struct channel {
    struct device device;
    struct virtio_mmio virtio;
    struct virtqueue queue;
    struct dma_memory memory;
    char tag[CHANNEL_TAG_BYTES]; /* of the shared directory, cut down to what fits */
    bool in_flight[CHANNEL_SLOTS];
};

/* What a message carries beside the request and the beginning of the reply. */
struct channel_data {
    struct virtqueue_segment segments[CHANNEL_SEGMENTS];
    uint32_t count;
    bool to_host;
};

enum channel_result {
    CHANNEL_NONE,
    CHANNEL_REPLY,
    CHANNEL_BROKEN /* the device does not keep to its protocol */
};

/*
 * Resets the device, frees what earlier instances left to it, and makes it ready. *reason says in
 * words what is wrong if it fails. NO_DEVICE: no 9P device is there.
 */
SINTER_MUST_CHECK status_t channel_open(struct channel *channel, handle_t account,
                                        const char **reason);
/* Resets the device and gives its memory back; nothing may be in flight. */
void channel_close(struct channel *channel);

uint8_t *channel_request(struct channel *channel, uint32_t slot);
uint8_t *channel_bounce(struct channel *channel, uint32_t slot);

/* The pieces of `length` bytes of the bounce buffer, or of a pin from its first byte. */
void channel_bounce_data(const struct channel *channel, uint32_t slot, uint32_t length,
                         struct channel_data *data);
/* *length is cut down to what they hold. */
SINTER_MUST_CHECK status_t channel_pin_data(handle_t pin, uint32_t *length,
                                            struct channel_data *data);

/*
 * Sends the first `length` bytes of the slot's request; `reply` bytes are kept for the beginning of
 * its reply. data: null for none. False, and nothing done, while the queue is full.
 */
bool channel_send(struct channel *channel, uint32_t slot, uint32_t length, uint32_t reply,
                  const struct channel_data *data);

/* The next reply: its slot, how many bytes came in all, and the first of them in `bytes`. */
enum channel_result channel_take(struct channel *channel, uint32_t *slot, uint32_t *received,
                                 uint8_t bytes[CHANNEL_REPLY_BYTES]);

#endif
