/*
 * See archive.h. A header is 110 characters: a magic and 13 fields of eight hexadecimal digits; the
 * name and the contents follow, each padded to four bytes.
 */
#include "archive.h"

enum {
    HEADER_BYTES = 110,
    FIELDS_AT = 6,
    FIELD_BYTES = 8,
    FIELD_MODE = 1,
    FIELD_FILE_SIZE = 6,
    FIELD_NAME_SIZE = 11,
    NAME_MAX_BYTES = 256,
    MODE_KIND = 0170000,
    MODE_DIRECTORY = 0040000,
};

static bool begins_with(const char *text, const char *beginning)
{
    while (*beginning != '\0' && *text == *beginning) {
        text++;
        beginning++;
    }
    return *beginning == '\0';
}

/* More than any size, if it is no number. */
static uint64_t read_field(const char *header, unsigned field)
{
    const char *digits = header + FIELDS_AT + field * FIELD_BYTES;
    uint64_t value = 0;

    for (unsigned i = 0; i < FIELD_BYTES; i++) {
        char c = digits[i] | 0x20; /* lower case; digits have that bit anyway */
        bool letter = c >= 'a' && c <= 'f';

        if (!letter && (c < '0' || c > '9')) {
            return UINT64_MAX;
        }
        value = value << 4 | (uint32_t)(letter ? c - 'a' + 10 : c - '0');
    }
    return value;
}

static uint64_t padded(uint64_t offset)
{
    return (offset + 3) & ~UINT64_C(3);
}

bool archive_next(const struct archive *archive, uint64_t *cursor, struct archive_entry *entry)
{
    const char *header = (const char *)archive->bytes + *cursor;
    uint64_t name_size;

    if (*cursor > archive->size || archive->size - *cursor < HEADER_BYTES ||
        !begins_with(header, "070701")) {
        return false;
    }
    name_size = read_field(header, FIELD_NAME_SIZE);
    entry->name = header + HEADER_BYTES;
    entry->mode = (uint32_t)read_field(header, FIELD_MODE);
    entry->offset = padded(*cursor + HEADER_BYTES + name_size);
    entry->size = read_field(header, FIELD_FILE_SIZE);
    if (name_size - 1 >= NAME_MAX_BYTES || entry->offset > archive->size ||
        entry->size > archive->size - entry->offset || entry->name[name_size - 1] != '\0') {
        return false;
    }
    if (begins_with(entry->name, "./")) {
        entry->name += 2;
    }
    *cursor = padded(entry->offset + entry->size);
    return !begins_with(entry->name, "TRAILER!!!");
}

bool archive_find(const struct archive *archive, const char *name, struct archive_entry *entry)
{
    uint64_t cursor = 0;

    while (archive_next(archive, &cursor, entry)) {
        if (begins_with(entry->name, name) && begins_with(name, entry->name)) {
            return true;
        }
    }
    return false;
}

bool archive_is_directory(const struct archive_entry *entry)
{
    return (entry->mode & MODE_KIND) == MODE_DIRECTORY;
}
