/*
 * Fuzzes the FAT file system: whatever an image holds, and whatever is done to it, nothing outside
 * the device is touched and everything ends. The first byte chooses a boot sector that is sound
 * (so that what lies behind it is reached) or leaves the one of the input; then come bytes that say
 * what is done; the rest is the image.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <sinter/protocol/file.h>

#include "boot_sector.h"
#include "content.h"
#include "openings.h"
#include "tree.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
    SECTOR = 512,
    LARGE = 5000, /* sectors: enough for FAT16 */
    SMALL = 300,
    STEPS = 24,
    STEP_BYTES = 4,
    NAMES = 40, /* that are looked at in one directory */
    DEPTH = 3
};

struct device {
    uint8_t *bytes;
    uint64_t size;
};

static struct openings openings;
static struct fat fat;
static unsigned fails_after; /* so many writes one fails; 0: none */

static void require(int condition)
{
    if (!condition) {
        abort();
    }
}

static status_t device_read(void *context, uint64_t offset, void *buffer, uint32_t length)
{
    const struct device *device = context;
    require(offset <= device->size && length <= device->size - offset);
    memcpy(buffer, device->bytes + offset, length);
    return STATUS_OK;
}

static status_t device_write(void *context, uint64_t offset, const void *buffer, uint32_t length)
{
    struct device *device = context;
    require(offset <= device->size && length <= device->size - offset);
    if (fails_after > 0 && --fails_after == 0) {
        return STATUS_IO_ERROR;
    }
    memcpy(device->bytes + offset, buffer, length);
    return STATUS_OK;
}

static status_t device_flush(void *context)
{
    (void)context;
    return STATUS_OK;
}

static uint64_t wall(void)
{
    return 0;
}

/* ---- a client that lends memory ------------------------------------------------------------- */

static uint8_t buffer[8192];

static status_t client_move(void *context, bool write, uint64_t device_offset, uint64_t at,
                            uint64_t length, uint64_t *count)
{
    require(at <= sizeof(buffer) && length <= sizeof(buffer) - at && length % SECTOR == 0);
    *count = length;
    return write ? device_write(context, device_offset, buffer + at, (uint32_t)length)
                 : device_read(context, device_offset, buffer + at, (uint32_t)length);
}

static status_t client_copy(void *context, bool write, uint64_t at, void *bytes, uint32_t length)
{
    (void)context;
    require(at <= sizeof(buffer) && length <= sizeof(buffer) - at);
    memcpy(write ? bytes : buffer + at, write ? buffer + at : bytes, length);
    return STATUS_OK;
}

/* ---- what is done --------------------------------------------------------------------------- */

static void look_at(struct device *device, struct fat_node *directory, unsigned depth)
{
    const struct fat_client client = {device, client_move, client_copy};
    uint64_t position = 0;
    for (unsigned i = 0; i < NAMES; i++) {
        uint8_t name[FILE_NAME_BYTES];
        size_t length = 0;
        uint64_t count;
        struct fat_node node;
        if (fat_list(&fat, directory, &position, &node, name, sizeof(name), &length) != STATUS_OK) {
            break;
        }
        require(length > 0 && length <= sizeof(name) && memchr(name, '/', length) == NULL);
        if (fat_open(&fat, directory, name, length, FILE_READ, &node) != STATUS_OK) {
            continue;
        }
        if (fat_is_directory(&node) && depth > 0) {
            look_at(device, &node, depth - 1);
        } else if (!fat_is_directory(&node)) {
            (void)!fat_read(&fat, &node, node.size / 2, sizeof(buffer), &client, &count);
        }
    }
}

static const char *const names[] = {
    "A", "B.TXT", "a name that is long", "A/B.TXT", "A/A", "A/a name that is long", "b.txt/x", "",
};

static void change(struct device *device, const uint8_t *step)
{
    const struct fat_client client = {device, client_move, client_copy};
    struct fat_node root;
    struct fat_node loaded;
    uint64_t count;
    const char *path = names[step[1] % 8];
    const char *other = names[step[1] / 8 % 8];
    const uint8_t *bytes = (const uint8_t *)path;
    size_t length = strlen(path);
    uint64_t where = (uint64_t)step[2] << step[3] % 24;
    fails_after = (step[0] & 0x40) != 0 ? 1 + step[3] % 8u : 0;
    fat_node_root(&fat, &root);
    switch (step[0] % 8) {
    case 0:
        (void)!fat_make_directory(&fat, &root, bytes, length);
        break;
    case 1:
        (void)!fat_remove(&fat, &root, bytes, length, (step[2] & 1) != 0);
        break;
    case 2:
        (void)!fat_rename(&fat, &root, bytes, length, (const uint8_t *)other, strlen(other));
        break;
    case 3:
        (void)!fat_sync(&fat);
        break;
    case 4:
        (void)!fat_space(&fat, &count, &where);
        break;
    default:
        if (fat_open(&fat, &root, bytes, length, FILE_WRITE | FILE_CREATE, &loaded) != STATUS_OK) {
            break;
        }
        struct fat_node *node = fat_node_open(&fat, &loaded);
        if (step[0] % 8 == 5) {
            (void)!fat_resize(&fat, node, where);
        } else {
            (void)!fat_write(&fat, node, where, step[3] * 32u, &client, &count);
        }
        if ((step[0] & 0x80) == 0) {
            fat_node_close(node);
        }
        break;
    }
}

static void make_boot(uint8_t *boot, unsigned kind, uint32_t sectors)
{
    uint32_t bytes = kind == 0 ? 2 : kind == 1 ? 20 : 3; /* sectors of the FAT */
    memset(boot, 0, SECTOR);
    boot[BPB_BYTES_PER_SECTOR + 1] = SECTOR >> 8;
    boot[BPB_SECTORS_PER_CLUSTER] = 1;
    boot[BPB_RESERVED_SECTORS] = kind == 2 ? 2 : 1;
    boot[BPB_FAT_COUNT] = 2;
    boot[BPB_ROOT_ENTRIES] = kind == 2 ? 0 : 64;
    boot[BPB_TOTAL_SECTORS_16] = (uint8_t)sectors;
    boot[BPB_TOTAL_SECTORS_16 + 1] = (uint8_t)(sectors >> 8);
    boot[kind == 2 ? (unsigned)BPB_FAT_SECTORS_32 : (unsigned)BPB_FAT_SECTORS_16] = (uint8_t)bytes;
    if (kind == 2) {
        boot[BPB_ROOT_CLUSTER_32] = 2;
        boot[BPB_INFO_SECTOR_32] = 1;
    }
    boot[BOOT_SIGNATURE_OFFSET] = 0x55;
    boot[BOOT_SIGNATURE_OFFSET + 1] = 0xaa;
}

static void run(struct device *device, const uint8_t *steps)
{
    const struct fat_device fat_device = {device, device->size, device_read, device_write,
                                          device_flush};
    const char *reason;
    struct fat_node root;
    memset(&openings, 0, sizeof(openings));
    for (unsigned i = 0; i < STEPS; i++) {
        if (i % 8 == 0 &&
            fat_mount(&fat, &fat_device, &openings.fat, wall, false, &reason) != STATUS_OK) {
            return;
        }
        change(device, steps + i * STEP_BYTES);
    }
    fat_node_root(&fat, &root);
    look_at(device, &root, DEPTH);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const size_t prefix = 1 + STEPS * STEP_BYTES;
    if (size < prefix) {
        return 0;
    }
    unsigned kind = data[0] % 4;
    uint32_t sectors = kind == 1 ? LARGE : SMALL;
    struct device device = {calloc(sectors, SECTOR), (uint64_t)sectors * SECTOR};
    require(device.bytes != NULL);
    size_t length = size - prefix;
    size_t start = kind == 3 ? 0 : SECTOR;
    length = length < device.size - start ? length : device.size - start;
    memcpy(device.bytes + start, data + prefix, length);
    if (kind != 3) {
        make_boot(device.bytes, kind, sectors);
    }
    run(&device, data + 1);
    free(device.bytes);
    return 0;
}
