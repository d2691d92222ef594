/* The sectors of cache.h: sets of FAT_CACHE_WAYS lines, of which the one used longest ago goes. */
#include "fat.h"

void fat_cache_init(struct fat_cache *cache, const struct fat_device *device, uint32_t sector_bytes)
{
    fat_zero(cache->lines, sizeof(cache->lines));
    cache->dirty = 0;
    cache->watched_count = 0;
    cache->device = device;
    cache->sector_bytes = sector_bytes;
    cache->sets = FAT_CACHE_BYTES / sector_bytes / FAT_CACHE_WAYS;
    cache->clock = 0;
    cache->failed = false;
    cache->mirrors = 0;
}

void fat_cache_drop(struct fat_cache *cache)
{
    for (unsigned i = 0; i < FAT_CACHE_LINES; i++) {
        cache->lines[i].used = 0;
        cache->lines[i].dirty = false;
    }
    cache->dirty = 0;
}

static struct fat_line *set_of(struct fat_cache *cache, uint64_t sector)
{
    return &cache->lines[sector % cache->sets * FAT_CACHE_WAYS];
}

static uint8_t *bytes_of(struct fat_cache *cache, const struct fat_line *line)
{
    return cache->bytes + (size_t)(line - cache->lines) * cache->sector_bytes;
}

/* The line that holds a sector, or its digest alone. */
static struct fat_line *find(struct fat_cache *cache, uint64_t sector)
{
    struct fat_line *set = set_of(cache, sector);
    for (unsigned i = 0; i < FAT_CACHE_WAYS; i++) {
        if ((set[i].used != 0 || set[i].digest != 0) && set[i].sector == sector) {
            return &set[i];
        }
    }
    return NULL;
}

/* ---- what the device holds ------------------------------------------------------------------ */

/* Of whole words; never 0. The multiplier is that of FNV-1a. */
static uint64_t digest_of(const uint8_t *bytes, uint32_t length)
{
    uint64_t digest = length;
    for (uint32_t i = 0; i < length; i += sizeof(uint64_t)) {
        uint64_t word;
        fat_copy(&word, bytes + i, sizeof(word));
        digest = (digest ^ word) * 0x100000001b3u;
        digest ^= digest >> 32;
    }
    return digest | 1;
}

static void note(struct fat_cache *cache, struct fat_line *line, uint64_t digest)
{
    line->digest = digest;
    for (uint32_t i = 0; i < cache->watched_count; i++) {
        if (cache->watched[i].sector == line->sector) {
            cache->watched[i].digest = digest;
        }
    }
}

void fat_cache_watch(struct fat_cache *cache, uint64_t sector)
{
    cache->watched[cache->watched_count++] = (struct fat_line){.sector = sector};
}

static bool is_on(struct fat_cache *cache, const struct fat_device *device,
                  const struct fat_line *line)
{
    uint32_t length = cache->sector_bytes;
    return line->digest == 0 || (device->read(device->context, line->sector * length, cache->again,
                                              length) == STATUS_OK &&
                                 digest_of(cache->again, length) == line->digest);
}

bool fat_cache_is_on(struct fat_cache *cache, const struct fat_device *device)
{
    bool same = true;
    for (uint32_t i = 0; i < cache->watched_count && same; i++) {
        same = is_on(cache, device, &cache->watched[i]);
    }
    for (uint32_t i = 0; i < FAT_CACHE_LINES && same; i++) {
        same = is_on(cache, device, &cache->lines[i]);
    }
    return same;
}

/* ---- reading and writing -------------------------------------------------------------------- */

/* All copies, the one that is read first. While it is written nobody knows what the device has. */
static status_t write_line(struct fat_cache *cache, struct fat_line *line)
{
    uint64_t sector = line->sector;
    bool mirrored =
        sector >= cache->mirror_start && sector - cache->mirror_start < cache->mirror_length;
    note(cache, line, 0);
    for (uint32_t copy = 0; copy <= (mirrored ? cache->mirrors : 0); copy++) {
        status_t status = cache->device->write(cache->device->context, sector * cache->sector_bytes,
                                               bytes_of(cache, line), cache->sector_bytes);
        if (status != STATUS_OK) {
            cache->failed = true;
            return status;
        }
        sector += cache->mirror_length;
    }
    line->dirty = false;
    cache->dirty--;
    note(cache, line, digest_of(bytes_of(cache, line), cache->sector_bytes));
    return STATUS_OK;
}

/* When the count of uses wraps, all lines are equally old. */
static void touch(struct fat_cache *cache, struct fat_line *line)
{
    if (++cache->clock == UINT32_MAX) {
        for (unsigned i = 0; i < FAT_CACHE_LINES; i++) {
            cache->lines[i].used = cache->lines[i].used != 0;
        }
        cache->clock = 2;
    }
    line->used = cache->clock;
}

/* That of its digest, an empty one, or the one used longest ago, written if it has to be. */
static status_t take_line(struct fat_cache *cache, uint64_t sector, struct fat_line **taken)
{
    struct fat_line *set = set_of(cache, sector);
    struct fat_line *known = find(cache, sector);
    struct fat_line *oldest = known != NULL ? known : set;
    for (unsigned i = 0; i < FAT_CACHE_WAYS && known == NULL; i++) {
        if (set[i].used < oldest->used) {
            oldest = &set[i];
        }
    }
    status_t status = oldest->dirty ? write_line(cache, oldest) : STATUS_OK;
    if (status == STATUS_OK) {
        *oldest = (struct fat_line){.sector = sector, .digest = known != NULL ? known->digest : 0};
        *taken = oldest;
    }
    return status;
}

static status_t get(struct fat_cache *cache, uint64_t sector, bool fresh, struct fat_line **line)
{
    status_t status = STATUS_OK;
    *line = find(cache, sector);
    if (*line == NULL || (*line)->used == 0) {
        if (sector >= cache->device->size / cache->sector_bytes) {
            return STATUS_IO_ERROR;
        }
        status = take_line(cache, sector, line);
        if (status == STATUS_OK && !fresh) {
            status = cache->device->read(cache->device->context, sector * cache->sector_bytes,
                                         bytes_of(cache, *line), cache->sector_bytes);
            cache->failed = cache->failed || status != STATUS_OK;
        }
        if (status == STATUS_OK && !fresh) {
            note(cache, *line, digest_of(bytes_of(cache, *line), cache->sector_bytes));
        }
    }
    if (status != STATUS_OK) {
        return status;
    }
    if (fresh) {
        fat_zero(bytes_of(cache, *line), cache->sector_bytes);
    }
    touch(cache, *line);
    return STATUS_OK;
}

status_t fat_cache_read(struct fat_cache *cache, uint64_t sector, uint8_t **bytes)
{
    struct fat_line *line;
    status_t status = get(cache, sector, false, &line);
    if (status == STATUS_OK) {
        *bytes = bytes_of(cache, line);
    }
    return status;
}

status_t fat_cache_change(struct fat_cache *cache, uint64_t sector, bool fresh, uint8_t **bytes)
{
    struct fat_line *line;
    status_t status = get(cache, sector, fresh, &line);
    if (status == STATUS_OK) {
        cache->dirty += !line->dirty;
        line->dirty = true;
        *bytes = bytes_of(cache, line);
    }
    return status;
}

status_t fat_cache_write(struct fat_cache *cache)
{
    for (unsigned i = 0; cache->dirty > 0 && i < FAT_CACHE_LINES; i++) {
        status_t status = cache->lines[i].dirty ? write_line(cache, &cache->lines[i]) : STATUS_OK;
        if (status != STATUS_OK) {
            return status;
        }
    }
    return STATUS_OK;
}

void fat_cache_forget(struct fat_cache *cache, uint64_t sector, uint64_t count)
{
    for (unsigned i = 0; i < FAT_CACHE_LINES; i++) {
        struct fat_line *line = &cache->lines[i];
        if (line->sector >= sector && line->sector - sector < count) {
            cache->dirty -= line->dirty;
            *line = (struct fat_line){0};
        }
    }
}
