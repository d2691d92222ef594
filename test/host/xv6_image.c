/* The device, the maker, the check and the short cuts of xv6_image.h. */
#include "xv6_image.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sinter/protocol/file.h>

enum { LOG_AT = 2, DEPTH = 40, NAME = 14, FILE_BLOCKS = 268, ADDRESSES = 13 };

static void require(bool condition)
{
    if (!condition) {
        abort();
    }
}

/* ---- the device ----------------------------------------------------------------------------- */

static status_t device_read(void *context, uint64_t offset, void *buffer, uint32_t length)
{
    const struct image *image = context;
    require(offset <= image->size && length <= image->size - offset);
    memcpy(buffer, image->bytes + offset, length);
    return STATUS_OK;
}

static void keep_sector(struct image *image, uint64_t offset, const uint8_t *bytes)
{
    image->kept = realloc(image->kept, (image->kept_count + 1) * sizeof(*image->kept));
    struct image_sector *kept = &image->kept[image->kept_count++];
    kept->offset = offset;
    memcpy(kept->bytes, bytes, SECTOR);
}

static status_t write_sector(struct image *image, uint64_t offset, const uint8_t *bytes)
{
    if (++image->writes == image->cut_at) {
        longjmp(image->gone, 1);
    }
    if (image->fails_at != 0 && image->writes >= image->fails_at &&
        image->writes - image->fails_at < image->fails) {
        return STATUS_IO_ERROR;
    }
    if (image->keeps) {
        keep_sector(image, offset, bytes);
    }
    memcpy(image->bytes + offset, bytes, SECTOR);
    return STATUS_OK;
}

static status_t device_write(void *context, uint64_t offset, const void *buffer, uint32_t length)
{
    struct image *image = context;
    status_t status = STATUS_OK;
    require(offset <= image->size && length <= image->size - offset && length % SECTOR == 0);
    for (uint32_t at = 0; at < length && status == STATUS_OK; at += SECTOR) {
        status = write_sector(image, offset + at, (const uint8_t *)buffer + at);
    }
    return status;
}

static status_t device_flush(void *context)
{
    struct image *image = context;
    for (uint32_t i = 0; i < image->kept_count; i++) {
        memcpy(image->stable + image->kept[i].offset, image->kept[i].bytes, SECTOR);
    }
    image->kept_count = 0;
    return STATUS_OK;
}

void image_open(struct image *image, uint8_t *bytes, uint64_t size)
{
    memset(image, 0, sizeof(*image));
    image->bytes = bytes;
    image->size = size;
    image->device = (struct xv6fs_device){image, size, device_read, device_write, device_flush};
}

void image_close(struct image *image)
{
    free(image->kept);
    free(image->stable);
    free(image->bytes);
    image->kept = NULL;
    image->stable = NULL;
    image->bytes = NULL;
}

void image_keep(struct image *image)
{
    image->stable = malloc(image->size);
    memcpy(image->stable, image->bytes, image->size);
    image->keeps = true;
}

void image_lose_power(struct image *image, unsigned *seed)
{
    unsigned chance = (unsigned)rand_r(seed) % 5;
    memcpy(image->bytes, image->stable, image->size);
    for (uint32_t i = 0; i < image->kept_count; i++) {
        if ((unsigned)rand_r(seed) % 4 < chance) {
            memcpy(image->bytes + image->kept[i].offset, image->kept[i].bytes, SECTOR);
        }
    }
    image->keeps = false;
    memset(&image->saved, 0, sizeof(image->saved));
}

/* ---- making --------------------------------------------------------------------------------- */

static uint32_t get32(const uint8_t *at)
{
    uint32_t value;
    memcpy(&value, at, sizeof(value));
    return value;
}

static uint16_t get16(const uint8_t *at)
{
    uint16_t value;
    memcpy(&value, at, sizeof(value));
    return value;
}

static void put_all(uint8_t *at, const uint32_t *values, size_t count)
{
    memcpy(at, values, count * sizeof(*values));
}

void image_make(struct image *image, uint32_t blocks, uint32_t inodes, uint32_t log)
{
    uint32_t inode_start = LOG_AT + log;
    uint32_t map_start = inode_start + inodes / 16 + 1;
    uint32_t data = map_start + blocks / 8192 + 1;
    const uint32_t superblock[] = {0x10203040, blocks, blocks - data, inodes,
                                   log,        LOG_AT, inode_start,   map_start};
    const uint32_t root[] = {1, 1u << 16, 32, data}; /* type, one link, size, its block */
    uint8_t *bytes = calloc(blocks, 1024);
    put_all(bytes + 1024, superblock, 8);
    put_all(bytes + inode_start * 1024 + 64, root, 4);
    memcpy(bytes + data * 1024, "\1\0.", 3);
    memcpy(bytes + data * 1024 + 16, "\1\0..", 4);
    for (uint32_t block = 0; block <= data; block++) {
        bytes[map_start * 1024 + block / 8] |= (uint8_t)(1u << block % 8);
    }
    image_open(image, bytes, (uint64_t)blocks * 1024);
}

/* ---- the check ------------------------------------------------------------------------------ */

struct check {
    const uint8_t *bytes;
    uint32_t size;
    uint32_t inodes;
    uint32_t inode_start;
    uint32_t map_start;
    uint32_t data;
    uint8_t *owned;  /* of each block */
    uint32_t *names; /* of each inode, with the `..` of directories */
    uint64_t digest;
    char wrong[160];
};

static void complain(struct check *check, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    if (check->wrong[0] == '\0') {
        (void)vsnprintf(check->wrong, sizeof(check->wrong), format, arguments);
    }
    va_end(arguments);
}

static void digest(struct check *check, const void *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        check->digest = (check->digest ^ ((const uint8_t *)bytes)[i]) * 0x100000001b3u;
    }
}

static const uint8_t *inode_at(const struct check *check, uint32_t number)
{
    return check->bytes + check->inode_start * 1024 + number * 64;
}

/* The block, or null if it is 0 or cannot be. */
static const uint8_t *own(struct check *check, uint32_t block, uint32_t number)
{
    if (block == 0) {
        return NULL;
    }
    if (block < check->data || block >= check->size) {
        complain(check, "inode %u has block %u, which is none of data", number, block);
        return NULL;
    }
    if (check->owned[block] != 0) {
        complain(check, "block %u of inode %u has another owner", block, number);
    }
    check->owned[block] = 1;
    return check->bytes + block * 1024;
}

/* All contents, from malloc(); the blocks are owned. */
static uint8_t *contents(struct check *check, uint32_t number, uint32_t *size)
{
    const uint8_t *inode = inode_at(check, number);
    uint8_t *result = calloc(FILE_BLOCKS, 1024);
    const uint8_t *indirect = own(check, get32(inode + 12 + 4 * 12), number);
    *size = get32(inode + 8);
    if (*size > FILE_BLOCKS * 1024) {
        complain(check, "inode %u has %u bytes", number, *size);
        *size = 0;
    }
    for (uint32_t i = 0; i < FILE_BLOCKS; i++) {
        uint32_t address = i < 12             ? get32(inode + 12 + 4 * i)
                           : indirect == NULL ? 0
                                              : get32(indirect + 4 * (i - 12));
        const uint8_t *block = own(check, address, number);
        if (block != NULL) {
            memcpy(result + i * 1024, block, 1024);
        } else if (i * 1024 < *size) {
            complain(check, "inode %u has a hole", number);
        }
    }
    return result;
}

static void check_directory(struct check *check, uint32_t number, uint32_t parent, unsigned depth);

static void check_inode(struct check *check, uint32_t number, uint32_t parent, unsigned depth)
{
    uint32_t size;
    uint16_t type = get16(inode_at(check, number));
    digest(check, inode_at(check, number), 8);
    if (type == 1) {
        check->names[parent]++;
        check_directory(check, number, parent, depth + 1);
    } else if (check->names[number] == 1 && type != 0) {
        uint8_t *bytes = contents(check, number, &size);
        digest(check, &size, sizeof(size));
        digest(check, bytes, size);
        free(bytes);
    } else if (type == 0) {
        complain(check, "a name is of inode %u, which is free", number);
    }
}

static void check_entry(struct check *check, const uint8_t *entry, uint32_t directory,
                        uint32_t parent, unsigned depth)
{
    uint32_t number = get16(entry);
    bool dot = strncmp((const char *)entry + 2, ".", NAME) == 0;
    if (dot || strncmp((const char *)entry + 2, "..", NAME) == 0) {
        if (number != (dot ? directory : parent)) {
            complain(check, "`.` or `..` of inode %u is %u", directory, number);
        }
    } else if (number >= check->inodes) {
        complain(check, "a name is of inode %u", number);
    } else if (number != 0) {
        digest(check, entry + 2, NAME);
        check->names[number]++;
        check_inode(check, number, directory, depth);
    }
}

static void check_directory(struct check *check, uint32_t number, uint32_t parent, unsigned depth)
{
    uint32_t size;
    if (depth > DEPTH) {
        complain(check, "too deep");
        return;
    }
    uint8_t *bytes = contents(check, number, &size);
    for (uint32_t at = 0; at + 16 <= size; at += 16) {
        check_entry(check, bytes + at, number, parent, depth);
    }
    free(bytes);
}

static void check_numbers(struct check *check, bool nameless)
{
    for (uint32_t number = 1; number < check->inodes; number++) {
        const uint8_t *inode = inode_at(check, number);
        uint32_t size;
        if (get16(inode) != 0 && check->names[number] == 0 && get16(inode + 6) == 0 && nameless) {
            free(contents(check, number, &size));
        } else if ((get16(inode) != 0 || check->names[number] != 0) &&
                   get16(inode + 6) != check->names[number]) {
            complain(check, "inode %u, type %u: %u links, %u names", number, get16(inode),
                     get16(inode + 6), check->names[number]);
        }
    }
    for (uint32_t block = 0; block < check->size; block++) {
        unsigned used = check->bytes[check->map_start * 1024 + block / 8] >> block % 8 & 1u;
        if (used != (block < check->data || check->owned[block] != 0)) {
            complain(check, "block %u is %s in the bit map", block, used ? "used" : "free");
        }
    }
}

const char *image_check(const struct image *image, bool nameless, uint64_t *found)
{
    static struct check check;
    const uint8_t *superblock = image->bytes + 1024;
    check = (struct check){.bytes = image->bytes,
                           .size = get32(superblock + 4),
                           .inodes = get32(superblock + 12),
                           .inode_start = get32(superblock + 24),
                           .map_start = get32(superblock + 28)};
    check.data = check.size - get32(superblock + 8);
    check.owned = calloc(check.size, 1);
    check.names = calloc(check.inodes, sizeof(*check.names));
    check.names[1] = 1;
    check_directory(&check, 1, 1, 0);
    check_numbers(&check, nameless);
    if (get32(image->bytes + LOG_AT * 1024) != 0) {
        complain(&check, "the log is not empty");
    }
    free(check.owned);
    free(check.names);
    if (found != NULL) {
        *found = check.digest;
    }
    return check.wrong[0] == '\0' ? NULL : check.wrong;
}

/* ---- short cuts ----------------------------------------------------------------------------- */

status_t image_mount(struct image *image)
{
    status_t status = xv6fs_mount(&image->fs, &image->device, false, &image->reason);
    if (status != STATUS_OK) {
        return status;
    }
    openings_begin(&image->openings, &image->saved, &image->fs);
    return xv6fs_free_nameless(&image->fs);
}

struct path image_path(const char *text)
{
    return (struct path){(const uint8_t *)text, strlen(text)};
}

uint64_t image_open_file(struct image *image, const char *path, uint32_t flags)
{
    struct inode inode;
    uint64_t badge;
    if (xv6fs_open(&image->fs, XV6FS_ROOT, image_path(path), flags, &inode) != STATUS_OK) {
        return 0;
    }
    struct opening *opening = openings_choose(&image->openings, &badge);
    if (opening == NULL) {
        return 0;
    }
    openings_take(&image->openings, opening, badge, &inode, flags);
    image->fs.references[inode.number]++;
    return badge;
}

void image_close_file(struct image *image, uint64_t badge)
{
    uint32_t number = openings_close(&image->openings, badge);
    if (number != 0) {
        status_ignore(xv6fs_close(&image->fs, number));
    }
}

struct memory_client {
    uint8_t *bytes;
    uint64_t length;
};

static status_t memory_copy(void *context, bool write, uint64_t at, void *bytes, uint32_t length)
{
    struct memory_client *client = context;
    require(at <= client->length && length <= client->length - at);
    memcpy(write ? bytes : client->bytes + at, write ? client->bytes + at : bytes, length);
    return STATUS_OK;
}

status_t image_write_at(struct image *image, const char *path, uint64_t offset, const void *bytes,
                        uint64_t length)
{
    struct inode inode;
    status_t status =
        xv6fs_open(&image->fs, XV6FS_ROOT, image_path(path), FILE_WRITE | FILE_CREATE, &inode);
    for (uint64_t done = 0, count; done < length && status == STATUS_OK; done += count) {
        struct memory_client memory = {(uint8_t *)(uintptr_t)bytes + done, length - done};
        struct xv6fs_client client = {&memory, memory_copy};
        status = xv6fs_write(&image->fs, &inode, offset + done, length - done, &client, &count);
        require(status != STATUS_OK || (count > 0 && count <= length - done));
    }
    return status;
}

status_t image_read_inode(struct image *image, uint32_t number, uint64_t offset, void *bytes,
                          uint64_t length, uint64_t *count)
{
    struct inode inode;
    struct memory_client memory = {bytes, length};
    struct xv6fs_client client = {&memory, memory_copy};
    status_t status = inode_load(&image->fs, number, &inode);
    return status == STATUS_OK ? xv6fs_read(&image->fs, &inode, offset, length, &client, count)
                               : status;
}

uint32_t image_number(struct image *image, const char *path)
{
    struct inode inode;
    status_t status = xv6fs_open(&image->fs, XV6FS_ROOT, image_path(path), 0, &inode);
    return status == STATUS_OK ? inode.number : 0;
}
