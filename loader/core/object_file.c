/*
 * The outermost checks of a hostile file: what it is, where its sections are, and that they
 * neither leave the file nor overlap. After this no other part checks a section's bounds again.
 */
#include "object_internal.h"

void *workspace_take(struct object *object, uint64_t bytes)
{
    uint64_t start = (uint64_t)(uintptr_t)(object->workspace + object->workspace_used);
    uint64_t padding = align_up(start, sizeof(uint64_t)) - start;
    if (bytes + padding > object->workspace_size - object->workspace_used) {
        refuse(object, REFUSAL_WORKSPACE, "the loader's workspace of %'llu bytes is too small",
               (unsigned long long)object->workspace_size);
        return NULL;
    }
    uint8_t *taken = object->workspace + object->workspace_used + padding;
    object->workspace_used += (size_t)(padding + bytes);
    return taken;
}

static bool file_begins(const struct object *object, const char *magic)
{
    size_t length = strlen(magic);
    return object->size >= length && memcmp(object->bytes, magic, length) == 0;
}

static bool refuse_not_elf(struct object *object)
{
    if (file_begins(object, "BC\xc0\xde")) {
        return refuse(object, REFUSAL_LTO, "is LLVM bitcode; compile without -flto");
    }
    if (file_begins(object, "!<arch>\n")) {
        return refuse(object, REFUSAL_FORMAT,
                      "is an archive; link its members into one object with ld -r");
    }
    return refuse(object, REFUSAL_FORMAT,
                  "is not an ELF file; expected an object made by a compiler with -c");
}

static bool check_ident(struct object *object, const Elf64_Ehdr *header)
{
    uint8_t class = header->e_ident[EI_CLASS];
    uint8_t data = header->e_ident[EI_DATA];
    uint8_t abi = header->e_ident[EI_OSABI];
    if (class != ELFCLASS64) {
        return refuse(object, REFUSAL_FORMAT, "is %s ELF (class %u); expected 64-bit",
                      class == ELFCLASS32 ? "32-bit" : "unknown", class);
    }
    if (data != ELFDATA2LSB) {
        return refuse(object, REFUSAL_FORMAT, "is %s ELF (encoding %u); expected little-endian",
                      data == ELFDATA2MSB ? "big-endian" : "unknown", data);
    }
    if (header->e_ident[EI_VERSION] != EV_CURRENT || header->e_version != EV_CURRENT) {
        return refuse(object, REFUSAL_FORMAT, "has ELF version %u; expected %u",
                      (unsigned)header->e_version, EV_CURRENT);
    }
    if (abi != ELFOSABI_SYSV && abi != ELFOSABI_GNU && abi != ELFOSABI_STANDALONE) {
        return refuse(object, REFUSAL_FORMAT, "is for OS ABI %u; expected System V (0)", abi);
    }
    return true;
}

static const char *machine_name(uint16_t machine)
{
    switch (machine) {
    case EM_RISCV:
        return "riscv64";
    case EM_AARCH64:
        return "aarch64";
    case EM_X86_64:
        return "x86-64";
    case EM_386:
        return "x86";
    case EM_ARM:
        return "32-bit Arm";
    default:
        return "an unknown machine";
    }
}

static bool check_machine(struct object *object, const Elf64_Ehdr *header)
{
    const struct machine *machine = object->machine;
    if (header->e_machine != machine->elf_machine) {
        return refuse(object, REFUSAL_MACHINE, "is for %s (machine %u); this system is %s",
                      machine_name(header->e_machine), header->e_machine, machine->name);
    }
    const char *why = machine->bad_flags(header->e_flags);
    if (why != NULL) {
        return refuse(object, REFUSAL_MACHINE, "%s (flags 0x%x)", why, (unsigned)header->e_flags);
    }
    return true;
}

static bool check_type(struct object *object, const Elf64_Ehdr *header)
{
    static const char *const names[] = {"a file without type", "relocatable", "an executable",
                                        "a shared object or position-independent executable",
                                        "a core dump"};
    if (header->e_type == ET_REL) {
        return true;
    }
    return refuse(object, REFUSAL_TYPE,
                  "is %s (type %u); expected a relocatable object: compile with -c, do not link",
                  header->e_type <= ET_CORE ? names[header->e_type] : "of an unknown kind",
                  header->e_type);
}

static bool check_base(struct object *object)
{
    if ((uintptr_t)object->bytes % ELF_TABLE_ALIGN == 0) {
        return true;
    }
    return refuse(object, REFUSAL_MALFORMED,
                  "lies in memory at an address that is not a multiple of %u; copy it elsewhere",
                  ELF_TABLE_ALIGN);
}

bool file_open_header(struct object *object, Elf64_Ehdr *header)
{
    if (!file_begins(object, ELFMAG)) {
        return refuse_not_elf(object);
    }
    if (object->size > OBJECT_FILE_MAX) {
        return refuse(object, REFUSAL_SIZE, "has %'llu bytes; the limit is %'u",
                      (unsigned long long)object->size, OBJECT_FILE_MAX);
    }
    if (object->size < sizeof(*header)) {
        return refuse(object, REFUSAL_MALFORMED, "ends inside the ELF header: %u bytes",
                      (unsigned)object->size);
    }
    memcpy(header, object->bytes, sizeof(*header));
    return check_ident(object, header) && check_machine(object, header) &&
           check_type(object, header) && check_base(object);
}

bool file_check_range(struct object *object, const char *what, uint64_t offset, uint64_t size)
{
    if (offset > object->size || size > object->size - offset) {
        return refuse(object, REFUSAL_MALFORMED,
                      "%s (offset 0x%llx, size 0x%llx) leaves the file of 0x%llx bytes", what,
                      (unsigned long long)offset, (unsigned long long)size,
                      (unsigned long long)object->size);
    }
    return true;
}

const char *section_name(const struct object *object, uint32_t index)
{
    static const char *const extra[EXTRA_SECTIONS] = {"(GOT)", "(stubs)", "(common)", "(veneers)"};
    if (index >= object->extra_first) {
        return extra[index - object->extra_first];
    }
    return object->section_names.text + object->sections[index].name;
}

static bool check_section_table(struct object *object, const Elf64_Ehdr *header)
{
    if (header->e_shoff == 0 || header->e_shnum == 0) {
        return refuse(object, REFUSAL_MALFORMED, "%s",
                      header->e_shoff == 0 ? "has no section headers"
                                           : "has no sections, or more than 65 279");
    }
    if (header->e_shentsize != sizeof(Elf64_Shdr)) {
        return refuse(object, REFUSAL_MALFORMED, "section headers have %u bytes; expected %u",
                      header->e_shentsize, (unsigned)sizeof(Elf64_Shdr));
    }
    if (header->e_shnum >= SHN_LORESERVE || header->e_shstrndx >= header->e_shnum) {
        return refuse(object, REFUSAL_MALFORMED, "has %u sections, names in section %u",
                      header->e_shnum, header->e_shstrndx);
    }
    if (header->e_shoff % ELF_TABLE_ALIGN != 0) {
        return refuse(object, REFUSAL_MALFORMED,
                      "the section header table begins at offset 0x%llx; expected a multiple of %u",
                      (unsigned long long)header->e_shoff, ELF_TABLE_ALIGN);
    }
    return file_check_range(object, "the section header table", header->e_shoff,
                            (uint64_t)header->e_shnum * sizeof(Elf64_Shdr));
}

/* A string table ends with NUL, so that any offset in it begins a terminated string. */
static bool check_strings(struct object *object, const char *what, uint32_t index,
                          struct object_strings *strings)
{
    const Elf64_Shdr *header = section_header(object, index);
    if (header->sh_type != SHT_STRTAB) {
        return refuse(object, REFUSAL_MALFORMED, "%s (section %u) are not a string table", what,
                      index);
    }
    if (!file_check_range(object, what, header->sh_offset, header->sh_size)) {
        return false;
    }
    strings->text = (const char *)object->bytes + header->sh_offset;
    strings->size = header->sh_size;
    if (strings->size == 0 || strings->text[strings->size - 1] != '\0') {
        return refuse(object, REFUSAL_MALFORMED, "%s (section %u) do not end with NUL", what,
                      index);
    }
    return true;
}

static bool open_section(struct object *object, uint32_t index)
{
    const Elf64_Shdr *header = section_header(object, index);
    struct object_section *section = &object->sections[index];
    section->group = OBJECT_GROUPS;
    if (header->sh_name >= object->section_names.size) {
        return refuse(object, REFUSAL_MALFORMED, "the name of section %u leaves the names", index);
    }
    section->name = header->sh_name;
    if (header->sh_type == SHT_NULL) {
        return true;
    }
    section->has_bytes = header->sh_type != SHT_NOBITS;
    if (section->has_bytes) {
        if (!file_check_range(object, section_name(object, index), header->sh_offset,
                              header->sh_size)) {
            return false;
        }
        section->offset = (uint32_t)header->sh_offset;
        section->size = (uint32_t)header->sh_size;
    }
    return section_classify(object, index, header);
}

static uint32_t collect_sections(const struct object *object, struct sort_entry *extents,
                                 uint32_t count, uint64_t allocated)
{
    for (uint32_t i = 0; i < object->section_count; i++) {
        const struct object_section *section = &object->sections[i];
        if (section->has_bytes && section->size != 0 &&
            (section_header(object, i)->sh_flags & SHF_ALLOC) == allocated) {
            uint64_t end = (uint64_t)section->offset + section->size;
            extents[count++] = (struct sort_entry){section->offset, end};
        }
    }
    return count;
}

/* In the order in which they mostly lie in files, so that there is little to sort. */
static uint32_t collect_extents(const struct object *object, struct sort_entry *extents,
                                const Elf64_Ehdr *header)
{
    uint64_t headers_end = header->e_shoff + (uint64_t)header->e_shnum * sizeof(Elf64_Shdr);
    extents[0] = (struct sort_entry){0, sizeof(*header)};
    uint32_t count = collect_sections(object, extents, 1, SHF_ALLOC);
    count = collect_sections(object, extents, count, 0);
    extents[count++] = (struct sort_entry){header->e_shoff, headers_end};
    return count;
}

/* Without overlaps the sizes of all tables add up to at most the size of the file. */
static bool check_overlaps(struct object *object, const Elf64_Ehdr *header)
{
    size_t mark = object->workspace_used;
    struct sort_entry *extents =
        workspace_take(object, (object->section_count + 2ull) * sizeof(*extents));
    if (extents == NULL) {
        return false;
    }
    uint32_t count = collect_extents(object, extents, header);
    sort_entries(extents, count);
    for (uint32_t i = 1; i < count; i++) {
        if (extents[i].key < extents[i - 1].value) {
            return refuse(object, REFUSAL_MALFORMED,
                          "two sections or tables overlap at file offset 0x%llx",
                          (unsigned long long)extents[i].key);
        }
    }
    object->workspace_used = mark;
    return true;
}

bool section_is_table(const Elf64_Shdr *header, uint64_t entry_size)
{
    return header->sh_entsize == entry_size && header->sh_size % entry_size == 0 &&
           header->sh_offset % ELF_TABLE_ALIGN == 0;
}

static bool find_symbol_table(struct object *object)
{
    for (uint32_t i = 1; i < object->section_count; i++) {
        if (section_header(object, i)->sh_type != SHT_SYMTAB) {
            continue;
        }
        if (object->symbol_table != 0) {
            return refuse(object, REFUSAL_MALFORMED, "has two symbol tables");
        }
        object->symbol_table = i;
    }
    if (object->symbol_table == 0) {
        return refuse(object, REFUSAL_MALFORMED, "has no symbol table; do not strip objects");
    }
    const Elf64_Shdr *header = section_header(object, object->symbol_table);
    if (header->sh_size == 0 || !section_is_table(header, sizeof(Elf64_Sym)) ||
        header->sh_link >= object->section_count) {
        return refuse(object, REFUSAL_MALFORMED, "the symbol table's header is inconsistent");
    }
    object->symbols = (const Elf64_Sym *)(const void *)(object->bytes + header->sh_offset);
    object->symbol_count = (uint32_t)(header->sh_size / sizeof(Elf64_Sym));
    return check_strings(object, "the symbol names", header->sh_link, &object->symbol_names);
}

bool file_open_sections(struct object *object, const Elf64_Ehdr *header)
{
    if (!check_section_table(object, header)) {
        return false;
    }
    object->headers = (const Elf64_Shdr *)(const void *)(object->bytes + header->e_shoff);
    object->section_count = header->e_shnum;
    object->extra_first = header->e_shnum;
    object->sections =
        workspace_take(object, (uint64_t)section_total(object) * sizeof(struct object_section));
    if (object->sections == NULL) {
        return false;
    }
    memset(object->sections, 0, section_total(object) * sizeof(struct object_section));
    if (!check_strings(object, "the section names", header->e_shstrndx, &object->section_names)) {
        return false;
    }
    for (uint32_t i = 0; i < object->section_count; i++) {
        if (!open_section(object, i)) {
            return false;
        }
    }
    return true;
}

bool file_check_tables(struct object *object, const Elf64_Ehdr *header)
{
    return check_overlaps(object, header) && find_symbol_table(object);
}
