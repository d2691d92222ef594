/*
 * Shapes: `.sinter.shape`, how the object's compiler laid out the structures that cross the
 * interface, and their comparison with the system's.
 *
 * A shape that the system does not know is skipped: it belongs to newer parts of the interface,
 * and an object that really used those would be refused for its imports.
 */
#include <sinter/object.h>

#include "object_internal.h"

_Static_assert(sizeof(struct sinter_shape_record) == 20, "binary interface");

enum { SHAPE_MEMBERS_MAX = 256, SHAPE_NAME_MAX = 128 };

static bool is_shape_section(const struct object *object, uint32_t index)
{
    const struct object_section *section = &object->sections[index];
    return section->kind == SECTION_SHAPES && section->has_bytes;
}

/* Records lie at multiples of four. */
static const struct sinter_shape_record *shape_header(const uint8_t *at)
{
    return (const struct sinter_shape_record *)(const void *)at;
}

/* A record is valid when header, name and offsets fill it exactly, within `room`. */
static bool record_is_valid(const uint8_t *at, uint64_t room)
{
    const struct sinter_shape_record *header = shape_header(at);
    if (room < sizeof(*header)) {
        return false;
    }
    if (header->record_bytes > room || header->record_bytes < sizeof(*header) ||
        header->record_bytes % sizeof(uint32_t) != 0 || header->member_count > SHAPE_MEMBERS_MAX) {
        return false;
    }
    uint64_t rest = header->record_bytes - sizeof(*header);
    uint64_t offsets = (uint64_t)header->member_count * sizeof(uint32_t);
    uint64_t limit = rest < SHAPE_NAME_MAX ? rest : SHAPE_NAME_MAX;
    uint64_t length = text_length((const char *)(header + 1), limit);
    return length < limit && align_up(length + 1, sizeof(uint32_t)) + offsets == rest;
}

static bool open_section(struct object *object, uint32_t index)
{
    const struct object_section *section = &object->sections[index];
    const uint8_t *bytes = object->bytes + section->offset;
    uint64_t at = 0;
    if (section->offset % _Alignof(struct sinter_shape_record) != 0) {
        return refuse(object, REFUSAL_SHAPE, "section %s is not aligned to %u bytes",
                      SINTER_SHAPE_SECTION, (unsigned)_Alignof(struct sinter_shape_record));
    }
    while (section->size - at >= sizeof(uint32_t)) {
        uint32_t length = shape_header(bytes + at)->record_bytes;
        if (length == 0) {
            at += sizeof(uint32_t);
            continue;
        }
        if (!record_is_valid(bytes + at, section->size - at)) {
            return refuse(object, REFUSAL_SHAPE, "section %s: the record at 0x%llx is malformed",
                          SINTER_SHAPE_SECTION, (unsigned long long)at);
        }
        at += length;
    }
    return true;
}

bool shapes_open(struct object *object)
{
    for (uint32_t i = 0; i < object->section_count; i++) {
        if (is_shape_section(object, i) && !open_section(object, i)) {
            return false;
        }
    }
    return true;
}

static void read_record(const uint8_t *at, struct object_shape_record *record)
{
    const struct sinter_shape_record *header = shape_header(at);
    uint32_t offsets = header->record_bytes - header->member_count * (uint32_t)sizeof(uint32_t);
    *record = (struct object_shape_record){
        .name = (const char *)(header + 1),
        .major = header->major,
        .minor = header->minor,
        .size = header->size,
        .align = header->align,
        .member_count = header->member_count,
        .offsets = (const uint32_t *)(const void *)(at + offsets),
    };
}

/* The cursor is section << 32 | offset. */
bool object_next_shape(const struct object *object, uint64_t *cursor,
                       struct object_shape_record *record)
{
    uint32_t index = (uint32_t)(*cursor >> 32);
    uint64_t at = (uint32_t)*cursor;
    for (; index < object->section_count; index++, at = 0) {
        const struct object_section *section = &object->sections[index];
        if (!is_shape_section(object, index)) {
            continue;
        }
        const uint8_t *bytes = object->bytes + section->offset;
        while (section->size - at >= sizeof(uint32_t)) {
            uint32_t length = shape_header(bytes + at)->record_bytes;
            if (length != 0) {
                read_record(bytes + at, record);
                *cursor = (uint64_t)index << 32 | (at + length);
                return true;
            }
            at += sizeof(uint32_t);
        }
    }
    return false;
}

/* Index of the first member that differs; `member_count` of the shorter when none does. */
static uint32_t first_difference(const struct object_shape_record *ours,
                                 const struct object_shape *known)
{
    uint32_t i = 0;
    while (i < ours->member_count && i < known->member_count &&
           ours->offsets[i] == known->offsets[i]) {
        i++;
    }
    return i;
}

static bool refuse_shape(struct object *object, const struct object_shape_record *ours,
                         const struct object_shape *known, uint32_t member)
{
    const char *hint = "Compiled with -fpack-struct, or with edited headers?";
    if (member < ours->member_count && member < known->member_count) {
        return refuse(object, REFUSAL_SHAPE,
                      "%s differs at SYS_%u.%u: the object has size %u and `%s` at %u, the system "
                      "%u and %u. %s",
                      known->name, known->major, known->minor, ours->size, known->members[member],
                      ours->offsets[member], known->size, known->offsets[member], hint);
    }
    return refuse(object, REFUSAL_SHAPE,
                  "%s differs at SYS_%u.%u: the object has size %u, alignment %u and %u members, "
                  "the system %u, %u and %u. %s",
                  known->name, known->major, known->minor, ours->size, ours->align,
                  ours->member_count, known->size, known->align, known->member_count, hint);
}

static bool check_shape(struct object *object, const struct object_shape_record *ours,
                        const struct object_shape *known)
{
    uint32_t member = first_difference(ours, known);
    bool equal = ours->size == known->size && ours->align == known->align &&
                 ours->member_count == known->member_count && member == known->member_count;
    return equal || refuse_shape(object, ours, known, member);
}

static bool is_same(const struct object_shape_record *ours, const struct object_shape *known)
{
    return known->major == ours->major && known->minor == ours->minor &&
           text_equal(known->name, ours->name);
}

/* Objects record shapes in the system's order, as a rule: the search begins at `next`. */
static size_t find_known(const struct object_shape_record *ours, const struct object_shape *known,
                         size_t count, size_t next)
{
    for (size_t i = 0; i < count; i++) {
        size_t at = next + i < count ? next + i : next + i - count;
        if (is_same(ours, &known[at])) {
            return at;
        }
    }
    return count;
}

bool object_check_shapes(struct object *object, const struct object_shape *known, size_t count,
                         struct refusal *refusal)
{
    object->refusal = refusal;
    uint64_t cursor = 0;
    size_t next = 0;
    struct object_shape_record record;
    while (object_next_shape(object, &cursor, &record)) {
        size_t found = find_known(&record, known, count, next);
        if (found < count && !check_shape(object, &record, &known[found])) {
            return false;
        }
        next = found < count ? found + 1 : next;
    }
    return true;
}
