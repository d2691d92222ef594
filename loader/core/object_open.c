/*
 * Opening: the stages of checking a file, in the order in which a person wants to hear of
 * trouble: what the file is, that it has a note, and then its details.
 */
#include "object_internal.h"

enum { WORKSPACE_SLACK = 256 }; /* alignment of each table, and a little */

static const struct machine *machine_of(enum object_machine machine)
{
    return machine == OBJECT_RISCV64 ? &machine_riscv64 : &machine_aarch64;
}

/* Workspace per entry of a table; a table never counts for more than the file holds. */
static uint64_t workspace_for(const Elf64_Shdr *header, uint64_t file_size)
{
    uint64_t bytes = header->sh_size < file_size ? header->sh_size : file_size;
    switch (header->sh_type) {
    case SHT_SYMTAB:
        return bytes / sizeof(Elf64_Sym) * (sizeof(struct object_symbol) + sizeof(uint32_t));
    case SHT_RELA:
        return bytes / sizeof(Elf64_Rela) * sizeof(struct sort_entry);
    default:
        return 0;
    }
}

size_t object_workspace_size(const void *bytes, size_t size)
{
    Elf64_Ehdr header;
    if (size < sizeof(header) || size > OBJECT_FILE_MAX) {
        return WORKSPACE_SLACK;
    }
    memcpy(&header, bytes, sizeof(header));
    uint64_t tables = (uint64_t)header.e_shnum * sizeof(Elf64_Shdr);
    if (header.e_shoff > size || tables > size - header.e_shoff) {
        return WORKSPACE_SLACK;
    }
    uint64_t needed = WORKSPACE_SLACK;
    needed += (uint64_t)(header.e_shnum + EXTRA_SECTIONS) *
              (sizeof(struct object_section) + sizeof(struct sort_entry) + sizeof(uint32_t));
    uint64_t entries = 0;
    for (uint32_t i = 0; i < header.e_shnum; i++) {
        Elf64_Shdr section;
        memcpy(&section, (const uint8_t *)bytes + header.e_shoff + i * sizeof(section),
               sizeof(section));
        entries += workspace_for(&section, size);
    }
    uint64_t most = 2 * (uint64_t)size; /* tables that pass object_open do not overlap */
    return (size_t)(needed + (entries < most ? entries : most));
}

bool object_open(struct object *object, const char *name, const void *bytes, size_t size,
                 enum object_machine machine, void *workspace, size_t workspace_size,
                 struct refusal *refusal)
{
    *object = (struct object){
        .name = name,
        .bytes = bytes,
        .size = size,
        .refusal = refusal,
        .machine = machine_of(machine),
        .workspace = workspace,
        .workspace_size = workspace_size,
    };
    *refusal = (struct refusal){.code = REFUSAL_NONE};
    Elf64_Ehdr header;
    return file_open_header(object, &header) && file_open_sections(object, &header) &&
           meta_open(object) && symbols_open(object) && shapes_open(object) &&
           scan_relocations(object);
}
