/*
 * Fuzzes xv6's file system: whatever an image holds, and whatever is done to it, nothing outside
 * the device is touched, its superblock stays, and everything ends. The first byte chooses a
 * superblock and a root that are sound (so that what lies behind them is reached) or leaves those
 * of the input; then come bytes that say what is done; the rest is the image from its second block
 * on.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <sinter/protocol/file.h>

#include "content.h"
#include "openings.h"
#include "tree.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
    BLOCKS = 200,
    LOG = 2,
    LOG_LENGTH = 12,
    INODES = LOG + LOG_LENGTH,
    MAP = INODES + 3,
    DATA = MAP + 1,
    STEPS = 32,
    STEP_BYTES = 4,
    NAMES = 60 /* that are looked at in one directory */
};

struct device {
    _Alignas(uint64_t) uint8_t bytes[BLOCKS * XV6FS_BLOCK];
};

static struct device device;
static struct openings_saved saved;
static struct openings openings;
static struct xv6fs fs;
static unsigned fails_after; /* so many writes one fails; 0: none */

static void require(int condition)
{
    if (!condition) {
        abort();
    }
}

static void check_range(uint64_t offset, uint64_t length)
{
    require(offset <= sizeof(device.bytes) && length <= sizeof(device.bytes) - offset);
}

static status_t device_read(void *context, uint64_t offset, void *buffer, uint32_t length)
{
    (void)context;
    check_range(offset, length);
    memcpy(buffer, device.bytes + offset, length);
    return STATUS_OK;
}

static status_t device_write(void *context, uint64_t offset, const void *buffer, uint32_t length)
{
    (void)context;
    check_range(offset, length);
    require(offset >= 2 * XV6FS_BLOCK);
    if (fails_after > 0 && --fails_after == 0) {
        return STATUS_IO_ERROR;
    }
    memcpy(device.bytes + offset, buffer, length);
    return STATUS_OK;
}

static status_t device_flush(void *context)
{
    (void)context;
    return STATUS_OK;
}

/* ---- a client that lends memory ------------------------------------------------------------- */

static uint8_t buffer[40000];

static status_t client_copy(void *context, bool write, uint64_t at, void *bytes, uint32_t length)
{
    (void)context;
    require(at <= sizeof(buffer) && length <= sizeof(buffer) - at);
    memcpy(write ? bytes : buffer + at, write ? buffer + at : bytes, length);
    return STATUS_OK;
}

static const struct xv6fs_client client = {NULL, client_copy};

/* ---- what is done --------------------------------------------------------------------------- */

static const char *const names[] = {"a", "b", "c", "a/b", "a/c", "a/b/a", "fourteen-chars", ""};

static struct path path_of(unsigned number)
{
    const char *text = names[number % 8];
    return (struct path){(const uint8_t *)text, strlen(text)};
}

static void look_at(uint32_t directory)
{
    uint64_t position = 0;
    uint64_t count;
    struct inode inode;
    struct entry_name name;
    for (unsigned i = 0; i < NAMES; i++) {
        if (xv6fs_list(&fs, directory, &position, &inode, &name) != STATUS_OK) {
            break;
        }
        const char *end = memchr(name.text, '\0', XV6FS_NAME);
        size_t length = end != NULL ? (size_t)(end - (const char *)name.text) : XV6FS_NAME;
        require(length > 0 && memchr(name.text, '/', length) == NULL);
        struct path path = {name.text, length};
        if (xv6fs_open(&fs, directory, path, 0, &inode) == STATUS_OK) {
            (void)!xv6fs_read(&fs, &inode, inode.size / 2, sizeof(buffer), &client, &count);
            require(count <= sizeof(buffer));
        }
    }
}

static void open_or_close(const uint8_t *step)
{
    uint64_t badge;
    struct inode inode;
    struct opening *opening = openings_choose(&openings, &badge);
    if (step[2] % 2 == 0) {
        uint64_t place = step[3] % 4;
        uint32_t number = openings_close(&openings, (place + 1) << 32 | saved.table[place].serial);
        if (number != 0) {
            (void)!xv6fs_close(&fs, number);
        }
    } else if (opening != NULL &&
               xv6fs_open(&fs, XV6FS_ROOT, path_of(step[1]), 0, &inode) == STATUS_OK) {
        openings_take(&openings, opening, badge, &inode, 0);
        fs.references[inode.number]++;
    }
}

static void change_contents(const uint8_t *step)
{
    uint64_t count;
    struct inode inode;
    uint64_t where = (uint64_t)step[2] << step[3] % 24;
    uint32_t flags = FILE_WRITE | FILE_CREATE;
    if (xv6fs_open(&fs, XV6FS_ROOT, path_of(step[1]), flags, &inode) != STATUS_OK ||
        inode.type != XV6FS_FILE) {
        return;
    }
    if (step[0] % 2 == 0) {
        (void)!xv6fs_resize(&fs, &inode, where);
    } else {
        (void)!xv6fs_write(&fs, &inode, where, sizeof(buffer) >> step[3] / 16 % 16, &client,
                           &count);
    }
}

static void change(const uint8_t *step)
{
    struct path path = path_of(step[1]);
    struct path other = path_of(step[1] / 8u);
    fails_after = (step[0] & 0x40) != 0 ? 1 + step[3] % 8u : 0;
    switch (step[0] % 8) {
    case 0:
        (void)!xv6fs_make_directory(&fs, XV6FS_ROOT, path);
        break;
    case 1:
        (void)!xv6fs_remove(&fs, XV6FS_ROOT, path, step[2] % 2 == 0);
        break;
    case 2:
        (void)!xv6fs_rename(&fs, XV6FS_ROOT, path, other);
        break;
    case 3:
        (void)!xv6fs_link(&fs, XV6FS_ROOT, path, other);
        break;
    case 4:
        open_or_close(step);
        break;
    case 5:
        (void)!xv6fs_make_device(&fs, XV6FS_ROOT, path, step[2]);
        break;
    default:
        change_contents(step);
        break;
    }
    fails_after = 0;
}

/* ---- the image ------------------------------------------------------------------------------ */

static void make_sound(void)
{
    uint8_t *superblock = device.bytes + XV6FS_BLOCK;
    uint8_t *root = device.bytes + INODES * XV6FS_BLOCK + INODE_BYTES;
    xv6fs_put32(superblock + SUPERBLOCK_MAGIC, XV6FS_MAGIC);
    xv6fs_put32(superblock + SUPERBLOCK_SIZE, BLOCKS);
    xv6fs_put32(superblock + SUPERBLOCK_INODES, 40);
    xv6fs_put32(superblock + SUPERBLOCK_LOG, LOG_LENGTH);
    xv6fs_put32(superblock + SUPERBLOCK_LOG_START, LOG);
    xv6fs_put32(superblock + SUPERBLOCK_INODE_START, INODES);
    xv6fs_put32(superblock + SUPERBLOCK_MAP_START, MAP);
    xv6fs_put16(root + INODE_TYPE, XV6FS_DIRECTORY);
    xv6fs_put16(root + INODE_LINKS, 1);
    xv6fs_put32(root + INODE_ADDRESSES, DATA);
    xv6fs_zero(device.bytes + LOG * XV6FS_BLOCK, 4);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t before[XV6FS_BLOCK];
    struct xv6fs_device made = {NULL, sizeof(device.bytes), device_read, device_write,
                                device_flush};
    const char *reason;
    uint64_t total;
    uint64_t unused;
    if (size < 1 + STEPS * STEP_BYTES) {
        return 0;
    }
    const uint8_t *steps = data + 1;
    const uint8_t *image = steps + STEPS * STEP_BYTES;
    size_t length = size - 1 - STEPS * STEP_BYTES;
    memset(&device, 0, sizeof(device));
    memset(&saved, 0, sizeof(saved));
    length =
        length < sizeof(device.bytes) - XV6FS_BLOCK ? length : sizeof(device.bytes) - XV6FS_BLOCK;
    memcpy(device.bytes + XV6FS_BLOCK, image, length);
    if (data[0] % 4 != 0) {
        make_sound();
    }
    memcpy(before, device.bytes + XV6FS_BLOCK, XV6FS_BLOCK);
    if (xv6fs_mount(&fs, &made, data[0] % 16 == 5, &reason) != STATUS_OK) {
        return 0;
    }
    openings_begin(&openings, &saved, &fs);
    (void)!xv6fs_free_nameless(&fs);
    for (unsigned i = 0; i < STEPS; i++) {
        change(steps + (size_t)i * STEP_BYTES);
    }
    look_at(XV6FS_ROOT);
    (void)!xv6fs_space(&fs, &total, &unused);
    (void)!xv6fs_sync(&fs);
    require(memcmp(before, device.bytes + XV6FS_BLOCK, XV6FS_BLOCK) == 0);
    return 0;
}
