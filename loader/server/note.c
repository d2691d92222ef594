/*
 * Reading an object's note, and naming addresses: see note.h.
 */
#include "note.h"

#include "bytes.h"
#include "place.h"
#include "window.h"

enum { NAME_SHOWN = 64 }; /* bytes of a function's name that fit into any caller's text */

static void copy_text(char *to, size_t size, const char *from)
{
    size_t length = from == NULL ? 0 : strlen(from);
    length = length < size ? length : size - 1;
    memcpy(to, from == NULL ? "" : from, length);
    to[length] = '\0';
}

static uint32_t copy_list(char to[LOADER_LIST][LOADER_LIST_TEXT], const struct object_texts *from)
{
    uint32_t count = from->count < LOADER_LIST ? from->count : LOADER_LIST;
    for (uint32_t i = 0; i < count; i++) {
        copy_text(to[i], LOADER_LIST_TEXT, from->text[i]);
    }
    return count;
}

static void copy_meta(struct load_note *note, const struct object_meta *meta)
{
    copy_text(note->name, sizeof(note->name), meta->name);
    copy_text(note->version, sizeof(note->version), meta->version);
    copy_text(note->path, sizeof(note->path), meta->path);
    note->kind = meta->kind;
    note->resources = meta->resources;
    note->restart = meta->restart;
    note->priority = meta->priority;
    note->stack = meta->stack;
    note->memory = meta->memory;
    note->heartbeat = meta->heartbeat;
    note->provide_count = copy_list(note->provides, &meta->provides);
    note->consume_count = copy_list(note->consumes, &meta->consumes);
    note->device_count = copy_list(note->devices, &meta->devices);
}

status_t note_read(const struct load_file *file, struct load_note *note)
{
    static struct object object;
    static struct refusal refusal;
    memset(&refusal, 0, sizeof(refusal));
    memset(note, 0, sizeof(*note));
    note->size = sizeof(*note);
    status_t status = load_open(file, object_open_note, &object, &refusal);
    if (status == STATUS_OK) {
        copy_meta(note, &object.meta);
    } else {
        note->refusal = (uint32_t)refusal.code;
        copy_text(note->line, sizeof(note->line), refusal.text);
    }
    window_clear();
    return status;
}

/* Any place does: only the distances inside a group count, and those follow from the seed. */
static bool place_anywhere(struct object *object, uint64_t seed, struct refusal *refusal)
{
    static struct place place;
    uint64_t address[OBJECT_GROUPS];
    memset(&place, 0, sizeof(place));
    place.state = seed;
    for (unsigned i = 0; i < OBJECT_GROUPS; i++) {
        place.area[i].size = object->group[i].size;
        place.area[i].align = object->group[i].align;
    }
    if (!place_choose(&place, &object->constraint)) {
        return false;
    }
    for (unsigned i = 0; i < OBJECT_GROUPS; i++) {
        address[i] = place.area[i].address;
    }
    return object_place(object, address, refusal);
}

static void write_location(const struct object_location *location, char *text, size_t size)
{
    if (location->name != NULL) {
        text_format(text, size, "%.*s+0x%llx", NAME_SHOWN, location->name,
                    (unsigned long long)location->offset);
    } else {
        text_format(text, size, "(%.*s)+0x%llx", NAME_SHOWN, location->section,
                    (unsigned long long)location->offset);
    }
}

status_t note_symbolize(const struct load_file *file, uint64_t place, uint64_t offset, char *text,
                        size_t size)
{
    static struct object object;
    static struct refusal refusal;
    struct object_location location;
    uint32_t group = LOADER_PLACE_GROUP(place);
    uint64_t seed = LOADER_SEED(place);
    status_t status = load_open(file, object_open, &object, &refusal);
    if (status == STATUS_OK && (group >= LOADER_GROUPS || !object_layout(&object, seed, &refusal) ||
                                !place_anywhere(&object, seed, &refusal))) {
        status = STATUS_BAD_FORMAT;
    }
    if (status == STATUS_OK) {
        uint64_t address = object.group[group].address + offset;
        status = offset < object.group[group].size && object_symbolise(&object, address, &location)
                     ? STATUS_OK
                     : STATUS_NOT_FOUND;
    }
    if (status == STATUS_OK) {
        write_location(&location, text, size);
    }
    window_clear();
    return status;
}
