/*
 * See cpio.h. A header is 110 characters: a magic and 13 fields of eight hexadecimal digits; name
 * and contents follow, each padded to four bytes.
 */
#include "cpio.h"

#include <string.h>

enum {
    HEADER = 110,
    FIELD = 8,
    FIELD_FILESIZE = 6,
    FIELD_NAMESIZE = 11,
    MAGIC = 6,
};

static bool read_field(const uint8_t *header, unsigned field, uint64_t *value)
{
    const uint8_t *digits = header + MAGIC + field * FIELD;

    *value = 0;
    for (unsigned i = 0; i < FIELD; i++) {
        uint8_t c = digits[i];
        unsigned digit;

        if (c >= '0' && c <= '9') {
            digit = c - '0';
        } else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f') {
            digit = (c | 0x20u) - 'a' + 10u;
        } else {
            return false;
        }
        *value = *value << 4 | digit;
    }
    return true;
}

static uint64_t round4(uint64_t value)
{
    return (value + 3) & ~UINT64_C(3);
}

struct entry {
    const char *name;
    uint64_t name_size, offset, length;
};

static bool read_entry(const uint8_t *archive, uint64_t size, uint64_t at, struct entry *entry)
{
    if (at > size || size - at < HEADER || memcmp(archive + at, "07070", 5) != 0 ||
        !read_field(archive + at, FIELD_FILESIZE, &entry->length) ||
        !read_field(archive + at, FIELD_NAMESIZE, &entry->name_size)) {
        return false;
    }
    entry->name = (const char *)archive + at + HEADER;
    if (entry->name_size == 0 || entry->name_size > size - at - HEADER ||
        entry->name[entry->name_size - 1] != '\0') {
        return false;
    }
    entry->offset = round4(at + HEADER + entry->name_size);
    return entry->offset <= size && entry->length <= size - entry->offset;
}

bool cpio_find(const uint8_t *archive, uint64_t size, const char *name, uint64_t *offset,
               uint64_t *length)
{
    struct entry entry;

    for (uint64_t at = 0; read_entry(archive, size, at, &entry);
         at = round4(entry.offset + entry.length)) {
        if (strcmp(entry.name, name) == 0) {
            *offset = entry.offset;
            *length = entry.length;
            return true;
        }
        if (strcmp(entry.name, "TRAILER!!!") == 0) {
            return false;
        }
    }
    return false;
}
