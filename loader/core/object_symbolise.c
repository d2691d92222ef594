/*
 * From names to addresses and back: the entry of a server, and what a crash report prints.
 */
#include "object_internal.h"

static bool is_function(const struct object *object, const Elf64_Sym *symbol)
{
    uint8_t type = ELF64_ST_TYPE(symbol->st_info);
    return symbol_in_section(symbol) && object->sections[symbol->st_shndx].group == OBJECT_TEXT &&
           (type == STT_FUNC || type == STT_NOTYPE);
}

bool object_find_function(const struct object *object, const char *name, uint64_t *address)
{
    for (uint32_t i = 1; i < object->symbol_count; i++) {
        const Elf64_Sym *symbol = symbol_entry(object, i);
        if (ELF64_ST_BIND(symbol->st_info) != STB_LOCAL && is_function(object, symbol) &&
            text_equal(symbol_name(object, symbol), name)) {
            *address = symbol_address(object, i, 0);
            return true;
        }
    }
    return false;
}

static bool find_section(const struct object *object, uint64_t address, uint32_t *index)
{
    for (uint32_t i = 0; i < section_total(object); i++) {
        const struct object_section *section = &object->sections[i];
        bool in_memory = section->kind != SECTION_TLS || section->has_bytes;
        if (section_is_loaded(section) && in_memory &&
            address - section_address(object, i) < section->loaded) {
            *index = i;
            return true;
        }
    }
    return false;
}

/* Mapping symbols ($x, $d) and compilers' labels are no names for people. */
static bool is_readable(const char *name)
{
    return *name != '\0' && *name != '$' && !text_begins(name, ".L");
}

static void find_symbol(const struct object *object, uint32_t section, uint64_t address,
                        struct object_location *location)
{
    for (uint32_t i = 1; i < object->symbol_count; i++) {
        const Elf64_Sym *symbol = symbol_entry(object, i);
        uint8_t type = ELF64_ST_TYPE(symbol->st_info);
        if (symbol->st_shndx != section || type == STT_SECTION || type == STT_FILE ||
            type == STT_TLS || !is_readable(symbol_name(object, symbol))) {
            continue;
        }
        uint64_t start = symbol_address(object, i, 0);
        bool nearer = location->name == NULL || address - start < location->offset;
        if (start <= address && nearer) {
            location->name = symbol_name(object, symbol);
            location->offset = address - start;
        }
    }
}

static void find_stub(const struct object *object, uint64_t address,
                      struct object_location *location)
{
    for (uint32_t i = 0; i < object->import_count; i++) {
        const struct object_symbol *state = &object->symbol_states[object->imports[i]];
        uint64_t offset = address - (state->stub == 0 ? 0 : stub_address(object, state->stub));
        if (state->stub != 0 && offset < object->machine->stub_bytes) {
            location->name = symbol_name(object, symbol_entry(object, object->imports[i]));
            location->offset = offset;
        }
    }
}

bool object_symbolise(const struct object *object, uint64_t address,
                      struct object_location *location)
{
    uint32_t index;
    if (!find_section(object, address, &index)) {
        return false;
    }
    *location = (struct object_location){.section = section_name(object, index)};
    if (index < object->section_count) {
        find_symbol(object, index, address, location);
    } else if (index == object->extra_first + EXTRA_STUBS) {
        find_stub(object, address, location);
    }
    if (location->name == NULL) {
        location->offset = address - section_address(object, index);
    }
    return true;
}
