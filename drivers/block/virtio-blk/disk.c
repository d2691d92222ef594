/* The block device of disk.h; section numbers are those of Virtual I/O Device 1.2. */
#include "disk.h"

enum {
    SECTOR = 512, /* the unit of the protocol, whatever the block size */
    QUEUE = 0,
    LEAST_QUEUE = 16
};

/* 5.2.3 */
enum virtio_block_feature {
    FEATURE_SIZE_MAX = 1u << 1,
    FEATURE_SEG_MAX = 1u << 2,
    FEATURE_READ_ONLY = 1u << 5,
    FEATURE_BLOCK_SIZE = 1u << 6,
    FEATURE_FLUSH = 1u << 9
};

/* 5.2.4, struct virtio_blk_config */
enum virtio_block_configuration {
    CONFIG_CAPACITY = 0,
    CONFIG_SIZE_MAX = 8,
    CONFIG_SEG_MAX = 12,
    CONFIG_BLOCK_SIZE = 20
};

/* 5.2.6, struct virtio_blk_req, without the data */
struct header {
    uint32_t type;
    uint32_t reserved;
    uint64_t sector;
    uint8_t status; /* written by the device */
    uint8_t padding[15];
};
_Static_assert(sizeof(struct header) == 32, "laid out by the device's specification");

enum {
    READABLE_HEADER = 16, /* bytes before `status` */
    STATUS_BYTES = 1,
    DONE = 0,          /* VIRTIO_BLK_S_OK */
    UNANSWERED = 0xff, /* no status of the specification */
    HEADERS_OFFSET = VIRTQUEUE_BYTES,
    BOUNCES_OFFSET = HEADERS_OFFSET + LIMIT_PAGE_SIZE,
    MEMORY_BYTES = BOUNCES_OFFSET + DISK_BOUNCES * DISK_BOUNCE_BYTES
};
_Static_assert(DISK_PLACES * sizeof(struct header) <= LIMIT_PAGE_SIZE, "headers fill a page");

static volatile struct header *header_of(const struct disk *disk, uint32_t place)
{
    return (volatile struct header *)(void *)(disk->memory.bytes + HEADERS_OFFSET) + place;
}

/* ---- starting ------------------------------------------------------------------------------- */

static uint32_t limited(struct disk *disk, uint64_t feature, uint32_t offset, uint32_t most)
{
    uint32_t value = most;
    if ((disk->virtio.features & feature) != 0) {
        value = virtio_mmio_config32(&disk->virtio, offset);
    }
    return value < most ? value : most;
}

void disk_read_size(struct disk *disk)
{
    uint64_t sectors = virtio_mmio_config64(&disk->virtio, CONFIG_CAPACITY);
    uint64_t most = INT64_MAX / SECTOR;
    disk->size = (sectors < most ? sectors : most) * SECTOR & ~(uint64_t)(disk->block - 1);
}

static status_t read_configuration(struct disk *disk)
{
    uint64_t features = disk->virtio.features;
    disk->read_only = (features & FEATURE_READ_ONLY) != 0;
    disk->has_flush = (features & FEATURE_FLUSH) != 0;
    disk->segments = limited(disk, FEATURE_SEG_MAX, CONFIG_SEG_MAX, DISK_SEGMENTS);
    disk->segment_bytes =
        limited(disk, FEATURE_SIZE_MAX, CONFIG_SIZE_MAX, DISK_TRANSFER_BYTES) & ~(SECTOR - 1u);
    disk->block = SECTOR;
    if ((features & FEATURE_BLOCK_SIZE) != 0) {
        disk->block = virtio_mmio_config32(&disk->virtio, CONFIG_BLOCK_SIZE);
    }
    bool power = disk->block != 0 && (disk->block & (disk->block - 1)) == 0;
    if (!power || disk->block < SECTOR || disk->block > DISK_BLOCK_MAX) {
        return STATUS_UNSUPPORTED;
    }
    disk_read_size(disk);
    return STATUS_OK;
}

static status_t set_queue(struct disk *disk)
{
    disk->queue_size = virtio_mmio_queue_size(&disk->virtio, QUEUE, VIRTQUEUE_MAX);
    if (disk->queue_size < LEAST_QUEUE) {
        return STATUS_UNSUPPORTED;
    }
    if (disk->segments > disk->queue_size - 2u) {
        disk->segments = disk->queue_size - 2u; /* the header and the status take one each */
    }
    if ((uint64_t)disk->segments * disk->segment_bytes < DISK_BOUNCE_BYTES) {
        return STATUS_UNSUPPORTED;
    }
    for (uint32_t i = 0; i < VIRTQUEUE_BYTES; i++) {
        disk->memory.bytes[i] = 0;
    }
    for (uint32_t i = 0; i < DISK_PLACES; i++) {
        disk->in_flight[i] = false;
    }
    virtqueue_init(&disk->queue, disk->memory.bytes, disk->queue_size);
    return virtio_mmio_set_queue(&disk->virtio, QUEUE, disk->queue_size, disk->memory.address);
}

/* 3.1.1; the device has been reset. */
static status_t bring_up(struct disk *disk, const char **reason)
{
    *reason = "the device does not accept the features that are needed";
    status_t status = virtio_mmio_negotiate(&disk->virtio, FEATURE_SIZE_MAX | FEATURE_SEG_MAX |
                                                               FEATURE_READ_ONLY |
                                                               FEATURE_BLOCK_SIZE | FEATURE_FLUSH);
    if (status == STATUS_OK) {
        *reason = "its block size is out of bounds";
        status = read_configuration(disk);
    }
    if (status == STATUS_OK) {
        *reason = "its queue or its segments are too small, or cannot be set up";
        status = set_queue(disk);
    }
    if (status == STATUS_OK) {
        virtio_mmio_start(&disk->virtio);
    }
    return status;
}

status_t disk_open(struct disk *disk, handle_t account, const char **reason)
{
    *reason = "no block device here";
    status_t status = virtio_mmio_probe(&disk->virtio, disk->device.registers);
    if (status != STATUS_OK || disk->virtio.device_id != VIRTIO_DEVICE_BLOCK) {
        return STATUS_NO_DEVICE;
    }
    *reason = "the device does not reset";
    status = virtio_mmio_reset(&disk->virtio);
    if (status == STATUS_OK) {
        *reason = "the memory of earlier instances cannot be freed";
        status = pin_release(disk->device.memory);
    }
    if (status == STATUS_OK) {
        *reason = "no memory for the device";
        status = dma_memory_make(&disk->memory, &disk->device, account, MEMORY_BYTES);
    }
    return status == STATUS_OK ? bring_up(disk, reason) : status;
}

status_t disk_restart(struct disk *disk, const char **reason)
{
    *reason = "the device does not reset";
    status_t status = virtio_mmio_reset(&disk->virtio);
    return status == STATUS_OK ? bring_up(disk, reason) : status;
}

void disk_close(struct disk *disk)
{
    if (virtio_mmio_reset(&disk->virtio) == STATUS_OK) {
        dma_memory_release(&disk->memory);
    }
}

/* ---- transfers ------------------------------------------------------------------------------ */

uint8_t *disk_bounce(struct disk *disk, uint32_t bounce)
{
    return disk->memory.bytes + BOUNCES_OFFSET + (size_t)bounce * DISK_BOUNCE_BYTES;
}

/* Cuts `length` contiguous bytes into segments; answers how many bytes they hold. */
static uint64_t cut(const struct disk *disk, uint64_t address, uint64_t length,
                    struct virtqueue_segment *segments, uint32_t *count)
{
    uint64_t done = 0;
    while (done < length && *count < disk->segments) {
        uint64_t piece = length - done < disk->segment_bytes ? length - done : disk->segment_bytes;
        segments[(*count)++] = (struct virtqueue_segment){address + done, (uint32_t)piece, false};
        done += piece;
    }
    return done;
}

uint32_t disk_bounce_segments(const struct disk *disk, uint32_t bounce, uint64_t length,
                              struct virtqueue_segment *segments)
{
    uint32_t count = 0;
    uint64_t offset = BOUNCES_OFFSET + (uint64_t)bounce * DISK_BOUNCE_BYTES;
    (void)cut(disk, disk->memory.address + offset, length, segments, &count);
    return count;
}

status_t disk_pin_segments(const struct disk *disk, handle_t pin, uint64_t *length,
                           struct virtqueue_segment *segments, uint32_t *count)
{
    uint64_t done = 0;
    *count = 0;
    while (done < *length && *count < disk->segments) {
        uint64_t address = 0;
        uint64_t contiguous = 0;
        status_t status = pin_address(pin, done, &address, &contiguous);
        if (status != STATUS_OK) {
            return status;
        }
        uint64_t left = *length - done;
        done += cut(disk, address, contiguous < left ? contiguous : left, segments, count);
    }
    *length = done & ~(uint64_t)(disk->block - 1);
    return *length == done ? STATUS_OK : STATUS_UNSUPPORTED;
}

static void fill_header(const struct disk *disk, uint32_t place, enum disk_operation operation,
                        uint64_t start)
{
    volatile struct header *header = header_of(disk, place);
    header->type = (uint32_t)operation;
    header->reserved = 0;
    header->sector = start / SECTOR;
    header->status = UNANSWERED;
}

bool disk_submit(struct disk *disk, uint32_t place, enum disk_operation operation, uint64_t start,
                 const struct virtqueue_segment *segments, uint32_t count)
{
    struct virtqueue_segment chain[DISK_SEGMENTS + 2];
    uint64_t header = disk->memory.address + HEADERS_OFFSET + place * sizeof(struct header);
    uint16_t length = 0;
    chain[length++] = (struct virtqueue_segment){header, READABLE_HEADER, false};
    for (uint32_t i = 0; i < count; i++) {
        chain[length] = segments[i];
        chain[length++].device_writes = operation == DISK_READ;
    }
    chain[length++] = (struct virtqueue_segment){header + READABLE_HEADER, STATUS_BYTES, true};
    fill_header(disk, place, operation, start);
    if (!virtqueue_add(&disk->queue, chain, length, &disk->in_flight[place])) {
        return false;
    }
    disk->in_flight[place] = true;
    if (virtqueue_wants_notify(&disk->queue)) {
        virtio_mmio_notify(&disk->virtio, QUEUE);
    }
    return true;
}

/* The queue gives back only tokens that it was given, so the place is one of ours. */
enum disk_result disk_take(struct disk *disk, uint32_t *place)
{
    void *token = NULL;
    uint32_t written = 0;
    enum virtqueue_result result = virtqueue_take(&disk->queue, &token, &written);
    if (result != VIRTQUEUE_TAKEN) {
        return result == VIRTQUEUE_EMPTY ? DISK_NONE : DISK_BROKEN;
    }
    *place = (uint32_t)((bool *)token - disk->in_flight);
    disk->in_flight[*place] = false;
    return header_of(disk, *place)->status == DONE ? DISK_DONE : DISK_FAILED;
}
