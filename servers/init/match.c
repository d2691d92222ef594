/*
 * Devices and notes: see match.h.
 */
#include "match.h"

#include <sinter/abi.h>

#include "memory.h"
#include "node_path.h"
#include "text.h"

enum {
    GIC_SHARED = 0,
    GIC_PRIVATE = 1,
    GIC_SHARED_FIRST = 32,
    GIC_PRIVATE_FIRST = 16,
    KIND_MASK = 0xf,
    KIND_EDGES = 0x3, /* rising, falling */
    CELL = 4,
    PATH_BYTES = 256,
};

#define PATH_PROPERTY "#sinter,path"

/* Where the character stands first; `length` if it does not. */
static size_t find(const char *text, size_t length, char wanted)
{
    size_t at = 0;
    while (at < length && text[at] != wanted) {
        at++;
    }
    return at;
}

bool match_pattern_parse(const char *text, struct match_pattern *pattern)
{
    size_t length = text_length(text);
    uint64_t type = 0;
    size_t colon = find(text, length, ':');
    if (colon < length &&
        (!text_to_number(text + colon + 1, length - colon - 1, &type) || type > UINT32_MAX)) {
        return false;
    }
    pattern->virtio_type = (uint32_t)type;
    size_t at = find(text, colon, '@');
    size_t bus = at < colon ? at + 1 : colon;
    return (at == colon || bus < colon) &&
           text_copy_bytes(pattern->bus, sizeof(pattern->bus), text + bus, colon - bus) &&
           text_copy_bytes(pattern->compatible, sizeof(pattern->compatible), text, at);
}

static uint32_t kind_flags(uint32_t kind)
{
    return (kind & KIND_MASK & KIND_EDGES) != 0 ? IRQ_EDGE : IRQ_LEVEL;
}

bool match_interrupt(const uint32_t cells[4], unsigned count, uint32_t *line, uint32_t *flags)
{
    *flags = IRQ_LEVEL;
    switch (count) {
    case 1:
        *line = cells[0];
        return true;
    case 2:
        *line = cells[0];
        *flags = kind_flags(cells[1]);
        return true;
    case 3:
        *line = cells[1] + (cells[0] == GIC_SHARED ? GIC_SHARED_FIRST : GIC_PRIVATE_FIRST);
        *flags = kind_flags(cells[2]);
        return cells[0] <= GIC_PRIVATE;
    default:
        return false;
    }
}

struct records {
    uint8_t *to;
    uint64_t size, used;
};

static void put_padded(struct records *records, const void *bytes, uint32_t length)
{
    uint64_t padded = ((uint64_t)length + CELL - 1) & ~(uint64_t)(CELL - 1);
    if (records->used + padded <= records->size) {
        memset(records->to + records->used, 0, padded);
        memcpy(records->to + records->used, bytes, length);
    }
    records->used += padded;
}

static void put_record(struct records *records, const char *name, const void *value,
                       uint32_t length)
{
    uint32_t name_length = (uint32_t)text_length(name);
    put_padded(records, &name_length, sizeof(name_length));
    put_padded(records, &length, sizeof(length));
    put_padded(records, name, name_length);
    put_padded(records, value, length);
}

uint64_t match_node_records(const struct devicetree *tree, dt_node node, uint8_t *to, uint64_t size)
{
    struct records records = {to, size, 0};
    char path[PATH_BYTES];
    const char *name;
    const uint8_t *value;
    uint32_t length;
    if (node_path(tree, node, path, sizeof(path))) {
        put_record(&records, PATH_PROPERTY, path, (uint32_t)text_length(path) + 1);
    }
    for (unsigned i = 0; devicetree_property_at(tree, node, i, &name, &value, &length); i++) {
        put_record(&records, name, value, length);
    }
    return records.used;
}

static size_t star(const char *pattern)
{
    size_t at = 0;
    while (pattern[at] != '\0' && pattern[at] != '*') {
        at++;
    }
    return at;
}

bool match_path(const char *pattern, uint32_t number, char *name, uint32_t size)
{
    struct text text = text_in(name, size);
    size_t at = star(pattern);
    text_put_bytes(&text, pattern, at);
    if (pattern[at] == '*' || number != 0) {
        text_put_number(&text, number);
    }
    if (pattern[at] == '*') {
        text_put(&text, pattern + at + 1);
    }
    return !text.full && text.used != 0;
}

/* Digits at the start of a name. */
static size_t number_length(const char *name)
{
    size_t length = 0;
    while (name[length] >= '0' && name[length] <= '9') {
        length++;
    }
    return length;
}

bool match_path_allows(const char *pattern, const char *name)
{
    if (text_same(pattern, name)) {
        return true;
    }
    for (; *pattern != '\0'; pattern++) {
        size_t length = *pattern == '*' ? number_length(name) : *pattern == *name;
        if (length == 0) {
            return false;
        }
        name += length;
    }
    return *name == '\0';
}

bool match_path_is_many(const char *pattern)
{
    size_t at = star(pattern);
    return pattern[at] == '*' && pattern[at + 1 + star(pattern + at + 1)] == '*';
}
