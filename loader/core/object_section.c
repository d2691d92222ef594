/*
 * Which sections are loaded, and into which group.
 *
 * Only sections with SHF_ALLOC are loaded, except the note and the shapes, which the loader
 * alone reads. Nothing is ever writable and executable. What is written only by relocation
 * (initialisation arrays, .data.rel.ro) becomes read-only.
 */
#include <sinter/object.h>

#include "object_internal.h"

/* What the loader alone reads. */
static enum section_kind described_kind(const char *name)
{
    if (text_equal(name, SINTER_META_SECTION)) {
        return SECTION_META;
    }
    return text_equal(name, SINTER_SHAPE_SECTION) ? SECTION_SHAPES : SECTION_PLAIN;
}

static bool check_type(struct object *object, uint32_t index, const Elf64_Shdr *header)
{
    switch (header->sh_type) {
    case SHT_PROGBITS:
    case SHT_NOBITS:
    case SHT_NOTE:
    case SHT_INIT_ARRAY:
    case SHT_FINI_ARRAY:
    case SHT_PREINIT_ARRAY:
        return true;
    default:
        return refuse(object, REFUSAL_SECTION, "section %s has type 0x%x, which is not loadable",
                      section_name(object, index), (unsigned)header->sh_type);
    }
}

static bool check_flags(struct object *object, uint32_t index, const Elf64_Shdr *header)
{
    const char *name = section_name(object, index);
    uint64_t flags = header->sh_flags;
    if ((flags & SHF_WRITE) != 0 && (flags & SHF_EXECINSTR) != 0) {
        return refuse(object, REFUSAL_WRITABLE_TEXT,
                      "section %s is writable and executable; code must be read-only", name);
    }
    if ((flags & SHF_COMPRESSED) != 0) {
        return refuse(object, REFUSAL_SECTION, "section %s is compressed", name);
    }
    bool plain_code = header->sh_type == SHT_PROGBITS && (flags & SHF_TLS) == 0;
    if ((flags & SHF_EXECINSTR) != 0 && !plain_code) {
        return refuse(object, REFUSAL_SECTION,
                      "section %s is executable, but thread-local, an array, or without bytes",
                      name);
    }
    return true;
}

static bool check_size(struct object *object, uint32_t index, const Elf64_Shdr *header)
{
    const char *name = section_name(object, index);
    uint64_t align = header->sh_addralign == 0 ? 1 : header->sh_addralign;
    if (!is_power_of_two(align) || align > OBJECT_ALIGN_MAX) {
        return refuse(object, REFUSAL_SECTION,
                      "section %s has alignment 0x%llx; expected a power of two up to 0x%x", name,
                      (unsigned long long)align, OBJECT_ALIGN_MAX);
    }
    if (header->sh_size > OBJECT_MEMORY_MAX) {
        return refuse(object, REFUSAL_SIZE, "section %s has %'llu bytes; the limit is %'u", name,
                      (unsigned long long)header->sh_size, OBJECT_MEMORY_MAX);
    }
    struct object_section *section = &object->sections[index];
    section->align = (uint32_t)align;
    section->size = (uint32_t)header->sh_size;
    section->loaded = section->size;
    return true;
}

static enum section_kind kind_of(const Elf64_Shdr *header)
{
    if ((header->sh_flags & SHF_TLS) != 0) {
        return SECTION_TLS;
    }
    switch (header->sh_type) {
    case SHT_PREINIT_ARRAY:
        return SECTION_PREINIT;
    case SHT_INIT_ARRAY:
        return SECTION_INIT;
    case SHT_FINI_ARRAY:
        return SECTION_FINI;
    default:
        return SECTION_PLAIN;
    }
}

static enum object_group_name group_of(const char *name, const Elf64_Shdr *header,
                                       enum section_kind kind)
{
    if ((header->sh_flags & SHF_EXECINSTR) != 0) {
        return OBJECT_TEXT;
    }
    bool constant = (header->sh_flags & SHF_WRITE) == 0 || text_begins(name, ".data.rel.ro");
    bool has_bytes = header->sh_type != SHT_NOBITS;
    return kind != SECTION_PLAIN || (constant && has_bytes) ? OBJECT_RODATA : OBJECT_DATA;
}

static bool check_array(struct object *object, uint32_t index)
{
    struct object_section *section = &object->sections[index];
    if (section->size % sizeof(uint64_t) != 0 || section->align > sizeof(uint64_t)) {
        return refuse(object, REFUSAL_SECTION, "section %s is not an array of addresses",
                      section_name(object, index));
    }
    section->align = sizeof(uint64_t);
    return true;
}

bool section_classify(struct object *object, uint32_t index, const Elf64_Shdr *header)
{
    const char *name = section_name(object, index);
    struct object_section *section = &object->sections[index];
    enum section_kind kind = described_kind(name);
    section->kind = (uint8_t)kind;
    if (text_begins(name, ".gnu.lto_")) {
        object->has_bytecode = true;
    }
    if ((header->sh_flags & SHF_ALLOC) == 0 || (header->sh_flags & SHF_EXCLUDE) != 0 ||
        kind != SECTION_PLAIN) {
        return true;
    }
    if (!check_type(object, index, header) || !check_flags(object, index, header) ||
        !check_size(object, index, header)) {
        return false;
    }
    kind = kind_of(header);
    section->kind = (uint8_t)kind;
    section->group = (uint8_t)group_of(name, header, kind);
    bool is_array = kind != SECTION_PLAIN && kind != SECTION_TLS;
    return !is_array || check_array(object, index);
}

uint64_t section_adjust_deleted(const struct object *object, uint32_t index, uint64_t offset,
                                uint32_t *near)
{
    const struct object_section *section = &object->sections[index];
    if ((int64_t)offset < 0) {
        return offset;
    }
    if (offset > section->size) {
        return offset - (section->size - section->loaded);
    }
    const struct sort_entry *first = &object->deletions[section->deletion_first];
    uint64_t key = (uint64_t)index << 32 | offset;
    uint32_t before = sort_lower_bound_near(first, section->deletion_count, key, *near);
    *near = before;
    if (before == 0) {
        return offset;
    }
    const struct sort_entry *last = &first[before - 1];
    uint64_t inside = key - last->key;
    uint64_t count = deletion_count(last);
    return offset - deletion_before(last) - (inside < count ? inside : count);
}

uint64_t section_place(const struct object *object, uint32_t index)
{
    const struct object_section *section = &object->sections[index];
    return section->kind == SECTION_TLS ? object->tls_place + section->place : section->place;
}

void sections_settle(struct object *object)
{
    for (uint32_t i = 0; i < section_total(object); i++) {
        struct object_section *section = &object->sections[i];
        if (section_is_loaded(section)) {
            section->address = object->group[section->group].address + section_place(object, i);
        }
    }
}
