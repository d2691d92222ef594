/*
 * Requests of clients on their way through a disk of virtio: drivers/block/virtio-blk/request.c and
 * disk.c, above a queue whose other side is a device of this test. It does what it finds in any
 * order, and keeps to its limits; it can fail, shrink, and answer what it was not asked.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <sinter/protocol/file.h>

#include "request.h"

enum {
    SECTOR = 512,
    DISK_BYTES = 1 << 20,
    CLIENTS = 80,
    CLIENT_BYTES = 200000,
    MEMORY_BYTES = 1 << 19,
    CONFIG_CAPACITY = 0,
    CONFIG_SIZE_MAX = 8,
    CONFIG_SEG_MAX = 12
};

static struct disk disk;
static struct requests requests;
static struct server server;
static _Alignas(4096) uint8_t memory[MEMORY_BYTES];
static uint8_t contents[DISK_BYTES];

/* ---- the device ----------------------------------------------------------------------------- */

static struct {
    uint64_t sectors;
    uint32_t size_max, seg_max;
    uint16_t queue_size, seen;
    uint32_t failing; /* requests from now on */
    bool write_less;  /* than it says */
} device;

status_t virtio_mmio_probe(struct virtio_mmio *at, uintptr_t registers)
{
    *at = (struct virtio_mmio){.registers = registers, .device_id = VIRTIO_DEVICE_BLOCK};
    return STATUS_OK;
}

status_t virtio_mmio_reset(struct virtio_mmio *at)
{
    (void)at;
    device.seen = 0;
    return STATUS_OK;
}

status_t virtio_mmio_negotiate(struct virtio_mmio *at, uint64_t wanted)
{
    at->features = wanted & (1u << 1 | 1u << 2 | 1u << 9);
    return STATUS_OK;
}

uint16_t virtio_mmio_queue_size(struct virtio_mmio *at, uint32_t queue, uint16_t wanted)
{
    (void)at;
    assert_int_equal(queue, 0);
    return wanted < device.queue_size ? wanted : device.queue_size;
}

status_t virtio_mmio_set_queue(struct virtio_mmio *at, uint32_t queue, uint16_t size,
                               uint64_t address)
{
    (void)at;
    (void)queue;
    assert_int_equal(size, device.queue_size);
    assert_int_equal(address, (uintptr_t)memory);
    return STATUS_OK;
}

void virtio_mmio_start(struct virtio_mmio *at)
{
    (void)at;
}

void virtio_mmio_notify(struct virtio_mmio *at, uint32_t queue)
{
    (void)at;
    (void)queue;
}

uint32_t virtio_mmio_config32(struct virtio_mmio *at, uint32_t offset)
{
    (void)at;
    return offset == CONFIG_SIZE_MAX ? device.size_max : device.seg_max;
}

uint64_t virtio_mmio_config64(struct virtio_mmio *at, uint32_t offset)
{
    (void)at;
    assert_int_equal(offset, CONFIG_CAPACITY);
    return device.sectors;
}

struct chain {
    uint16_t indices[VIRTQUEUE_MAX];
    uint32_t count;
};

static void follow(uint16_t head, struct chain *chain)
{
    uint16_t at = head;
    for (chain->count = 0; chain->count < device.queue_size;) {
        chain->indices[chain->count++] = at;
        if ((disk.queue.descriptors[at].flags & VIRTQUEUE_NEXT) == 0) {
            return;
        }
        at = disk.queue.descriptors[at].next;
    }
    fail_msg("a chain without end");
}

static uint8_t *bytes_of(uint16_t index)
{
    return (uint8_t *)(uintptr_t)disk.queue.descriptors[index].address;
}

/* Does one request as 5.2.6 says; how many bytes it wrote. */
static uint32_t execute(const struct chain *chain)
{
    uint32_t type;
    uint64_t sector;
    uint32_t written = 0;
    assert_true(chain->count >= 2);
    memcpy(&type, bytes_of(chain->indices[0]), sizeof(type));
    memcpy(&sector, bytes_of(chain->indices[0]) + 8, sizeof(sector));
    assert_true(type == DISK_FLUSH || chain->count > 2);
    assert_true(chain->count - 2 <= device.seg_max);
    bool fails = device.failing > 0;
    device.failing -= fails;
    for (uint32_t i = 1; i + 1 < chain->count; i++) {
        uint32_t length = disk.queue.descriptors[chain->indices[i]].length;
        uint8_t *on_disk = contents + sector * SECTOR;
        assert_true(length > 0 && length <= device.size_max && length % SECTOR == 0);
        assert_true(sector + length / SECTOR <= device.sectors);
        if (!fails && type == DISK_READ) {
            memcpy(bytes_of(chain->indices[i]), on_disk, length);
            written += length;
        } else if (!fails) {
            memcpy(on_disk, bytes_of(chain->indices[i]), length);
        }
        sector += length / SECTOR;
    }
    *bytes_of(chain->indices[chain->count - 1]) = fails ? 1 : 0;
    return written + 1;
}

static void use(uint16_t head, uint32_t written)
{
    uint16_t index = disk.queue.used->index;
    disk.queue.used->ring[index & (device.queue_size - 1)] =
        (struct virtqueue_used_element){head, written};
    disk.queue.used->index = (uint16_t)(index + 1);
}

/* Does all that waits in the queue, the last first if `backwards`; then the driver hears of it. */
static bool run_device(bool backwards)
{
    uint16_t heads[VIRTQUEUE_MAX];
    uint32_t count = 0;
    for (; device.seen != disk.queue.available->index; device.seen++) {
        heads[count++] = disk.queue.available->ring[device.seen & (device.queue_size - 1)];
    }
    for (uint32_t i = 0; i < count; i++) {
        struct chain chain;
        uint16_t head = heads[backwards ? count - 1 - i : i];
        follow(head, &chain);
        use(head, execute(&chain));
    }
    return requests_progress(&requests);
}

/* ---- memory and clients --------------------------------------------------------------------- */

static struct client {
    uint8_t bytes[CLIENT_BYTES];
    uint64_t length;
    bool waits, pinnable;
    status_t status;
    uint64_t count;
} clients[CLIENTS];
static uint32_t caller; /* whose call it is */
static uint32_t pins;

status_t dma_memory_make(struct dma_memory *made, const struct device *at, handle_t account,
                         uint64_t size)
{
    (void)at;
    (void)account;
    assert_true(size <= sizeof(memory));
    *made = (struct dma_memory){.bytes = memory, .address = (uintptr_t)memory};
    return STATUS_OK;
}

void dma_memory_release(struct dma_memory *made)
{
    (void)made;
}

status_t pin_release(handle_t at)
{
    (void)at;
    return STATUS_OK;
}

/* A pin is its client's number + 1; all of it lies in one piece. */
status_t lease_pin(handle_t at, handle_t reply, uint32_t index, uint64_t offset, uint64_t length,
                   handle_t *pin)
{
    (void)at;
    assert_int_equal(index + offset, 0);
    assert_true(length <= clients[reply - 1].length);
    *pin = reply;
    pins += clients[reply - 1].pinnable;
    return clients[reply - 1].pinnable ? STATUS_OK : STATUS_UNSUPPORTED;
}

status_t pin_address(handle_t pin, uint64_t offset, uint64_t *address, uint64_t *contiguous)
{
    const struct client *client = &clients[pin - 1];
    uint64_t length = client->length & ~4095ull;
    if (offset >= length) {
        return STATUS_BAD_ARGUMENT;
    }
    *address = (uintptr_t)client->bytes + offset;
    if (contiguous != NULL) {
        *contiguous = length - offset;
    }
    return STATUS_OK;
}

status_t handle_close(handle_t handle)
{
    (void)handle;
    assert_true(pins > 0);
    pins--;
    return STATUS_OK;
}

status_t lease_transfer(handle_t reply, uint32_t lease, uint64_t offset, void *bytes,
                        uint64_t length, uint32_t direction, uint64_t *absent)
{
    struct client *client = &clients[reply - 1];
    (void)lease;
    (void)absent;
    assert_true(offset + length <= client->length);
    memcpy(direction == LEASE_READ ? bytes : client->bytes + offset,
           direction == LEASE_READ ? client->bytes + offset : bytes, length);
    return STATUS_OK;
}

uint64_t call_lease_length(const struct call *call, uint32_t lease)
{
    (void)call;
    (void)lease;
    return clients[caller].length;
}

handle_t call_defer(struct call *call)
{
    (void)call;
    clients[caller].waits = true;
    return caller + 1;
}

status_t file_read_answer(handle_t reply, status_t status, uint64_t count)
{
    assert_true(clients[reply - 1].waits);
    clients[reply - 1].waits = false;
    clients[reply - 1].status = status;
    clients[reply - 1].count = count;
    return STATUS_OK;
}

void server_reply_done(struct server *at, handle_t reply)
{
    (void)at;
    assert_false(clients[reply - 1].waits);
}

void server_answer_retry(struct server *at, handle_t reply, uint32_t lease, uint64_t absent)
{
    (void)at;
    (void)reply;
    (void)lease;
    (void)absent;
    fail_msg("nothing is absent here");
}

/* ---- helpers -------------------------------------------------------------------------------- */

static int set_up(void **state)
{
    unsigned seed = 1;
    (void)state;
    memset(&device, 0, sizeof(device));
    device.sectors = DISK_BYTES / SECTOR;
    device.size_max = 65536;
    device.seg_max = 32;
    device.queue_size = 64;
    memset(memory, 0x77, sizeof(memory));
    for (uint32_t i = 0; i < DISK_BYTES; i++) {
        contents[i] = (uint8_t)rand_r(&seed);
    }
    return 0;
}

static status_t begin(void)
{
    const char *reason = NULL;
    memset(&disk, 0, sizeof(disk));
    status_t status = disk_open(&disk, 0, &reason);
    assert_non_null(reason);
    requests_init(&requests, &disk, &server);
    return status;
}

static status_t ask(uint32_t client, enum disk_operation operation, uint64_t offset,
                    uint64_t length)
{
    static struct call call;
    uint64_t count = 0;
    caller = client;
    clients[client].length = length;
    return requests_transfer(&requests, &call, operation, offset, 0, &count);
}

static void assert_answer(uint32_t client, status_t status, uint64_t count)
{
    assert_false(clients[client].waits);
    assert_int_equal(clients[client].status, status);
    assert_int_equal(clients[client].count, count);
}

/* ---- tests ---------------------------------------------------------------------------------- */

/* Of 16 descriptors 14 are for data: with 1 KiB in each they do not hold a bounce buffer. */
static void test_narrow_device(void **state)
{
    (void)state;
    device.queue_size = 16;
    device.size_max = 1024;
    assert_int_equal(begin(), STATUS_UNSUPPORTED);
    device.size_max = 2048;
    assert_int_equal(begin(), STATUS_OK);
    device.seg_max = 14;
    assert_int_equal(ask(0, DISK_READ, SECTOR, 20000), STATUS_OK);
    assert_true(run_device(false));
    assert_int_equal(clients[0].status, STATUS_OK);
    assert_true(clients[0].count > 0);
    assert_memory_equal(clients[0].bytes, contents + SECTOR, clients[0].count);
}

/* What waits for a block that is gone when its turn comes is at the end of the disk. */
static void test_shrunk_device(void **state)
{
    (void)state;
    assert_int_equal(begin(), STATUS_OK);
    assert_int_equal(ask(0, DISK_WRITE, DISK_BYTES / 2, SECTOR), STATUS_OK);
    assert_int_equal(ask(1, DISK_WRITE, DISK_BYTES / 2, SECTOR), STATUS_OK);
    assert_int_equal(ask(2, DISK_READ, DISK_BYTES / 2, SECTOR), STATUS_OK);
    const char *reason;
    device.sectors = DISK_BYTES / SECTOR / 2;
    assert_int_equal(disk_restart(&disk, &reason), STATUS_OK);
    requests_abort(&requests);
    assert_true(run_device(false));
    assert_answer(0, STATUS_IO_ERROR, 0);
    assert_answer(1, STATUS_FULL, 0);
    assert_answer(2, STATUS_OK, 0);
    assert_false(requests_in_flight(&requests));
}

/* Everything at once, against a copy of the disk; some of it fails. */
static void test_many_requests(void **state)
{
    static uint8_t model[DISK_BYTES];
    unsigned seed = 7;
    (void)state;
    memcpy(model, contents, sizeof(model));
    assert_int_equal(begin(), STATUS_OK);
    for (unsigned round = 0; round < 300; round++) {
        struct {
            enum disk_operation operation;
            uint64_t offset, length;
        } asked[8];
        for (uint32_t i = 0; i < 8; i++) {
            asked[i].operation = rand_r(&seed) % 2 == 0 ? DISK_READ : DISK_WRITE;
            asked[i].length = 1 + (uint64_t)rand_r(&seed) % 60000;
            asked[i].offset = i * (DISK_BYTES / 8) + (uint64_t)rand_r(&seed) % 60000;
            clients[i].pinnable = rand_r(&seed) % 2 == 0;
            for (uint32_t at = 0; at < 60000; at += 7) {
                clients[i].bytes[at] = (uint8_t)rand_r(&seed);
            }
            assert_int_equal(ask(i, asked[i].operation, asked[i].offset, asked[i].length),
                             STATUS_OK);
        }
        bool backwards = round % 2 == 0;
        device.failing = round % 10 == 3 ? 2 : 0;
        assert_true(run_device(backwards) && run_device(backwards));
        for (uint32_t i = 0; i < 8; i++) {
            assert_false(clients[i].waits);
            if (clients[i].status != STATUS_OK) {
                assert_int_equal(round % 10, 3);
                memcpy(model, contents, sizeof(model));
                continue;
            }
            assert_true(clients[i].count > 0 && clients[i].count <= asked[i].length);
            if (asked[i].operation == DISK_WRITE) {
                memcpy(model + asked[i].offset, clients[i].bytes, clients[i].count);
            } else {
                assert_memory_equal(clients[i].bytes, model + asked[i].offset, clients[i].count);
            }
        }
        assert_memory_equal(model, contents, sizeof(model));
        assert_int_equal(pins, 0);
    }
}

/* No more than there are places for; the rest is told to come again. */
static void test_full(void **state)
{
    (void)state;
    assert_int_equal(begin(), STATUS_OK);
    for (uint32_t i = 0; i < DISK_PLACES; i++) {
        assert_int_equal(ask(i, DISK_READ, i * SECTOR, 100), STATUS_OK);
    }
    assert_int_equal(ask(DISK_PLACES, DISK_READ, 0, 100), STATUS_BUSY);
    while (requests_in_flight(&requests)) {
        assert_true(run_device(true));
    }
    for (uint32_t i = 0; i < DISK_PLACES; i++) {
        assert_answer(i, STATUS_OK, 100);
        assert_memory_equal(clients[i].bytes, contents + i * SECTOR, 100);
    }
}

/* A device that answers what it was not asked is found broken, and loses nothing that waits. */
static void test_broken_device(void **state)
{
    (void)state;
    const char *reason;
    assert_int_equal(begin(), STATUS_OK);
    assert_int_equal(ask(0, DISK_WRITE, 0, 100), STATUS_OK);
    assert_int_equal(ask(1, DISK_READ, 0, 100), STATUS_OK);
    use(40, 0);
    assert_false(requests_progress(&requests));
    assert_int_equal(disk_restart(&disk, &reason), STATUS_OK);
    requests_abort(&requests);
    assert_answer(0, STATUS_IO_ERROR, 0);
    assert_true(run_device(false));
    assert_answer(1, STATUS_OK, 100);
    assert_memory_equal(clients[1].bytes, contents, 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_narrow_device, set_up),
        cmocka_unit_test_setup(test_shrunk_device, set_up),
        cmocka_unit_test_setup(test_many_requests, set_up),
        cmocka_unit_test_setup(test_full, set_up),
        cmocka_unit_test_setup(test_broken_device, set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
