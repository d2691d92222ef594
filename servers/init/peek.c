/*
 * Looking at notes: see peek.h. Of the file everything is in doubt: each offset and length is
 * compared with what is there before it is used. ELF: System V gABI, chapter 4.
 */
#include "peek.h"

#include <sinter/object.h>

#include "elf_format.h"
#include "memory.h"

enum { WORD = sizeof(uint32_t) };

struct look {
    const uint8_t *bytes;
    uint64_t size;
    peek_has *has;
    void *context;
    uint32_t kind;
    bool is_driver_of_one; /* the machine has one of its devices */
    bool is_strange;       /* the loader is to judge */
};

static bool fits(const struct look *look, uint64_t offset, uint64_t length)
{
    return offset <= look->size && length <= look->size - offset;
}

static bool read_header(const struct look *look, Elf64_Ehdr *header)
{
    if (!fits(look, 0, sizeof(*header))) {
        return false;
    }
    memcpy(header, look->bytes, sizeof(*header));
    return memcmp(header->e_ident, ELFMAG, SELFMAG) == 0 &&
           header->e_ident[EI_CLASS] == ELFCLASS64 && header->e_ident[EI_DATA] == ELFDATA2LSB &&
           header->e_shentsize == sizeof(Elf64_Shdr) && header->e_shnum != 0 &&
           header->e_shstrndx < header->e_shnum &&
           ((uintptr_t)look->bytes + header->e_shoff) % ELF_TABLE_ALIGN == 0 &&
           fits(look, header->e_shoff, (uint64_t)header->e_shnum * sizeof(Elf64_Shdr));
}

static bool is_note(const struct look *look, const Elf64_Shdr *names, const Elf64_Shdr *section)
{
    static const char name[] = SINTER_META_SECTION;
    return section->sh_type != SHT_RELA && section->sh_name < names->sh_size &&
           names->sh_size - section->sh_name >= sizeof(name) &&
           memcmp(look->bytes + names->sh_offset + section->sh_name, name, sizeof(name)) == 0;
}

static void take_kind(struct look *look, const uint8_t *value, uint32_t length)
{
    if (length != sizeof(look->kind)) {
        look->is_strange = true;
        return;
    }
    memcpy(&look->kind, value, length);
}

static void take_device(struct look *look, const uint8_t *value, uint32_t length)
{
    char device[PEEK_DEVICE];
    if (length == 0 || length > sizeof(device) || value[length - 1] != '\0') {
        look->is_strange = true;
        return;
    }
    memcpy(device, value, length);
    look->is_driver_of_one = look->is_driver_of_one || look->has(look->context, device);
}

static void take_records(struct look *look, const uint8_t *bytes, uint64_t size)
{
    struct sinter_meta_record record;
    for (uint64_t at = 0; at < size && !look->is_strange;) {
        look->is_strange = size - at < sizeof(record);
        if (look->is_strange) {
            return;
        }
        memcpy(&record, bytes + at, sizeof(record));
        at += sizeof(record);
        look->is_strange = record.length > size - at;
        if (look->is_strange) {
            return;
        }
        uint32_t tag = record.tag & ~META_REQUIRED;
        if (tag == META_KIND) {
            take_kind(look, bytes + at, record.length);
        } else if (tag == META_DEVICE) {
            take_device(look, bytes + at, record.length);
        }
        at += (record.length + WORD - 1) & ~(uint64_t)(WORD - 1);
    }
}

static bool look_at(struct look *look)
{
    Elf64_Ehdr header;
    if (!read_header(look, &header)) {
        return false;
    }
    const Elf64_Shdr *sections = (const void *)(look->bytes + header.e_shoff);
    const Elf64_Shdr *names = &sections[header.e_shstrndx];
    if (!fits(look, names->sh_offset, names->sh_size)) {
        return false;
    }
    for (uint32_t i = 1; i < header.e_shnum && !look->is_strange; i++) {
        const Elf64_Shdr *section = &sections[i];
        if (!is_note(look, names, section)) {
            continue;
        }
        if (section->sh_type == SHT_NOBITS || !fits(look, section->sh_offset, section->sh_size)) {
            return false;
        }
        take_records(look, look->bytes + section->sh_offset, section->sh_size);
    }
    return !look->is_strange && look->kind != 0;
}

bool peek_may_drive(const uint8_t *bytes, uint64_t size, peek_has *has, void *context)
{
    struct look look = {.bytes = bytes, .size = size, .has = has, .context = context};
    return !look_at(&look) || (look.kind == KIND_DRIVER && look.is_driver_of_one);
}
