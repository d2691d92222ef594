/* The split virtqueue of virtqueue.h; section numbers are those of Virtual I/O Device 1.2. */
#include "virtqueue.h"

#include "io.h"

static size_t align_up(size_t value)
{
    return (value + VIRTQUEUE_ALIGNMENT - 1) & ~(size_t)(VIRTQUEUE_ALIGNMENT - 1);
}

size_t virtqueue_available_offset(uint16_t size)
{
    return sizeof(struct virtqueue_descriptor) * size;
}

size_t virtqueue_used_offset(uint16_t size)
{
    size_t used_event = sizeof(uint16_t); /* a field behind the ring, there even if not used */
    return align_up(virtqueue_available_offset(size) + sizeof(struct virtqueue_available) +
                    sizeof(uint16_t) * size + used_event);
}

void virtqueue_init(struct virtqueue *queue, void *memory, uint16_t size)
{
    uint8_t *start = memory;
    queue->descriptors = (volatile struct virtqueue_descriptor *)(void *)start;
    queue->available =
        (volatile struct virtqueue_available *)(void *)(start + virtqueue_available_offset(size));
    queue->used = (volatile struct virtqueue_used *)(void *)(start + virtqueue_used_offset(size));
    queue->size = size;
    queue->free_first = 0;
    queue->free_count = size;
    queue->added = 0;
    queue->taken = 0;
    queue->in_flight = 0;
    for (uint16_t i = 0; i < size; i++) {
        queue->next[i] = (uint16_t)(i + 1);
        queue->token[i] = 0;
    }
}

/* 2.7.13.1: fills the descriptors of a chain from the free list; answers the head. */
static uint16_t place_chain(struct virtqueue *queue, const struct virtqueue_segment *segments,
                            uint16_t count)
{
    uint16_t head = queue->free_first;
    uint16_t at = head;
    queue->writable[head] = 0;
    for (uint16_t i = 0; i < count; i++) {
        bool last = i + 1 == count;
        volatile struct virtqueue_descriptor *descriptor = &queue->descriptors[at];
        descriptor->address = segments[i].address;
        descriptor->length = segments[i].length;
        descriptor->flags = (uint16_t)((last ? 0 : VIRTQUEUE_NEXT) |
                                       (segments[i].device_writes ? VIRTQUEUE_WRITE : 0));
        descriptor->next = last ? 0 : queue->next[at];
        queue->writable[head] += segments[i].device_writes ? segments[i].length : 0;
        queue->free_first = queue->next[at];
        if (last) {
            queue->next[at] = queue->size; /* ends the chain in our own copy */
        }
        at = queue->free_first;
    }
    queue->free_count = (uint16_t)(queue->free_count - count);
    return head;
}

bool virtqueue_add(struct virtqueue *queue, const struct virtqueue_segment *segments,
                   uint16_t count, void *token)
{
    if (count == 0 || count > queue->free_count) {
        return false;
    }
    uint16_t head = place_chain(queue, segments, count);
    queue->token[head] = token;
    queue->in_flight++;
    queue->available->ring[queue->added & (queue->size - 1)] = head;
    dma_write_barrier(); /* 2.7.13.3.1: the entry before the index that shows it */
    queue->added++;
    queue->available->index = queue->added;
    return true;
}

bool virtqueue_wants_notify(struct virtqueue *queue)
{
    dma_full_barrier(); /* 2.7.13.4.1: the index is seen before the flags are read */
    return (queue->used->flags & VIRTQUEUE_NO_NOTIFY) == 0;
}

static void free_chain(struct virtqueue *queue, uint16_t head)
{
    uint16_t at = head;
    for (;;) {
        uint16_t next = queue->next[at];
        queue->free_count++;
        if (next >= queue->size) {
            break;
        }
        at = next;
    }
    queue->next[at] = queue->free_first;
    queue->free_first = head;
    queue->token[head] = 0;
    queue->in_flight--;
}

enum virtqueue_result virtqueue_take(struct virtqueue *queue, void **token, uint32_t *length)
{
    uint16_t index = queue->used->index;
    if (index == queue->taken) {
        return VIRTQUEUE_EMPTY;
    }
    if ((uint16_t)(index - queue->taken) > queue->in_flight) {
        return VIRTQUEUE_BROKEN;
    }
    dma_read_barrier(); /* the index before the entry that it shows */
    volatile struct virtqueue_used_element *element =
        &queue->used->ring[queue->taken & (queue->size - 1)];
    uint32_t id = element->id;
    uint32_t written = element->length;
    if (id >= queue->size || queue->token[id] == 0 || written > queue->writable[id]) {
        return VIRTQUEUE_BROKEN;
    }
    *token = queue->token[id];
    *length = written;
    queue->taken++;
    free_chain(queue, (uint16_t)id);
    return VIRTQUEUE_TAKEN;
}
