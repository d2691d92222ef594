/* The device, the short cuts and the check of fat_image.h. */
#include "fat_image.h"

#include <stdlib.h>
#include <string.h>

#include <sinter/protocol/file.h>

#include "table.h"

#define TEST_WALL (1700000000ull * 1000000000ull)

/* ---- the device ----------------------------------------------------------------------------- */

static void require(bool condition)
{
    if (!condition) {
        abort();
    }
}

static status_t device_read(void *context, uint64_t offset, void *buffer, uint32_t length)
{
    const struct image *image = context;
    require(offset <= image->size && length <= image->size - offset);
    memcpy(buffer, image->bytes + offset, length);
    return STATUS_OK;
}

static void keep_write(struct image *image, uint64_t offset, const void *buffer, uint32_t length)
{
    image->kept = realloc(image->kept, (image->kept_count + 1) * sizeof(*image->kept));
    struct image_write *kept = &image->kept[image->kept_count++];
    *kept = (struct image_write){offset, length, malloc(length)};
    memcpy(kept->bytes, buffer, length);
}

static status_t device_write(void *context, uint64_t offset, const void *buffer, uint32_t length)
{
    struct image *image = context;
    require(offset <= image->size && length <= image->size - offset);
    if (++image->writes == image->cut_at) {
        longjmp(image->gone, 1);
    }
    if (image->bad != 0 && image->bad - offset < length) {
        return STATUS_IO_ERROR;
    }
    if (image->fails_at != 0 && image->writes >= image->fails_at &&
        image->writes - image->fails_at < image->fails) {
        return STATUS_IO_ERROR;
    }
    if (image->keeps) {
        keep_write(image, offset, buffer, length);
    }
    memcpy(image->bytes + offset, buffer, length);
    return STATUS_OK;
}

static void drop_kept(struct image *image)
{
    for (uint32_t i = 0; i < image->kept_count; i++) {
        free(image->kept[i].bytes);
    }
    image->kept_count = 0;
}

static status_t device_flush(void *context)
{
    struct image *image = context;
    if (image->keeps) {
        for (uint32_t i = 0; i < image->kept_count; i++) {
            memcpy(image->stable + image->kept[i].offset, image->kept[i].bytes,
                   image->kept[i].length);
        }
        drop_kept(image);
    }
    return STATUS_OK;
}

void image_open(struct image *image, uint8_t *bytes, uint64_t size)
{
    memset(image, 0, sizeof(*image));
    image->bytes = bytes;
    image->size = size;
    image->device = (struct fat_device){image, size, device_read, device_write, device_flush};
}

void image_close(struct image *image)
{
    drop_kept(image);
    free(image->kept);
    free(image->stable);
    free(image->bytes);
}

void image_keep(struct image *image)
{
    image->stable = malloc(image->size);
    memcpy(image->stable, image->bytes, image->size);
    image->keeps = true;
}

/* A device writes sectors whole, in any order. */
void image_lose_power(struct image *image, unsigned *seed)
{
    unsigned chance = (unsigned)rand_r(seed) % 5;
    memcpy(image->bytes, image->stable, image->size);
    for (uint32_t i = 0; i < image->kept_count; i++) {
        const struct image_write *kept = &image->kept[i];
        for (uint32_t at = 0; at < kept->length; at += FAT_SECTOR_LEAST) {
            if ((unsigned)rand_r(seed) % 4 < chance) {
                memcpy(image->bytes + kept->offset + at, kept->bytes + at, FAT_SECTOR_LEAST);
            }
        }
    }
    image->keeps = false;
    memset(&image->saved, 0, sizeof(image->saved));
}

/* ---- short cuts ----------------------------------------------------------------------------- */

static uint64_t wall(void)
{
    return TEST_WALL;
}

status_t image_mount(struct image *image)
{
    const char *reason;
    status_t status = fat_mount(&image->fat, &image->device, &image->saved, wall, false, &reason);
    fat_node_root(&image->fat, &image->root);
    return status;
}

struct memory_client {
    struct image *image;
    uint8_t *bytes;
    uint64_t length;
};

/* Moves at most so much at once, as a disk does. */
static status_t memory_move(void *context, bool write, uint64_t device_offset, uint64_t at,
                            uint64_t length, uint64_t *count)
{
    struct memory_client *client = context;
    *count = length < 65536 ? length : 65536;
    require(at <= client->length && *count <= client->length - at);
    return write ? device_write(client->image, device_offset, client->bytes + at, (uint32_t)*count)
                 : device_read(client->image, device_offset, client->bytes + at, (uint32_t)*count);
}

static status_t memory_copy(void *context, bool write, uint64_t at, void *bytes, uint32_t length)
{
    struct memory_client *client = context;
    require(at <= client->length && length <= client->length - at);
    memcpy(write ? bytes : client->bytes + at, write ? client->bytes + at : bytes, length);
    return STATUS_OK;
}

status_t image_write_at(struct image *image, struct fat_node *node, uint64_t offset,
                        const void *bytes, uint64_t length)
{
    uint64_t done = 0;
    while (done < length) {
        struct memory_client memory = {image, (uint8_t *)(uintptr_t)bytes + done, length - done};
        struct fat_client client = {&memory, memory_move, memory_copy};
        uint64_t count = 0;
        status_t status =
            fat_write(&image->fat, node, offset + done, length - done, &client, &count);
        if (status != STATUS_OK) {
            return status;
        }
        require(count > 0 && count <= length - done);
        done += count;
    }
    return STATUS_OK;
}

status_t image_read_at(struct image *image, struct fat_node *node, uint64_t offset, void *bytes,
                       uint64_t length, uint64_t *count)
{
    uint64_t moved = 1;
    for (*count = 0; *count < length && moved > 0; *count += moved) {
        struct memory_client memory = {image, (uint8_t *)bytes + *count, length - *count};
        struct fat_client client = {&memory, memory_move, memory_copy};
        status_t status =
            fat_read(&image->fat, node, offset + *count, length - *count, &client, &moved);
        if (status != STATUS_OK) {
            return status;
        }
    }
    return STATUS_OK;
}

struct fat_node *image_open_node(struct image *image, const char *path, uint32_t flags)
{
    struct fat_node loaded;
    status_t status =
        fat_open(&image->fat, &image->root, (const uint8_t *)path, strlen(path), flags, &loaded);
    return status == STATUS_OK ? fat_node_open(&image->fat, &loaded) : NULL;
}

status_t image_write_file(struct image *image, const char *path, const void *bytes, uint64_t length)
{
    struct fat_node *node = image_open_node(image, path, FILE_WRITE | FILE_CREATE);
    if (node == NULL) {
        return STATUS_NOT_FOUND;
    }
    status_t status = fat_resize(&image->fat, node, 0);
    if (status == STATUS_OK) {
        status = image_write_at(image, node, 0, bytes, length);
    }
    fat_node_close(node);
    return status;
}

uint8_t *image_read_file(struct image *image, const char *path, uint64_t *length)
{
    struct fat_node *node = image_open_node(image, path, FILE_READ);
    if (node == NULL) {
        return NULL;
    }
    uint8_t *bytes = malloc((uint64_t)node->size + 1);
    status_t status = image_read_at(image, node, 0, bytes, (uint64_t)node->size + 1, length);
    bool whole = status == STATUS_OK && *length == node->size;
    fat_node_close(node);
    if (!whole) {
        free(bytes);
        return NULL;
    }
    return bytes;
}

status_t image_make_directory(struct image *image, const char *path)
{
    return fat_make_directory(&image->fat, &image->root, (const uint8_t *)path, strlen(path));
}

status_t image_remove(struct image *image, const char *path, bool directory)
{
    return fat_remove(&image->fat, &image->root, (const uint8_t *)path, strlen(path), directory);
}

status_t image_rename(struct image *image, const char *from, const char *to)
{
    return fat_rename(&image->fat, &image->root, (const uint8_t *)from, strlen(from),
                      (const uint8_t *)to, strlen(to));
}

/* ---- the check ------------------------------------------------------------------------------ */

struct check {
    struct fat *fat;
    uint8_t *owned;
    uint32_t owned_count;
    unsigned depth;
};

/* Takes a chain; answers its clusters in *count. */
static const char *own_chain(struct check *check, uint32_t cluster, uint32_t *count)
{
    for (*count = 0; cluster != FAT_END; (*count)++) {
        uint32_t next;
        if (!fat_is_cluster(check->fat, cluster)) {
            return "a chain leaves the volume, or meets a free cluster";
        }
        if (check->owned[cluster]) {
            return "a cluster has two owners";
        }
        check->owned[cluster] = 1;
        check->owned_count++;
        if (fat_entry_get(check->fat, cluster, &next) != STATUS_OK || next == FAT_FREE) {
            return "an owned cluster is free";
        }
        cluster = next;
    }
    return NULL;
}

static const char *check_directory(struct check *check, struct fat_node *directory);

static const char *check_name(struct check *check, const struct fat_found *found)
{
    struct fat_node node;
    uint32_t count = 0;
    if (fat_node_load(check->fat, &found->place, found->entry, &node) != STATUS_OK) {
        return "an entry points nowhere";
    }
    const char *wrong = node.first != 0 ? own_chain(check, node.first, &count) : NULL;
    if (wrong == NULL && (uint64_t)count * check->fat->cluster_bytes < node.size) {
        wrong = "a chain is shorter than its file";
    }
    return wrong == NULL && fat_is_directory(&node) ? check_directory(check, &node) : wrong;
}

static const char *check_directory(struct check *check, struct fat_node *directory)
{
    struct fat_found found;
    uint32_t slot = 0;
    const char *wrong = NULL;
    if (++check->depth > 100) {
        return "too deep";
    }
    while (wrong == NULL && fat_directory_next(check->fat, directory, &slot, &found) == STATUS_OK) {
        wrong = check_name(check, &found);
    }
    check->depth--;
    return wrong;
}

const char *image_check(struct image *image, uint32_t *lost)
{
    struct check check = {&image->fat, calloc(image->fat.clusters + FAT_FIRST_CLUSTER, 1), 0, 0};
    uint32_t count = 0;
    struct fat_node root;
    fat_node_root(&image->fat, &root);
    const char *wrong = root.first != 0 ? own_chain(&check, root.first, &count) : NULL;
    if (wrong == NULL) {
        wrong = check_directory(&check, &root);
    }
    if (wrong == NULL && fat_count_free(&image->fat) != STATUS_OK) {
        wrong = "the FAT cannot be read";
    }
    *lost = image->fat.clusters - image->fat.free_clusters - check.owned_count;
    free(check.owned);
    return wrong;
}
