/*
 * The virtio block device (Virtual I/O Device 1.2, section 5.2): its memory, its one queue, and
 * transfers of whole blocks. Above it is request.c, which knows calls and leases.
 *
 * A transfer is named by its place, 0 to DISK_PLACES - 1, which the caller owns from disk_submit()
 * until disk_take() gives it back; each place has a header and a status in memory of the device.
 * There are DISK_BOUNCES buffers for what cannot be moved in place.
 */
#ifndef DISK_H
#define DISK_H

#include "dma_memory.h"
#include "virtio-mmio.h"
#include "virtqueue.h"

enum {
    DISK_PLACES = 64,
    DISK_SEGMENTS = 32, /* pieces of data of one transfer */
    DISK_BOUNCES = 16,
    DISK_BOUNCE_BYTES = 16384,
    DISK_TRANSFER_BYTES = 131072, /* at most, in one transfer */
    DISK_BLOCK_MAX = 4096
};

enum disk_operation {
    DISK_READ = 0, /* 5.2.6: VIRTIO_BLK_T_IN, _OUT, _FLUSH */
    DISK_WRITE = 1,
    DISK_FLUSH = 4
};

struct disk {
    struct device device;
    struct virtio_mmio virtio;
    struct virtqueue queue;
    uint64_t size;  /* bytes, a multiple of `block` */
    uint32_t block; /* the unit of transfers: a power of two, 512 to DISK_BLOCK_MAX */
    uint32_t segment_bytes;
    uint32_t segments; /* that the device takes, up to DISK_SEGMENTS */
    bool read_only;
    bool has_flush;
    uint16_t queue_size;
    struct dma_memory memory; /* queue, headers, bounce buffers */
    bool in_flight[DISK_PLACES];
};

enum disk_result {
    DISK_NONE,
    DISK_DONE,
    DISK_FAILED, /* the device reports an error for this transfer */
    DISK_BROKEN  /* the device does not keep to the protocol: disk_restart() */
};

/*
 * Resets the device, frees what earlier instances left to it, and makes it ready. *reason says
 * in words what is wrong if it fails. NO_DEVICE: no block device is there.
 */
SINTER_MUST_CHECK status_t disk_open(struct disk *disk, handle_t account, const char **reason);

/* Resets the device; all that was in flight is over and will not be given back. */
SINTER_MUST_CHECK status_t disk_restart(struct disk *disk, const char **reason);

/*
 * Resets the device and gives its memory back; nothing may be in flight. A device that does not
 * reset keeps it.
 */
void disk_close(struct disk *disk);

/* Reads the size again, after VIRTIO_INTERRUPT_CONFIGURATION. */
void disk_read_size(struct disk *disk);

uint8_t *disk_bounce(struct disk *disk, uint32_t bounce);

/* The piece of a bounce buffer, or of a pin from its first byte, for disk_submit(). */
uint32_t disk_bounce_segments(const struct disk *disk, uint32_t bounce, uint64_t length,
                              struct virtqueue_segment *segments);

/* Answers how many segments were made; *length is cut down to what they hold. */
SINTER_MUST_CHECK status_t disk_pin_segments(const struct disk *disk, handle_t pin,
                                             uint64_t *length, struct virtqueue_segment *segments,
                                             uint32_t *count);

/* Hands a transfer to the device. False, and nothing done, while the queue is full. */
bool disk_submit(struct disk *disk, uint32_t place, enum disk_operation operation, uint64_t start,
                 const struct virtqueue_segment *segments, uint32_t count);

/* The next transfer that has ended. */
enum disk_result disk_take(struct disk *disk, uint32_t *place);

#endif
