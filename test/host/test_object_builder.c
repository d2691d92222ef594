#include "test_object_builder.h"

#include <assert.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <sinter/object.h>

#include "object_internal.h"

enum { SECTIONS_MAX = 64, SYMBOLS_MAX = 64, RELOCATIONS_MAX = 250000 };

struct section {
    Elf64_Shdr header;
    uint8_t *bytes;
};

struct relocation {
    unsigned section;
    Elf64_Rela rela;
};

struct builder {
    enum object_machine machine;
    struct section sections[SECTIONS_MAX];
    unsigned section_count;
    Elf64_Sym symbols[SYMBOLS_MAX];
    unsigned symbol_count;
    struct relocation relocations[RELOCATIONS_MAX];
    unsigned relocation_count;
    char names[8192]; /* of sections and symbols */
    size_t names_size;
};

static uint32_t add_name(struct builder *builder, const char *name)
{
    size_t size = strlen(name) + 1;
    uint32_t offset = (uint32_t)builder->names_size;
    assert(builder->names_size + size <= sizeof(builder->names));
    memcpy(builder->names + offset, name, size);
    builder->names_size += size;
    return offset;
}

struct builder *builder_new_bare(enum object_machine machine)
{
    struct builder *builder = calloc(1, sizeof(*builder));
    assert(builder != NULL);
    builder->machine = machine;
    builder->section_count = 1;
    builder->symbol_count = 1;
    builder->names_size = 1;
    return builder;
}

struct builder *builder_new(enum object_machine machine)
{
    static const struct {
        struct sinter_meta_record format_record;
        uint32_t format;
        struct sinter_meta_record kind_record;
        uint32_t kind;
        struct sinter_meta_record name_record;
        char name[8];
    } note = {{META_FORMAT, 4}, SINTER_META_FORMAT, {META_KIND, 4},
              KIND_PROGRAM,     {META_NAME, 5},     "test"};
    struct builder *builder = builder_new_bare(machine);
    builder_section(builder, SINTER_META_SECTION, SHT_PROGBITS, SHF_ALLOC, 4, &note, sizeof(note));
    return builder;
}

unsigned builder_section(struct builder *builder, const char *name, uint32_t type, uint64_t flags,
                         uint64_t align, const void *bytes, size_t size)
{
    unsigned index = builder->section_count++;
    assert(index < SECTIONS_MAX);
    struct section *section = &builder->sections[index];
    section->header = (Elf64_Shdr){
        .sh_name = add_name(builder, name),
        .sh_type = type,
        .sh_flags = flags,
        .sh_size = size,
        .sh_addralign = align,
    };
    if (type != SHT_NOBITS) {
        section->bytes = calloc(1, size + 1);
        assert(section->bytes != NULL);
        if (bytes != NULL) {
            memcpy(section->bytes, bytes, size);
        }
    }
    return index;
}

unsigned builder_text(struct builder *builder, const void *bytes, size_t size)
{
    return builder_section(builder, ".text", SHT_PROGBITS, SHF_ALLOC | SHF_EXECINSTR, 4, bytes,
                           size);
}

unsigned builder_symbol(struct builder *builder, const char *name, uint8_t binding, uint8_t type,
                        uint16_t section, uint64_t value, uint64_t size)
{
    unsigned index = builder->symbol_count++;
    assert(index < SYMBOLS_MAX);
    builder->symbols[index] = (Elf64_Sym){
        .st_name = add_name(builder, name),
        .st_info = (uint8_t)(binding << 4 | type),
        .st_shndx = section,
        .st_value = value,
        .st_size = size,
    };
    return index;
}

void builder_relocate(struct builder *builder, unsigned section, uint64_t offset, uint32_t type,
                      unsigned symbol, int64_t addend)
{
    assert(builder->relocation_count < RELOCATIONS_MAX);
    builder->relocations[builder->relocation_count++] = (struct relocation){
        section, {.r_offset = offset, .r_info = (uint64_t)symbol << 32 | type, .r_addend = addend}};
}

/* Tables of relocations, one for each section that has any, in the order of sections. */
static void add_relocation_tables(struct builder *builder, unsigned symbol_table)
{
    unsigned sections = builder->section_count;
    Elf64_Rela *table = malloc((builder->relocation_count + 1) * sizeof(*table));
    assert(table != NULL);
    for (unsigned i = 0; i < sections; i++) {
        char name[128];
        size_t count = 0;
        for (unsigned k = 0; k < builder->relocation_count; k++) {
            if (builder->relocations[k].section == i) {
                table[count++] = builder->relocations[k].rela;
            }
        }
        if (count == 0) {
            continue;
        }
        snprintf(name, sizeof(name), ".rela%s",
                 builder->names + builder->sections[i].header.sh_name);
        unsigned index =
            builder_section(builder, name, SHT_RELA, 0, 8, table, count * sizeof(table[0]));
        builder->sections[index].header.sh_link = symbol_table;
        builder->sections[index].header.sh_info = i;
        builder->sections[index].header.sh_entsize = sizeof(Elf64_Rela);
    }
    free(table);
}

static size_t assign_offsets(struct builder *builder)
{
    size_t offset = sizeof(Elf64_Ehdr);
    for (unsigned i = 1; i < builder->section_count; i++) {
        Elf64_Shdr *header = &builder->sections[i].header;
        offset = (offset + 7) & ~(size_t)7;
        header->sh_offset = offset;
        offset += header->sh_type == SHT_NOBITS ? 0 : header->sh_size;
    }
    return (offset + 7) & ~(size_t)7;
}

static void write_header(const struct builder *builder, uint8_t *file, size_t headers,
                         unsigned names)
{
    *(Elf64_Ehdr *)file = (Elf64_Ehdr){
        .e_ident = {0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT},
        .e_type = ET_REL,
        .e_machine = builder->machine == OBJECT_RISCV64 ? EM_RISCV : EM_AARCH64,
        .e_version = EV_CURRENT,
        .e_shoff = headers,
        .e_ehsize = sizeof(Elf64_Ehdr),
        .e_shentsize = sizeof(Elf64_Shdr),
        .e_shnum = (uint16_t)builder->section_count,
        .e_shstrndx = (uint16_t)names,
    };
}

uint8_t *builder_finish(struct builder *builder, size_t *size)
{
    unsigned symbols = builder_section(builder, ".symtab", SHT_SYMTAB, 0, 8, builder->symbols,
                                       builder->symbol_count * sizeof(Elf64_Sym));
    add_relocation_tables(builder, symbols);
    add_name(builder, ".strtab");
    unsigned names = builder_section(builder, ".strtab", SHT_STRTAB, 0, 1, NULL, 0);
    builder->sections[names].bytes = malloc(builder->names_size);
    memcpy(builder->sections[names].bytes, builder->names, builder->names_size);
    builder->sections[names].header.sh_size = builder->names_size;
    builder->sections[symbols].header.sh_link = names;
    builder->sections[symbols].header.sh_entsize = sizeof(Elf64_Sym);
    size_t headers = assign_offsets(builder);
    *size = headers + builder->section_count * sizeof(Elf64_Shdr);
    uint8_t *file = calloc(1, *size);
    assert(file != NULL);
    write_header(builder, file, headers, names);
    for (unsigned i = 0; i < builder->section_count; i++) {
        const struct section *section = &builder->sections[i];
        memcpy(file + headers + i * sizeof(Elf64_Shdr), &section->header, sizeof(Elf64_Shdr));
        if (section->bytes != NULL) {
            memcpy(file + section->header.sh_offset, section->bytes, section->header.sh_size);
            free(section->bytes);
        }
    }
    free(builder);
    return file;
}

Elf64_Ehdr *file_header(uint8_t *file)
{
    return (Elf64_Ehdr *)file;
}

Elf64_Shdr *file_section(uint8_t *file, const char *name)
{
    Elf64_Shdr *headers = (Elf64_Shdr *)(file + file_header(file)->e_shoff);
    const char *names = (const char *)file + headers[file_header(file)->e_shstrndx].sh_offset;
    for (unsigned i = 1; i < file_header(file)->e_shnum; i++) {
        if (strcmp(names + headers[i].sh_name, name) == 0) {
            return &headers[i];
        }
    }
    assert(!"no such section");
    return NULL;
}

Elf64_Sym *file_symbol(uint8_t *file, unsigned index)
{
    return (Elf64_Sym *)(file + file_section(file, ".symtab")->sh_offset) + index;
}

Elf64_Rela *file_relocation(uint8_t *file, const char *table, unsigned entry)
{
    return (Elf64_Rela *)(file + file_section(file, table)->sh_offset) + entry;
}

enum object_binding_result resolve_any(void *context, const struct object_import *import,
                                       struct object_binding *binding)
{
    const char *absent = "absent";
    (void)context;
    if (import->name_length >= strlen(absent) &&
        memcmp(import->name, absent, strlen(absent)) == 0) {
        return OBJECT_UNKNOWN;
    }
    binding->address = IMPORT_ADDRESS;
    return OBJECT_BOUND;
}

void loaded_init(struct loaded *loaded, struct builder *builder, enum object_machine machine)
{
    *loaded = (struct loaded){.machine = machine, .resolver = resolve_any};
    loaded->file = builder_finish(builder, &loaded->size);
}

bool loaded_open(struct loaded *loaded)
{
    /* An allocation of the exact size lets the sanitizer find reads past the end. */
    uint8_t *exact = malloc(loaded->size);
    memcpy(exact, loaded->file, loaded->size);
    free(loaded->file);
    loaded->file = exact;
    size_t need = object_workspace_size(loaded->file, loaded->size);
    free(loaded->workspace);
    loaded->workspace = malloc(need);
    return object_open(&loaded->object, "test.o", loaded->file, loaded->size, loaded->machine,
                       loaded->workspace, need, &loaded->refusal);
}

bool loaded_layout(struct loaded *loaded, uint64_t seed)
{
    return loaded_open(loaded) && object_layout(&loaded->object, seed, &loaded->refusal);
}

static bool relocate(struct loaded *loaded)
{
    for (int i = 0; i < OBJECT_GROUPS; i++) {
        free(loaded->image[i]);
        loaded->image[i] = calloc(1, loaded->object.group[i].content + 1);
    }
    return object_relocate(&loaded->object, loaded->image, loaded->resolver, NULL,
                           &loaded->refusal);
}

bool loaded_run(struct loaded *loaded, uint64_t seed)
{
    const uint64_t address[OBJECT_GROUPS] = {BASE_TEXT, BASE_RODATA, BASE_DATA};
    return loaded_layout(loaded, seed) &&
           object_place(&loaded->object, address, &loaded->refusal) && relocate(loaded);
}

void loaded_put(struct loaded *loaded, const uint64_t address[OBJECT_GROUPS])
{
    for (int i = 0; i < OBJECT_GROUPS; i++) {
        loaded->object.group[i].address = address[i];
    }
    sections_settle(&loaded->object);
    symbols_settle(&loaded->object);
}

bool loaded_run_anywhere(struct loaded *loaded, const uint64_t address[OBJECT_GROUPS])
{
    if (!loaded_layout(loaded, 0)) {
        return false;
    }
    loaded_put(loaded, address);
    return relocate(loaded);
}

void loaded_free(struct loaded *loaded)
{
    for (int i = 0; i < OBJECT_GROUPS; i++) {
        free(loaded->image[i]);
    }
    free(loaded->workspace);
    free(loaded->file);
}

/* Far from both ends of the address space, so that distances of any sign stay inside. */
#define CASE_TEXT 0x400000000000ull

static unsigned case_symbol(struct builder *builder, const struct relocation_case *one)
{
    unsigned tls;
    switch (one->about) {
    case ABOUT_DISTANCE:
        return builder_symbol(builder, "target", STB_LOCAL, STT_NOTYPE, SHN_ABS,
                              CASE_TEXT + PLACE + (uint64_t)one->value, 0);
    case ABOUT_ADDRESS:
        return builder_symbol(builder, "target", STB_LOCAL, STT_NOTYPE, SHN_ABS,
                              (uint64_t)one->value, 0);
    case ABOUT_SLOT:
        return builder_symbol(builder, "target", STB_LOCAL, STT_NOTYPE, SHN_ABS, 0x1234, 0);
    default:
        tls = builder_section(builder, ".tbss", SHT_NOBITS, SHF_ALLOC | SHF_WRITE | SHF_TLS, 8,
                              NULL, 8);
        return builder_symbol(builder, "target", STB_LOCAL, STT_TLS, (uint16_t)tls, 0, 8);
    }
}

static void case_run(struct loaded *loaded, enum object_machine machine,
                     const struct relocation_case *one)
{
    struct builder *builder = builder_new(machine);
    uint8_t bytes[PLACE + 16] = {0};
    memcpy(bytes + PLACE, &one->before, sizeof(one->before));
    unsigned text = builder_text(builder, bytes, sizeof(bytes));
    unsigned symbol = case_symbol(builder, one);
    int64_t tp_offset = machine == OBJECT_AARCH64 ? 16 : 0;
    int64_t addend = one->about == ABOUT_TLS ? one->value - tp_offset : 0;
    builder_relocate(builder, text, PLACE, one->type, symbol, addend);
    loaded_init(loaded, builder, machine);
    uint64_t slot = CASE_TEXT + PLACE + (uint64_t)one->value;
    uint64_t address[OBJECT_GROUPS] = {CASE_TEXT, slot, CASE_TEXT + 0x10000};
    loaded_run_anywhere(loaded, address);
}

void relocation_case_check(enum object_machine machine, const struct relocation_case *one)
{
    struct loaded loaded;
    case_run(&loaded, machine, one);
    bool refused = loaded.refusal.code != REFUSAL_NONE;
    uint64_t after = 0;
    if (!refused) {
        memcpy(&after, (uint8_t *)loaded.image[OBJECT_TEXT] + PLACE, sizeof(after));
    }
    if (one->after == REFUSED && loaded.refusal.code != REFUSAL_RELOCATION_RANGE) {
        fail_msg("type %u, value %lld: expected a refusal, got %#llx, %s", one->type,
                 (long long)one->value, (unsigned long long)after, loaded.refusal.text);
    }
    if (one->after != REFUSED && (refused || after != one->after)) {
        fail_msg("type %u, value %lld: expected %#llx, got %#llx, %s", one->type,
                 (long long)one->value, (unsigned long long)one->after, (unsigned long long)after,
                 loaded.refusal.text);
    }
    loaded_free(&loaded);
}
