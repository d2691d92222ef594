/* The device of channel.h. */
#include "channel.h"

enum {
    QUEUE = 0,
    LEAST_QUEUE = CHANNEL_SEGMENTS + 2, /* a request, a reply, and data */
    REQUESTS_OFFSET = VIRTQUEUE_BYTES,
    REPLIES_OFFSET = REQUESTS_OFFSET + CHANNEL_SLOTS * CHANNEL_REQUEST_BYTES,
    BOUNCES_OFFSET = REPLIES_OFFSET + CHANNEL_SLOTS * CHANNEL_REPLY_BYTES,
    MEMORY_BYTES = BOUNCES_OFFSET + CHANNEL_SLOTS * CHANNEL_BOUNCE_BYTES
};

enum { FEATURE_MOUNT_TAG = 1u << 0 };

/* struct virtio_9p_config */
enum { CONFIG_TAG_LENGTH = 0, CONFIG_TAG = 2 };

/* ---- starting ------------------------------------------------------------------------------- */

/* For people: what cannot be printed becomes a question mark. */
static void read_tag(struct channel *channel)
{
    uint32_t length = 0;
    if ((channel->virtio.features & FEATURE_MOUNT_TAG) != 0) {
        length = virtio_mmio_config8(&channel->virtio, CONFIG_TAG_LENGTH) |
                 (uint32_t)virtio_mmio_config8(&channel->virtio, CONFIG_TAG_LENGTH + 1) << 8;
    }
    length = length < CHANNEL_TAG_BYTES ? length : CHANNEL_TAG_BYTES - 1;
    for (uint32_t i = 0; i < length; i++) {
        char byte = (char)virtio_mmio_config8(&channel->virtio, CONFIG_TAG + i);
        channel->tag[i] = byte > ' ' && byte <= '~' ? byte : '?';
    }
    channel->tag[length] = '\0';
}

static status_t set_queue(struct channel *channel)
{
    uint16_t size = virtio_mmio_queue_size(&channel->virtio, QUEUE, VIRTQUEUE_MAX);
    if (size < LEAST_QUEUE) {
        return STATUS_UNSUPPORTED;
    }
    virtqueue_init(&channel->queue, channel->memory.bytes, size);
    return virtio_mmio_set_queue(&channel->virtio, QUEUE, size, channel->memory.address);
}

/* 3.1.1; the device has been reset. */
static status_t bring_up(struct channel *channel, const char **reason)
{
    *reason = "the device does not accept the features that are needed";
    status_t status = virtio_mmio_negotiate(&channel->virtio, FEATURE_MOUNT_TAG);
    if (status == STATUS_OK) {
        read_tag(channel);
        *reason = "its queue is too small, or cannot be set up";
        status = set_queue(channel);
    }
    if (status == STATUS_OK) {
        virtio_mmio_start(&channel->virtio);
    }
    return status;
}

status_t channel_open(struct channel *channel, handle_t account, const char **reason)
{
    *reason = "no 9P device here";
    status_t status = virtio_mmio_probe(&channel->virtio, channel->device.registers);
    if (status != STATUS_OK || channel->virtio.device_id != VIRTIO_DEVICE_9P) {
        return STATUS_NO_DEVICE;
    }
    *reason = "the device does not reset";
    status = virtio_mmio_reset(&channel->virtio);
    if (status == STATUS_OK) {
        *reason = "the memory of earlier instances cannot be freed";
        status = pin_release(channel->device.memory);
    }
    if (status == STATUS_OK) {
        *reason = "no memory for the device";
        status = dma_memory_make(&channel->memory, &channel->device, account, MEMORY_BYTES);
    }
    return status == STATUS_OK ? bring_up(channel, reason) : status;
}

void channel_close(struct channel *channel)
{
    if (virtio_mmio_reset(&channel->virtio) == STATUS_OK) {
        dma_memory_release(&channel->memory);
    }
}

/* ---- messages ------------------------------------------------------------------------------- */

static uint64_t request_offset(uint32_t slot)
{
    return REQUESTS_OFFSET + (uint64_t)slot * CHANNEL_REQUEST_BYTES;
}

static uint64_t reply_offset(uint32_t slot)
{
    return REPLIES_OFFSET + (uint64_t)slot * CHANNEL_REPLY_BYTES;
}

static uint64_t bounce_offset(uint32_t slot)
{
    return BOUNCES_OFFSET + (uint64_t)slot * CHANNEL_BOUNCE_BYTES;
}

uint8_t *channel_request(struct channel *channel, uint32_t slot)
{
    return channel->memory.bytes + request_offset(slot);
}

uint8_t *channel_bounce(struct channel *channel, uint32_t slot)
{
    return channel->memory.bytes + bounce_offset(slot);
}

void channel_bounce_data(const struct channel *channel, uint32_t slot, uint32_t length,
                         struct channel_data *data)
{
    data->segments[0] = (struct virtqueue_segment){
        .address = channel->memory.address + bounce_offset(slot), .length = length};
    data->count = 1;
}

status_t channel_pin_data(handle_t pin, uint32_t *length, struct channel_data *data)
{
    uint32_t done = 0;
    data->count = 0;
    while (done < *length && data->count < CHANNEL_SEGMENTS) {
        uint64_t address = 0;
        uint64_t contiguous = 0;
        status_t status = pin_address(pin, done, &address, &contiguous);
        if (status != STATUS_OK) {
            return status;
        }
        uint32_t piece = contiguous < *length - done ? (uint32_t)contiguous : *length - done;
        data->segments[data->count++] =
            (struct virtqueue_segment){.address = address, .length = piece};
        done += piece;
    }
    *length = done;
    return STATUS_OK;
}

static uint16_t add_data(struct virtqueue_segment *chain, uint16_t length,
                         const struct channel_data *data)
{
    for (uint32_t i = 0; i < data->count; i++) {
        chain[length] = data->segments[i];
        chain[length++].device_writes = !data->to_host;
    }
    return length;
}

bool channel_send(struct channel *channel, uint32_t slot, uint32_t length, uint32_t reply,
                  const struct channel_data *data)
{
    struct virtqueue_segment chain[CHANNEL_SEGMENTS + 2];
    uint16_t count = 0;
    uint64_t base = channel->memory.address;
    chain[count++] = (struct virtqueue_segment){base + request_offset(slot), length, false};
    if (data != NULL && data->to_host) {
        count = add_data(chain, count, data);
    }
    chain[count++] = (struct virtqueue_segment){base + reply_offset(slot), reply, true};
    if (data != NULL && !data->to_host) {
        count = add_data(chain, count, data);
    }
    if (!virtqueue_add(&channel->queue, chain, count, &channel->in_flight[slot])) {
        return false;
    }
    channel->in_flight[slot] = true;
    if (virtqueue_wants_notify(&channel->queue)) {
        virtio_mmio_notify(&channel->virtio, QUEUE);
    }
    return true;
}

/* The queue gives back only tokens that it was given, so the slot is one of ours. */
enum channel_result channel_take(struct channel *channel, uint32_t *slot, uint32_t *received,
                                 uint8_t bytes[CHANNEL_REPLY_BYTES])
{
    void *token = NULL;
    enum virtqueue_result result = virtqueue_take(&channel->queue, &token, received);
    if (result != VIRTQUEUE_TAKEN) {
        return result == VIRTQUEUE_EMPTY ? CHANNEL_NONE : CHANNEL_BROKEN;
    }
    *slot = (uint32_t)((bool *)token - channel->in_flight);
    channel->in_flight[*slot] = false;
    const uint8_t *from = channel->memory.bytes + reply_offset(*slot);
    for (uint32_t i = 0; i < *received && i < CHANNEL_REPLY_BYTES; i++) {
        bytes[i] = from[i];
    }
    return CHANNEL_REPLY;
}
