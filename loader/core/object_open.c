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
    bool aligned = ((uintptr_t)bytes + header.e_shoff) % ELF_TABLE_ALIGN == 0;
    if (header.e_shoff > size || tables > size - header.e_shoff || !aligned) {
        return WORKSPACE_SLACK; /* to be refused */
    }
    const uint8_t *file = bytes;
    const Elf64_Shdr *sections = (const Elf64_Shdr *)(const void *)(file + header.e_shoff);
    uint64_t needed = WORKSPACE_SLACK;
    needed += (uint64_t)(header.e_shnum + EXTRA_SECTIONS) *
              (sizeof(struct object_section) + sizeof(struct sort_entry) + sizeof(uint32_t));
    uint64_t entries = 0;
    for (uint32_t i = 0; i < header.e_shnum; i++) {
        entries += workspace_for(&sections[i], size);
    }
    uint64_t most = 2 * (uint64_t)size; /* tables that pass object_open do not overlap */
    return (size_t)(needed + (entries < most ? entries : most));
}

static bool open_outline(struct object *object, Elf64_Ehdr *header)
{
    return file_open_header(object, header) && file_open_sections(object, header);
}

static void begin(struct object *object, const char *name, const void *bytes, size_t size,
                  enum object_machine machine, void *workspace, size_t workspace_size,
                  struct refusal *refusal)
{
    *refusal = (struct refusal){.code = REFUSAL_NONE};
    *object = (struct object){
        .name = name,
        .bytes = bytes,
        .size = size,
        .refusal = refusal,
        .machine = machine_of(machine),
        .workspace = workspace,
        .workspace_size = workspace_size,
    };
}

bool object_open_note(struct object *object, const char *name, const void *bytes, size_t size,
                      enum object_machine machine, void *workspace, size_t workspace_size,
                      struct refusal *refusal)
{
    Elf64_Ehdr header;
    begin(object, name, bytes, size, machine, workspace, workspace_size, refusal);
    return open_outline(object, &header) && meta_open(object);
}

bool object_open(struct object *object, const char *name, const void *bytes, size_t size,
                 enum object_machine machine, void *workspace, size_t workspace_size,
                 struct refusal *refusal)
{
    Elf64_Ehdr header;
    begin(object, name, bytes, size, machine, workspace, workspace_size, refusal);
    return open_outline(object, &header) && file_check_tables(object, &header) &&
           meta_open(object) && symbols_open(object) && shapes_open(object) &&
           scan_relocations(object);
}
