/*
 * Finds the section .sinter.meta of an ELF64 object and takes name, kind and description from it.
 * Everything in the file is taken for false until it has been checked.
 */
#include "note_reader.h"

#include <elf.h>
#include <sinter/object.h>
#include <string.h>
#include <unistd.h>

#define NOTE_LIMIT 4096 /* bytes of a note that are looked at */

static bool read_at(int file, uint64_t offset, void *data, size_t size)
{
    return offset <= INT64_MAX && lseek(file, (off_t)offset, SEEK_SET) >= 0 &&
           read(file, data, size) == (ssize_t)size;
}

static bool read_section(int file, const Elf64_Ehdr *header, unsigned index, Elf64_Shdr *section)
{
    return index < header->e_shnum &&
           read_at(file, header->e_shoff + (uint64_t)index * sizeof(*section), section,
                   sizeof(*section));
}

static bool find_note(int file, Elf64_Shdr *found)
{
    Elf64_Ehdr header;
    Elf64_Shdr names;
    char name[sizeof(SINTER_META_SECTION)];
    if (!read_at(file, 0, &header, sizeof(header)) ||
        memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 || header.e_shentsize != sizeof(*found) ||
        !read_section(file, &header, header.e_shstrndx, &names)) {
        return false;
    }
    for (unsigned i = 1; read_section(file, &header, i, found); i++) {
        if (read_at(file, names.sh_offset + found->sh_name, name, sizeof(name)) &&
            memcmp(name, SINTER_META_SECTION, sizeof(name)) == 0) {
            return true;
        }
    }
    return false;
}

static void take_text(char *to, const char *value, size_t length)
{
    size_t size = length < NOTE_TEXT_SIZE ? length : NOTE_TEXT_SIZE - 1;
    memcpy(to, value, size);
    to[size] = '\0';
}

static void take_record(unsigned tag, const char *value, size_t length,
                        struct note_summary *summary)
{
    if (tag == META_NAME) {
        take_text(summary->name, value, length);
    } else if (tag == META_DESCRIPTION) {
        take_text(summary->description, value, length);
    } else if (tag == META_KIND && length == sizeof(summary->kind)) {
        memcpy(&summary->kind, value, length);
    }
}

bool note_read(int file, struct note_summary *summary)
{
    char note[NOTE_LIMIT];
    Elf64_Shdr section;
    size_t at = 0;
    *summary = (struct note_summary){.kind = 0};
    if (!find_note(file, &section)) {
        return false;
    }
    size_t size = section.sh_size < sizeof(note) ? (size_t)section.sh_size : sizeof(note);
    if (!read_at(file, section.sh_offset, note, size)) {
        return false;
    }
    while (size - at >= sizeof(struct sinter_meta_record)) {
        struct sinter_meta_record record;
        memcpy(&record, note + at, sizeof(record));
        at += sizeof(record);
        if (record.length > size - at) {
            break;
        }
        take_record(record.tag & ~META_REQUIRED, note + at, record.length, summary);
        size_t step = SINTER_ROUND4((size_t)record.length);
        at = step < size - at ? at + step : size;
    }
    return true;
}
