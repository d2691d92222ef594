/*
 * A split virtqueue (Virtual I/O Device 1.2, section 2.7), in the memory it is given.
 *
 * The layout is the one that legacy devices need (2.7.2), which modern ones take as well. The
 * device can write all of the shared memory, so nothing is read back from it that matters: chains
 * are kept in private memory, and what the device says it has used is checked against them.
 */
#ifndef DRIVERS_COMMON_VIRTQUEUE_H
#define DRIVERS_COMMON_VIRTQUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    VIRTQUEUE_MAX = 256,        /* descriptors; a power of two */
    VIRTQUEUE_ALIGNMENT = 4096, /* of the memory, and of the used ring in it */
    VIRTQUEUE_BYTES = 12288     /* enough memory for VIRTQUEUE_MAX descriptors */
};

struct virtqueue_descriptor {
    uint64_t address;
    uint32_t length;
    uint16_t flags;
    uint16_t next;
};

struct virtqueue_available {
    uint16_t flags;
    uint16_t index;
    uint16_t ring[];
};

struct virtqueue_used_element {
    uint32_t id;
    uint32_t length;
};

struct virtqueue_used {
    uint16_t flags;
    uint16_t index;
    struct virtqueue_used_element ring[];
};

enum virtqueue_descriptor_flags {
    VIRTQUEUE_NEXT = 0x1,
    VIRTQUEUE_WRITE = 0x2 /* the device writes it */
};

enum virtqueue_used_flags { VIRTQUEUE_NO_NOTIFY = 0x1 };

struct virtqueue_segment {
    uint64_t address; /* as the device sees it */
    uint32_t length;
    bool device_writes; /* readable segments come first */
};

enum virtqueue_result {
    VIRTQUEUE_EMPTY,
    VIRTQUEUE_TAKEN,
    VIRTQUEUE_BROKEN /* the device answered what it was not asked; it must be reset */
};

struct virtqueue {
    volatile struct virtqueue_descriptor *descriptors;
    volatile struct virtqueue_available *available;
    volatile struct virtqueue_used *used;
    uint16_t size;
    uint16_t free_first;
    uint16_t free_count;
    uint16_t added; /* our count of the available ring */
    uint16_t taken; /* our count of the used ring */
    uint16_t in_flight;
    uint16_t next[VIRTQUEUE_MAX];
    uint32_t writable[VIRTQUEUE_MAX]; /* by head: bytes that the device may write */
    void *token[VIRTQUEUE_MAX];       /* by head: not null while in flight */
};

/* Bytes from the start of the memory to the available and used rings of a queue. */
size_t virtqueue_available_offset(uint16_t size);
size_t virtqueue_used_offset(uint16_t size);

/* memory: zero, aligned, VIRTQUEUE_BYTES. size: a power of two up to VIRTQUEUE_MAX. */
void virtqueue_init(struct virtqueue *queue, void *memory, uint16_t size);

/* Hands a chain to the device. False, and nothing done, while there are too few descriptors. */
bool virtqueue_add(struct virtqueue *queue, const struct virtqueue_segment *segments,
                   uint16_t count, void *token);

/* Whether the device wants to hear of what was added. */
bool virtqueue_wants_notify(struct virtqueue *queue);

/* The next chain that the device has finished: its token, and how many bytes it wrote. */
enum virtqueue_result virtqueue_take(struct virtqueue *queue, void **token, uint32_t *length);

#endif
