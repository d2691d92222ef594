/*
 * The note: `.sinter.meta`, records of tag, length and value; see <sinter/object.h>.
 *
 * Several translation units may contribute, in any order, with zero words between. An unknown
 * record is skipped, unless its tag says that it must be understood.
 */
#include <sinter/object.h>

#include "object_internal.h"

_Static_assert(sizeof(struct sinter_meta_record) == 4, "binary interface");

enum { META_TEXT_MAX = 255, META_NAME_MAX = 63 };

struct note {
    struct object *object;
    const uint8_t *value;
    uint16_t tag; /* without META_REQUIRED */
    uint16_t length;
    bool required;
    bool seen; /* a note exists */
};

static const char *field_name(uint16_t tag)
{
    static const char *const names[] = {
        [META_FORMAT] = "format",       [META_NAME] = "name",
        [META_VERSION] = "version",     [META_AUTHOR] = "author",
        [META_LICENCE] = "licence",     [META_DESCRIPTION] = "description",
        [META_KIND] = "kind",           [META_PROVIDES] = "provides",
        [META_CONSUMES] = "consumes",   [META_DEVICE] = "device",
        [META_RESOURCES] = "resources", [META_RESTART] = "restart",
        [META_PRIORITY] = "priority",   [META_STACK] = "stack",
        [META_MEMORY] = "memory",       [META_HEARTBEAT] = "heartbeat",
        [META_PATH] = "path",           [META_SDK] = "sdk",
    };
    return tag < sizeof(names) / sizeof(names[0]) ? names[tag] : "unknown";
}

static bool is_name_character(char c, bool path)
{
    bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    return letter || c == '.' || c == '_' || c == '-' || c == '+' ||
           (path && (c == '/' || c == '*'));
}

static bool has_control_character(const struct note *note)
{
    for (uint16_t i = 0; i + 1 < note->length; i++) {
        if (note->value[i] < ' ' || note->value[i] == 0x7f) {
            return true;
        }
    }
    return false;
}

static bool take_text(const struct note *note, const char **text)
{
    const char *name = field_name(note->tag);
    if (note->length == 0 || note->length > META_TEXT_MAX + 1 ||
        note->value[note->length - 1] != '\0') {
        return refuse(note->object, REFUSAL_NOTE,
                      "the note's %s is not a text of up to %u bytes, ended by NUL", name,
                      META_TEXT_MAX);
    }
    if (has_control_character(note)) {
        return refuse(note->object, REFUSAL_NOTE, "the note's %s holds control characters", name);
    }
    if (*text != NULL && !text_equal(*text, (const char *)note->value)) {
        return refuse(note->object, REFUSAL_NOTE, "the note gives %s twice: %s and %s", name, *text,
                      (const char *)note->value);
    }
    *text = (const char *)note->value;
    return true;
}

/* Names reach commands and scripts: a narrow set of characters, and no way up a path. */
static bool take_name(const struct note *note, const char **text, bool path)
{
    if (!take_text(note, text)) {
        return false;
    }
    size_t length = strlen(*text);
    bool good = length > 0 && length <= META_NAME_MAX && (*text)[0] != '/' && (*text)[0] != '-';
    for (size_t i = 0; i < length && good; i++) {
        bool up = (*text)[i] == '.' && (i == 0 || (*text)[i - 1] == '/' || (*text)[i - 1] == '.');
        good = is_name_character((*text)[i], path) && !up;
    }
    if (!good) {
        return refuse(note->object, REFUSAL_NOTE,
                      "the note's %s is '%s'; expected up to %u of letters, digits, . _ - +%s",
                      field_name(note->tag), *text, META_NAME_MAX, path ? " / *" : "");
    }
    return true;
}

static bool add_text(const struct note *note, struct object_texts *list)
{
    const char *text = NULL;
    if (!take_text(note, &text)) {
        return false;
    }
    for (uint32_t i = 0; i < list->count; i++) {
        if (text_equal(list->text[i], text)) {
            return true;
        }
    }
    if (list->count == OBJECT_LIST_MAX) {
        return refuse(note->object, REFUSAL_NOTE, "the note gives %s more than %u times",
                      field_name(note->tag), OBJECT_LIST_MAX);
    }
    list->text[list->count++] = text;
    return true;
}

static bool read_number(const struct note *note, uint32_t *number)
{
    if (note->length != sizeof(uint32_t)) {
        return refuse(note->object, REFUSAL_NOTE, "the note's %s has %u bytes; expected %u",
                      field_name(note->tag), note->length, (unsigned)sizeof(uint32_t));
    }
    *number = load32(note->value);
    return true;
}

static bool take_number(const struct note *note, uint32_t *number)
{
    uint32_t value = 0;
    if (!read_number(note, &value)) {
        return false;
    }
    if (*number != 0 && *number != value) {
        return refuse(note->object, REFUSAL_NOTE, "the note gives %s twice: %u and %u",
                      field_name(note->tag), *number, value);
    }
    *number = value;
    return true;
}

static bool take_choice(const struct note *note, uint32_t *number, uint32_t last)
{
    if (!take_number(note, number)) {
        return false;
    }
    if (*number == 0 || *number > last) {
        return refuse(note->object, REFUSAL_NOTE, "the note's %s is %u; this loader knows 1 to %u",
                      field_name(note->tag), *number, last);
    }
    return true;
}

static bool take_resources(const struct note *note, uint32_t *resources)
{
    const uint32_t known = RESOURCE_REGISTERS | RESOURCE_INTERRUPTS | RESOURCE_DMA |
                           RESOURCE_FIRMWARE | RESOURCE_DEVICETREE | RESOURCE_CONSOLE |
                           RESOURCE_DEBUG | RESOURCE_CLOCK | RESOURCE_BOOTSET | RESOURCE_NAMES |
                           RESOURCE_ENTROPY;
    uint32_t value = 0;
    if (!read_number(note, &value)) {
        return false;
    }
    if ((value & ~known) != 0) {
        return refuse(note->object, REFUSAL_NOTE,
                      "asks for resources 0x%x, which this loader does not know", value & ~known);
    }
    *resources |= value;
    return true;
}

static bool take_highest(const struct note *note, uint32_t *number)
{
    uint32_t value = 0;
    if (!read_number(note, &value)) {
        return false;
    }
    *number = value > *number ? value : *number;
    return true;
}

static bool take_unknown(const struct note *note)
{
    if (note->required) {
        return refuse(note->object, REFUSAL_NOTE_FIELD,
                      "the note has field %u, which must be understood and which this loader does "
                      "not know; update the system, or use an older SDK",
                      note->tag);
    }
    return true;
}

static bool take_record(const struct note *note)
{
    struct object_meta *meta = &note->object->meta;
    switch (note->tag) {
    case META_FORMAT:
        return take_choice(note, &meta->format, SINTER_META_FORMAT);
    case META_NAME:
        return take_name(note, &meta->name, false);
    case META_VERSION:
        return take_text(note, &meta->version);
    case META_AUTHOR:
        return take_text(note, &meta->author);
    case META_LICENCE:
        return take_text(note, &meta->licence);
    case META_DESCRIPTION:
        return take_text(note, &meta->description);
    case META_KIND:
        return take_choice(note, &meta->kind, KIND_PROGRAM);
    case META_PROVIDES:
        return add_text(note, &meta->provides);
    case META_CONSUMES:
        return add_text(note, &meta->consumes);
    case META_DEVICE:
        return add_text(note, &meta->devices);
    case META_RESOURCES:
        return take_resources(note, &meta->resources);
    case META_RESTART:
        return take_choice(note, &meta->restart, RESTART_STATE);
    case META_PRIORITY:
        return take_number(note, &meta->priority);
    case META_STACK:
        return take_number(note, &meta->stack);
    case META_MEMORY:
        return take_number(note, &meta->memory);
    case META_HEARTBEAT:
        return take_number(note, &meta->heartbeat);
    case META_PATH:
        return take_name(note, &meta->path, true);
    case META_SDK:
        return take_highest(note, &meta->sdk);
    default:
        return take_unknown(note);
    }
}

/* Reads the record at `at`; returns the bytes it takes, padded, or zero after a refusal. */
static uint32_t read_record(struct note *note, const uint8_t *at, uint64_t room)
{
    struct sinter_meta_record record = {0, 0};
    if (room >= sizeof(record)) {
        memcpy(&record, at, sizeof(record));
    }
    if (room < sizeof(record) || record.length > room - sizeof(record)) {
        refuse(note->object, REFUSAL_NOTE, "the note ends inside a record (tag 0x%x, %u bytes)",
               record.tag, record.length);
        return 0;
    }
    note->tag = record.tag & (uint16_t)~META_REQUIRED;
    note->required = (record.tag & META_REQUIRED) != 0;
    note->length = record.length;
    note->value = at + sizeof(record);
    return (uint32_t)align_up(sizeof(record) + record.length, sizeof(uint32_t));
}

static bool open_section(struct note *note, const struct object_section *section)
{
    const uint8_t *bytes = note->object->bytes + section->offset;
    uint64_t used;
    for (uint64_t at = 0; at < section->size; at += used) {
        used = read_record(note, bytes + at, section->size - at);
        if (used == 0) {
            return false;
        }
        if (note->tag == META_PADDING && note->length == 0 && !note->required) {
            continue;
        }
        note->seen = true;
        if (!take_record(note)) {
            return false;
        }
    }
    return true;
}

static bool check_complete(const struct note *note)
{
    const struct object_meta *meta = &note->object->meta;
    if (!note->seen && note->object->has_bytecode) {
        return refuse(note->object, REFUSAL_LTO, "holds only GCC bytecode; compile without -flto");
    }
    if (!note->seen) {
        return refuse(note->object, REFUSAL_NO_NOTE,
                      "has no note (section %s); include <sinter/object.h> and write "
                      "SERVER_META(name, \"...\"); at file scope",
                      SINTER_META_SECTION);
    }
    if (meta->name == NULL || meta->format == 0 || meta->kind == 0) {
        const char *missing = meta->name == NULL ? "name" : meta->kind == 0 ? "kind" : "format";
        return refuse(note->object, REFUSAL_NO_NOTE,
                      "its note has no %s; write SERVER_META(%s, ...); at file scope, with "
                      "<sinter/object.h>",
                      missing, missing);
    }
    return true;
}

bool meta_open(struct object *object)
{
    struct note note = {.object = object};
    for (uint32_t i = 0; i < object->section_count; i++) {
        const struct object_section *section = &object->sections[i];
        bool is_note = section->kind == SECTION_META && section->has_bytes;
        if (is_note && !open_section(&note, section)) {
            return false;
        }
    }
    return check_complete(&note);
}
