/*
 * Fuzzes the relocation core through all its calls: whatever the file, the core may refuse, but
 * must stay inside the file, the workspace and the groups, and must not write after a refusal.
 *
 * Two unused fields of the ELF header steer the run, so that the corpus is plain objects:
 * e_entry is the seed of the layout, e_phoff says how far apart the groups are.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <sinter/object.h>

#include "elf_format.h"
#include "exports.h"
#include "object.h"

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t most);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned seed);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { FUZZ_MEMORY_MAX = 64 << 20 };

static void require(bool condition)
{
    if (!condition) {
        abort();
    }
}

/* Binds by a hash of the name: bound near, bound far, or one of the refusals. */
static enum object_binding_result resolve(void *context, const struct object_import *import,
                                          struct object_binding *binding)
{
    uint32_t hash = import->fingerprint + import->minor;
    (void)context;
    for (uint32_t i = 0; i < import->name_length; i++) {
        hash = hash * 31 + (uint8_t)import->name[i];
    }
    binding->address = (hash & 8) != 0 ? 0x100000000ull + hash % 0x100000 : 0x3fff000000ull;
    binding->release = (hash & 16) != 0 ? "0.1" : NULL;
    return hash % 64 == 1 ? OBJECT_NEWER : hash % 64 == 2 ? OBJECT_FINGERPRINT : OBJECT_BOUND;
}

static void choose_addresses(const struct object *object, uint64_t mode,
                             uint64_t address[OBJECT_GROUPS])
{
    const uint64_t unit = OBJECT_ALIGN_MAX;
    uint64_t total = 0;
    for (int i = 0; i < OBJECT_GROUPS; i++) {
        total += (object->group[i].size + unit - 1) / unit * unit;
    }
    uint64_t spare = object->constraint.span - total;
    uint64_t step = mode % 2 == 0 || spare < 4 * unit ? 0 : (spare / 2 - unit) / unit * unit;
    uint64_t at = object->constraint.limit < 1ull << 40 ? unit : 0x100000000ull;
    for (unsigned i = 0; i < OBJECT_GROUPS; i++) {
        unsigned group = (unsigned)((i + mode / 2) % OBJECT_GROUPS);
        address[group] = at;
        at += (object->group[group].size + unit - 1) / unit * unit + step;
    }
}

static void query(const struct object *object)
{
    struct object_location location;
    uint64_t address;
    if (object_find_function(object, "entry", &address)) {
        require(object_symbolise(object, address, &location) ||
                object->group[OBJECT_TEXT].size == 0);
    }
    for (int i = 0; i < OBJECT_GROUPS; i++) {
        address = object->group[i].address + object->group[i].size / 2;
        if (object_symbolise(object, address, &location)) {
            require(location.section != NULL);
        }
    }
    require(object->arrays.init.count * 8 <= object->group[OBJECT_RODATA].size);
}

static void relocate(struct object *object, struct refusal *refusal)
{
    void *image[OBJECT_GROUPS];
    for (int i = 0; i < OBJECT_GROUPS; i++) {
        image[i] = calloc(1, object->group[i].content);
    }
    bool checked = object_check(object, resolve, NULL, refusal);
    bool done = object_relocate(object, image, resolve, NULL, refusal);
    require(checked == done);
    for (int i = 0; i < OBJECT_GROUPS; i++) {
        free(image[i]);
    }
    query(object);
}

static void check_shapes(struct object *object, struct refusal *refusal)
{
    static const uint32_t offsets[] = {0, 8, 12};
    static const char *const members[] = {"sector", "count", "flags"};
    static const struct object_shape known = {
        "struct sample_request", 1, 0, 16, 8, 3, offsets, members};
    bool equal = object_check_shapes(object, &known, 1, refusal);
    require(equal || refusal->code == REFUSAL_SHAPE);
}

static void load(const uint8_t *data, size_t size, const Elf64_Ehdr *header)
{
    struct object object;
    struct refusal refusal;
    uint64_t address[OBJECT_GROUPS];
    size_t need = object_workspace_size(data, size);
    void *workspace = malloc(need);
    enum object_machine machine = header->e_machine == EM_RISCV ? OBJECT_RISCV64 : OBJECT_AARCH64;
    memset(workspace, 0xa5, need);
    bool noted =
        object_open_note(&object, "fuzz.o", data, size, machine, workspace, need, &refusal);
    require(noted || (refusal.code != REFUSAL_NONE && refusal.code != REFUSAL_WORKSPACE));
    bool opened = object_open(&object, "fuzz.o", data, size, machine, workspace, need, &refusal);
    require(noted || !opened);
    require(opened || refusal.code != REFUSAL_NONE);
    require(opened || refusal.code != REFUSAL_WORKSPACE);
    if (opened) {
        check_shapes(&object, &refusal);
        if (object_layout(&object, header->e_entry, &refusal)) {
            choose_addresses(&object, header->e_phoff, address);
            uint64_t content = object.group[0].content + object.group[1].content;
            if (object_place(&object, address, &refusal) && content < FUZZ_MEMORY_MAX) {
                relocate(&object, &refusal);
            }
        } else {
            require(refusal.code != REFUSAL_WORKSPACE);
        }
    }
    free(workspace);
}

static void load_exports(const uint8_t *data, size_t size)
{
    struct exports exports;
    struct refusal refusal;
    uint64_t table = 0;
    struct object_binding binding;
    const struct object_import import = {.name = "port_call", .name_length = 9, .major = 1};
    if (!exports_find("fuzz.so", data, size, &table, &refusal)) {
        table = 0x200;
    }
    if (exports_open(&exports, "fuzz.so", data, size, table, 0, &refusal)) {
        exports_resolve(&exports, &import, &binding);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    Elf64_Ehdr header;
    if (size < sizeof(header)) {
        return 0;
    }
    memcpy(&header, data, sizeof(header));
    if (header.e_type == ET_DYN) {
        load_exports(data, size);
    }
    load(data, size, &header);
    return 0;
}

/* The mutator knows the tables: it damages one field of one entry, and leaves the rest whole. */

static uint64_t next(uint64_t *state)
{
    *state = *state * 6364136223846793005ull + 1442695040888963407ull;
    return *state >> 33;
}

static uint64_t interesting(uint64_t *state, uint64_t old)
{
    switch (next(state) % 8) {
    case 0:
        return old + 1;
    case 1:
        return old - 1;
    case 2:
        return 0 - (uint64_t)(next(state) % 16);
    case 3:
        return 1ull << next(state) % 64;
    case 4:
        return (1ull << next(state) % 64) - 1;
    case 5:
        return old ^ 1ull << next(state) % 64;
    case 6:
        return next(state) % 64;
    default:
        return old + next(state) % 8192 - 4096;
    }
}

static void damage(uint8_t *at, size_t width, uint64_t *state)
{
    uint64_t value = 0;
    memcpy(&value, at, width);
    value = interesting(state, value);
    memcpy(at, &value, width);
}

static void damage_entry(uint8_t *entry, uint32_t type, uint64_t *state)
{
    static const uint8_t symbol_fields[][2] = {{0, 4}, {4, 1}, {5, 1}, {6, 2}, {8, 8}, {16, 8}};
    static const uint8_t rela_fields[][2] = {{0, 8}, {8, 4}, {8, 2}, {12, 4}, {12, 2}, {16, 8}};
    const uint8_t *field =
        type == SHT_SYMTAB ? symbol_fields[next(state) % 6] : rela_fields[next(state) % 6];
    damage(entry + field[0], field[1], state);
}

static bool damage_table(uint8_t *data, size_t size, const Elf64_Ehdr *header, uint64_t *state)
{
    static const uint8_t header_fields[][2] = {{0, 4},  {4, 4},  {8, 8},  {24, 8}, {32, 8},
                                               {40, 4}, {44, 4}, {48, 8}, {56, 8}};
    uint64_t index = next(state) % header->e_shnum;
    uint8_t *at = data + header->e_shoff + index * sizeof(Elf64_Shdr);
    Elf64_Shdr section;
    memcpy(&section, at, sizeof(section));
    bool in_file = section.sh_offset < size && section.sh_size <= size - section.sh_offset;
    bool is_table = section.sh_type == SHT_SYMTAB || section.sh_type == SHT_RELA;
    if (in_file && is_table && section.sh_size >= sizeof(Elf64_Sym) && next(state) % 8 != 0) {
        uint64_t entry = next(state) % (section.sh_size / sizeof(Elf64_Sym));
        damage_entry(data + section.sh_offset + entry * sizeof(Elf64_Sym), section.sh_type, state);
        return true;
    }
    const uint8_t *field = header_fields[next(state) % 9];
    damage(at + field[0], field[1], state);
    return true;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned seed)
{
    uint64_t state = seed;
    Elf64_Ehdr header;
    if (size < sizeof(header) || next(&state) % 4 == 0) {
        return LLVMFuzzerMutate(data, size, most);
    }
    memcpy(&header, data, sizeof(header));
    uint64_t table = (uint64_t)header.e_shnum * sizeof(Elf64_Shdr);
    if (header.e_shnum == 0 || header.e_shoff > size || table > size - header.e_shoff) {
        return LLVMFuzzerMutate(data, size, most);
    }
    if (next(&state) % 16 == 0) {
        damage(data + offsetof(Elf64_Ehdr, e_entry) + next(&state) % 2 * 8, 8, &state);
        return size;
    }
    for (uint64_t i = 0; i <= next(&state) % 3; i++) {
        damage_table(data, size, &header, &state);
    }
    return size;
}
