/*
 * The boot set as init sees it: see catalog.h.
 */
#include "catalog.h"

#include "text.h"

#define BOOT_FOLDER    "boot/"
#define PROGRAM_FOLDER "bin/"
#define OBJECT_ENDING  ".o"

struct catalog catalog;

const struct object_note catalog_no_note;
static struct object_note notes[CATALOG_NOTES];
static uint32_t note_count;

void catalog_build(void)
{
    uint64_t cursor = 0;
    struct archive_entry entry;
    while (archive_next(&init.archive, &cursor, &entry)) {
        const char *name = entry.name + sizeof(BOOT_FOLDER) - 1;
        if (!text_starts(entry.name, BOOT_FOLDER) || *name == '\0') {
            continue;
        }
        if (catalog.count == CATALOG_FILES) {
            log_line("the boot set has more than %d files; the rest is not used", CATALOG_FILES);
            return;
        }
        catalog.files[catalog.count++] = (struct boot_file){
            .name = name,
            .offset = entry.offset,
            .size = entry.size,
            .directory = archive_is_directory(&entry),
            .note = &catalog_no_note,
        };
    }
}

handle_t catalog_memory(const struct boot_file *file)
{
    return file->memory != 0 ? file->memory : init.initrd;
}

uint64_t catalog_offset(const struct boot_file *file)
{
    return file->memory != 0 ? file->offset : init.initrd_offset + file->offset;
}

struct object_note *catalog_note(struct boot_file *file)
{
    if (file->own_note != NULL) {
        file->note = file->own_note;
        return file->own_note;
    }
    if (file->note == &catalog_no_note && note_count < CATALOG_NOTES) {
        file->note = &notes[note_count++];
    }
    return file->note == &catalog_no_note ? NULL : &notes[file->note - notes];
}

struct boot_file *catalog_find(const char *name)
{
    for (uint32_t i = 0; i < catalog.count; i++) {
        if (text_same(catalog.files[i].name, name)) {
            return &catalog.files[i];
        }
    }
    return NULL;
}

bool catalog_is_object(const struct boot_file *file)
{
    size_t length = text_length(file->name);
    size_t ending = sizeof(OBJECT_ENDING) - 1;
    return !file->directory && length > ending &&
           text_same(file->name + length - ending, OBJECT_ENDING);
}

static struct boot_file *find_joined(const char *folder, const char *word, const char *ending)
{
    char buffer[SCRIPT_PATH + sizeof(PROGRAM_FOLDER) + sizeof(OBJECT_ENDING)];
    struct text text = text_in(buffer, sizeof(buffer));
    TEXT_PUT(&text, folder, word, ending);
    struct boot_file *file = text.full ? NULL : catalog_find(buffer);
    return file != NULL && !file->directory ? file : NULL;
}

struct boot_file *catalog_object(const char *word)
{
    static const char *const folders[] = {"", PROGRAM_FOLDER};
    static const char *const endings[] = {"", OBJECT_ENDING};
    if (text_starts(word, "/boot/")) {
        word += sizeof("/boot/") - 1;
    }
    for (unsigned i = 0; i < 2; i++) {
        for (unsigned j = 0; j < 2; j++) {
            struct boot_file *file = find_joined(folders[i], word, endings[j]);
            if (file != NULL) {
                return file;
            }
        }
    }
    return NULL;
}
