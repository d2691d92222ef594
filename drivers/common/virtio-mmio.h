/*
 * The virtio transport over memory-mapped registers, modern (version 2) and legacy (version 1):
 * Virtual I/O Device 1.2, sections 4.2.2 and 4.2.4. One device, any number of queues.
 *
 * Order of use: probe, reset, negotiate, set up queues, start. After virtio_mmio_reset() returns
 * OK the device touches no memory any more.
 */
#ifndef DRIVERS_COMMON_VIRTIO_MMIO_H
#define DRIVERS_COMMON_VIRTIO_MMIO_H

#include <sinter/abi.h>

enum virtio_device_id {
    VIRTIO_DEVICE_NONE = 0,
    VIRTIO_DEVICE_NETWORK = 1,
    VIRTIO_DEVICE_BLOCK = 2,
    VIRTIO_DEVICE_CONSOLE = 3,
    VIRTIO_DEVICE_ENTROPY = 4,
    VIRTIO_DEVICE_9P = 9
};

#define VIRTIO_FEATURE_VERSION_1 (1ull << 32)

enum virtio_interrupt { VIRTIO_INTERRUPT_USED = 0x1, VIRTIO_INTERRUPT_CONFIGURATION = 0x2 };

struct virtio_mmio {
    uintptr_t registers;
    uint32_t version;
    uint32_t device_id;
    uint64_t features; /* those agreed on */
};

/* Looks at the registers. NO_DEVICE: not a virtio device, or a version from the future. */
status_t virtio_mmio_probe(struct virtio_mmio *device, uintptr_t registers);

/* Stops the device. IO_ERROR: it does not report that it has. */
status_t virtio_mmio_reset(struct virtio_mmio *device);

/* Agrees on those features of `wanted` that the device has. UNSUPPORTED: it does not accept. */
status_t virtio_mmio_negotiate(struct virtio_mmio *device, uint64_t wanted);

/* The size to use for a queue: a power of two up to `wanted`, or 0 when there is no such queue. */
uint16_t virtio_mmio_queue_size(struct virtio_mmio *device, uint32_t queue, uint16_t wanted);

/*
 * Tells the device where the memory of a queue is, laid out as by virtqueue_init(). TOO_LARGE: a
 * legacy device cannot reach that address. BUSY: the queue is in use.
 */
status_t virtio_mmio_set_queue(struct virtio_mmio *device, uint32_t queue, uint16_t size,
                               uint64_t address);

void virtio_mmio_start(struct virtio_mmio *device);
void virtio_mmio_notify(struct virtio_mmio *device, uint32_t queue);

/* What the device interrupts for, VIRTIO_INTERRUPT_ bits; they are acknowledged. */
uint32_t virtio_mmio_interrupts(struct virtio_mmio *device);

/* Fields of the device's configuration. The 64-bit one is read in one piece. */
uint8_t virtio_mmio_config8(struct virtio_mmio *device, uint32_t offset);
uint32_t virtio_mmio_config32(struct virtio_mmio *device, uint32_t offset);
uint64_t virtio_mmio_config64(struct virtio_mmio *device, uint32_t offset);

#endif
