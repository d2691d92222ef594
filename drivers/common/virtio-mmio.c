/* The transport of virtio-mmio.h. */
#include "virtio-mmio.h"

#include "io.h"
#include "virtqueue.h"

/* Table 4.1 (modern) and 4.3 (legacy). */
enum virtio_register {
    MAGIC_VALUE = 0x000,
    VERSION = 0x004,
    DEVICE_ID = 0x008,
    DEVICE_FEATURES = 0x010,
    DEVICE_FEATURES_SELECT = 0x014,
    DRIVER_FEATURES = 0x020,
    DRIVER_FEATURES_SELECT = 0x024,
    GUEST_PAGE_SIZE = 0x028, /* legacy */
    QUEUE_SELECT = 0x030,
    QUEUE_SIZE_MAX = 0x034,
    QUEUE_SIZE = 0x038,
    QUEUE_ALIGN = 0x03c, /* legacy */
    QUEUE_PFN = 0x040,   /* legacy */
    QUEUE_READY = 0x044,
    QUEUE_NOTIFY = 0x050,
    INTERRUPT_STATUS = 0x060,
    INTERRUPT_ACKNOWLEDGE = 0x064,
    STATUS = 0x070,
    QUEUE_DESCRIPTORS_LOW = 0x080,
    QUEUE_DESCRIPTORS_HIGH = 0x084,
    QUEUE_DRIVER_LOW = 0x090,
    QUEUE_DRIVER_HIGH = 0x094,
    QUEUE_DEVICE_LOW = 0x0a0,
    QUEUE_DEVICE_HIGH = 0x0a4,
    CONFIG_GENERATION = 0x0fc,
    CONFIG = 0x100
};

/* 2.1 */
enum virtio_status {
    DEVICE_ACKNOWLEDGE = 1,
    DEVICE_DRIVER = 2,
    DEVICE_DRIVER_OK = 4,
    DEVICE_FEATURES_OK = 8
};

enum {
    MAGIC = 0x74726976, /* "virt" */
    LEGACY = 1,
    MODERN = 2,
    RESET_POLLS = 100000, /* then a device that does not report its reset is given up */
    CONFIG_READS = 16
};

static uint32_t read_register(const struct virtio_mmio *device, uint32_t offset)
{
    return mmio_read32(device->registers + offset);
}

static void write_register(const struct virtio_mmio *device, uint32_t offset, uint32_t value)
{
    mmio_write32(device->registers + offset, value);
}

static void add_status(const struct virtio_mmio *device, uint32_t bits)
{
    write_register(device, STATUS, read_register(device, STATUS) | bits);
}

status_t virtio_mmio_probe(struct virtio_mmio *device, uintptr_t registers)
{
    *device = (struct virtio_mmio){.registers = registers};
    if (read_register(device, MAGIC_VALUE) != MAGIC) {
        return STATUS_NO_DEVICE;
    }
    device->version = read_register(device, VERSION);
    if (device->version != LEGACY && device->version != MODERN) {
        return STATUS_NO_DEVICE;
    }
    device->device_id = read_register(device, DEVICE_ID);
    return STATUS_OK;
}

status_t virtio_mmio_reset(struct virtio_mmio *device)
{
    write_register(device, STATUS, 0);
    for (int i = 0; i < RESET_POLLS; i++) {
        if (read_register(device, STATUS) == 0) {
            return STATUS_OK;
        }
    }
    return STATUS_IO_ERROR;
}

static uint64_t device_features(const struct virtio_mmio *device)
{
    write_register(device, DEVICE_FEATURES_SELECT, 0);
    uint64_t features = read_register(device, DEVICE_FEATURES);
    if (device->version == MODERN) {
        write_register(device, DEVICE_FEATURES_SELECT, 1);
        features |= (uint64_t)read_register(device, DEVICE_FEATURES) << 32;
    }
    return features;
}

static void set_driver_features(const struct virtio_mmio *device)
{
    write_register(device, DRIVER_FEATURES_SELECT, 0);
    write_register(device, DRIVER_FEATURES, (uint32_t)device->features);
    if (device->version == MODERN) {
        write_register(device, DRIVER_FEATURES_SELECT, 1);
        write_register(device, DRIVER_FEATURES, (uint32_t)(device->features >> 32));
    }
}

/* 3.1.1, steps 2 to 6. */
status_t virtio_mmio_negotiate(struct virtio_mmio *device, uint64_t wanted)
{
    add_status(device, DEVICE_ACKNOWLEDGE);
    add_status(device, DEVICE_DRIVER);
    if (device->version == LEGACY) {
        device->features = device_features(device) & wanted;
        set_driver_features(device);
        write_register(device, GUEST_PAGE_SIZE, VIRTQUEUE_ALIGNMENT);
        return STATUS_OK;
    }
    device->features = device_features(device) & (wanted | VIRTIO_FEATURE_VERSION_1);
    if ((device->features & VIRTIO_FEATURE_VERSION_1) == 0) {
        return STATUS_UNSUPPORTED;
    }
    set_driver_features(device);
    add_status(device, DEVICE_FEATURES_OK);
    return (read_register(device, STATUS) & DEVICE_FEATURES_OK) != 0 ? STATUS_OK
                                                                     : STATUS_UNSUPPORTED;
}

uint16_t virtio_mmio_queue_size(struct virtio_mmio *device, uint32_t queue, uint16_t wanted)
{
    write_register(device, QUEUE_SELECT, queue);
    uint32_t most = read_register(device, QUEUE_SIZE_MAX);
    uint32_t size = 1;
    while (size * 2 <= most && size * 2 <= wanted) {
        size *= 2;
    }
    return most == 0 ? 0 : (uint16_t)size;
}

static status_t set_queue_legacy(struct virtio_mmio *device, uint64_t address)
{
    uint64_t frame = address / VIRTQUEUE_ALIGNMENT;
    if (frame > UINT32_MAX) {
        return STATUS_TOO_LARGE;
    }
    if (read_register(device, QUEUE_PFN) != 0) {
        return STATUS_BUSY;
    }
    write_register(device, QUEUE_ALIGN, VIRTQUEUE_ALIGNMENT);
    write_register(device, QUEUE_PFN, (uint32_t)frame);
    return STATUS_OK;
}

static void write_address(struct virtio_mmio *device, uint32_t low, uint32_t high, uint64_t address)
{
    write_register(device, low, (uint32_t)address);
    write_register(device, high, (uint32_t)(address >> 32));
}

status_t virtio_mmio_set_queue(struct virtio_mmio *device, uint32_t queue, uint16_t size,
                               uint64_t address)
{
    write_register(device, QUEUE_SELECT, queue);
    write_register(device, QUEUE_SIZE, size);
    if (device->version == LEGACY) {
        return set_queue_legacy(device, address);
    }
    if (read_register(device, QUEUE_READY) != 0) {
        return STATUS_BUSY;
    }
    write_address(device, QUEUE_DESCRIPTORS_LOW, QUEUE_DESCRIPTORS_HIGH, address);
    write_address(device, QUEUE_DRIVER_LOW, QUEUE_DRIVER_HIGH,
                  address + virtqueue_available_offset(size));
    write_address(device, QUEUE_DEVICE_LOW, QUEUE_DEVICE_HIGH,
                  address + virtqueue_used_offset(size));
    write_register(device, QUEUE_READY, 1);
    return STATUS_OK;
}

void virtio_mmio_start(struct virtio_mmio *device)
{
    add_status(device, DEVICE_DRIVER_OK);
}

void virtio_mmio_notify(struct virtio_mmio *device, uint32_t queue)
{
    write_register(device, QUEUE_NOTIFY, queue);
}

uint32_t virtio_mmio_interrupts(struct virtio_mmio *device)
{
    uint32_t bits = read_register(device, INTERRUPT_STATUS);
    write_register(device, INTERRUPT_ACKNOWLEDGE, bits);
    return bits;
}

uint8_t virtio_mmio_config8(struct virtio_mmio *device, uint32_t offset)
{
    return mmio_read8(device->registers + CONFIG + offset);
}

uint32_t virtio_mmio_config32(struct virtio_mmio *device, uint32_t offset)
{
    return read_register(device, CONFIG + offset);
}

/* 2.5.3: a generation that changes between the halves says that they do not belong together. */
static uint32_t generation(const struct virtio_mmio *device)
{
    return device->version == MODERN ? read_register(device, CONFIG_GENERATION) : 0;
}

uint64_t virtio_mmio_config64(struct virtio_mmio *device, uint32_t offset)
{
    uint64_t value = 0;
    for (int i = 0; i < CONFIG_READS; i++) {
        uint32_t before = generation(device);
        value = virtio_mmio_config32(device, offset);
        value |= (uint64_t)virtio_mmio_config32(device, offset + 4) << 32;
        if (generation(device) == before) {
            break;
        }
    }
    return value;
}
