/*
 * Reading a cpio archive: see archive.h.
 */
#include "archive.h"

enum {
    MAGIC_BYTES = 6,
    FIELD_BYTES = 8,
    FIELD_MODE = 1,
    FIELD_FILE_SIZE = 6,
    FIELD_NAME_SIZE = 11,
    FIELDS = 13,
    HEADER_BYTES = MAGIC_BYTES + FIELDS * FIELD_BYTES,
    ALIGNMENT = 4,
    NAME_MAX_BYTES = 256,
    MODE_KIND = 0170000,
    MODE_DIRECTORY = 0040000,
    MODE_FILE = 0100000,
};

static bool same(const char *a, const char *b)
{
    while (*a == *b && *a != '\0') {
        a++;
        b++;
    }
    return *a == *b;
}

static bool magic_is_good(const uint8_t *header)
{
    static const char magic[] = "070701";
    for (unsigned i = 0; i < MAGIC_BYTES; i++) {
        if (header[i] != (uint8_t)magic[i]) {
            return false;
        }
    }
    return true;
}

static bool field(const uint8_t *header, unsigned index, uint32_t *value)
{
    const uint8_t *digits = header + MAGIC_BYTES + index * FIELD_BYTES;
    *value = 0;
    for (unsigned i = 0; i < FIELD_BYTES; i++) {
        uint8_t c = digits[i] | 0x20; /* lower case; digits have that bit anyway */
        if (c >= '0' && c <= '9') {
            *value = *value << 4 | (uint32_t)(c - '0');
        } else if (c >= 'a' && c <= 'f') {
            *value = *value << 4 | (uint32_t)(c - 'a' + 10);
        } else {
            return false;
        }
    }
    return true;
}

static uint64_t aligned(uint64_t offset)
{
    return (offset + ALIGNMENT - 1) & ~(uint64_t)(ALIGNMENT - 1);
}

static const char *plain_name(const char *name)
{
    if (name[0] == '.' && name[1] == '/') {
        name += 2;
    }
    while (*name == '/') {
        name++;
    }
    return name;
}

bool archive_next(const struct archive *archive, uint64_t *cursor, struct archive_entry *entry)
{
    uint64_t start = *cursor;
    uint32_t file_bytes;
    uint32_t name_bytes;
    if (start > archive->size || archive->size - start < HEADER_BYTES) {
        return false;
    }
    const uint8_t *header = archive->bytes + start;
    if (!magic_is_good(header) || !field(header, FIELD_MODE, &entry->mode) ||
        !field(header, FIELD_FILE_SIZE, &file_bytes) ||
        !field(header, FIELD_NAME_SIZE, &name_bytes)) {
        return false;
    }
    uint64_t room = archive->size - start - HEADER_BYTES;
    if (name_bytes == 0 || name_bytes > NAME_MAX_BYTES || name_bytes > room ||
        header[HEADER_BYTES + name_bytes - 1] != '\0') {
        return false;
    }
    entry->offset = aligned(start + HEADER_BYTES + name_bytes);
    entry->size = file_bytes;
    if (entry->offset > archive->size || file_bytes > archive->size - entry->offset) {
        return false;
    }
    entry->name = plain_name((const char *)header + HEADER_BYTES);
    *cursor = aligned(entry->offset + file_bytes);
    return !same(entry->name, "TRAILER!!!");
}

bool archive_find(const struct archive *archive, const char *name, struct archive_entry *entry)
{
    uint64_t cursor = 0;
    while (archive_next(archive, &cursor, entry)) {
        if (same(entry->name, name)) {
            return true;
        }
    }
    return false;
}

bool archive_is_file(const struct archive_entry *entry)
{
    return (entry->mode & MODE_KIND) == MODE_FILE;
}

bool archive_is_directory(const struct archive_entry *entry)
{
    return (entry->mode & MODE_KIND) == MODE_DIRECTORY;
}
