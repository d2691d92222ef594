/*
 * Symbols: the checks of the table, and the run address of each.
 *
 * A value is an offset in the section as it stands in the file. It passes section_adjust on
 * the way to an address, since R_RISCV_ALIGN may have removed bytes before it.
 */
#include "object_internal.h"

Elf64_Sym symbol_read(const struct object *object, uint32_t index)
{
    Elf64_Sym symbol;
    memcpy(&symbol, object->bytes + object->symbols.offset + (uint64_t)index * sizeof(symbol),
           sizeof(symbol));
    return symbol;
}

const char *symbol_name(const struct object *object, const Elf64_Sym *symbol)
{
    if (ELF64_ST_TYPE(symbol->st_info) == STT_SECTION && symbol_in_section(symbol)) {
        return section_name(object, symbol->st_shndx);
    }
    return (const char *)object->bytes + object->symbol_names.offset + symbol->st_name;
}

bool symbol_in_section(const Elf64_Sym *symbol)
{
    return symbol->st_shndx != SHN_UNDEF && symbol->st_shndx < SHN_LORESERVE;
}

_Static_assert(OBJECT_MEMORY_MAX % OBJECT_ALIGN_MAX == 0, "aligning up stays within the limit");

static bool check_common(struct object *object, uint32_t index, const Elf64_Sym *symbol)
{
    struct object_section *common = &object->sections[object->extra_first + EXTRA_COMMON];
    const char *name = symbol_name(object, symbol);
    uint64_t align = symbol->st_value == 0 ? 1 : symbol->st_value;
    if (!is_power_of_two(align) || align > OBJECT_ALIGN_MAX) {
        return refuse(object, REFUSAL_SYMBOL, "common symbol %s has alignment 0x%llx", name,
                      (unsigned long long)align);
    }
    if (ELF64_ST_TYPE(symbol->st_info) == STT_TLS) {
        return refuse(object, REFUSAL_SYMBOL,
                      "common symbol %s is thread-local; compile with -fno-common", name);
    }
    uint64_t place = align_up(common->size, align);
    if (symbol->st_size > OBJECT_MEMORY_MAX - place) {
        return refuse(object, REFUSAL_SIZE, "common symbols up to %s exceed the limit of %'u bytes",
                      name, OBJECT_MEMORY_MAX);
    }
    object->symbol_states[index].value = place;
    common->size = (uint32_t)(place + symbol->st_size);
    common->align = align > common->align ? (uint32_t)align : common->align;
    return true;
}

static bool check_symbol(struct object *object, uint32_t index)
{
    Elf64_Sym symbol = symbol_read(object, index);
    if (symbol.st_name >= object->symbol_names.size) {
        return refuse(object, REFUSAL_MALFORMED, "the name of symbol %u leaves the names", index);
    }
    if (symbol.st_shndx == SHN_COMMON) {
        return check_common(object, index, &symbol);
    }
    if (symbol.st_shndx == SHN_UNDEF || symbol.st_shndx == SHN_ABS) {
        return true;
    }
    if (symbol.st_shndx >= object->section_count) {
        return refuse(object, REFUSAL_MALFORMED, "symbol %u is in section %u of %u", index,
                      symbol.st_shndx, object->section_count);
    }
    const struct object_section *section = &object->sections[symbol.st_shndx];
    if (section_is_loaded(section) && symbol.st_value > section->size) {
        return refuse(object, REFUSAL_MALFORMED,
                      "symbol %s (offset 0x%llx) leaves section %s of 0x%x bytes",
                      symbol_name(object, &symbol), (unsigned long long)symbol.st_value,
                      section_name(object, symbol.st_shndx), section->size);
    }
    return true;
}

bool symbols_open(struct object *object)
{
    object->symbol_states =
        workspace_take(object, (uint64_t)object->symbol_count * sizeof(struct object_symbol));
    if (object->symbol_states == NULL) {
        return false;
    }
    struct object_section *common = &object->sections[object->extra_first + EXTRA_COMMON];
    *common = (struct object_section){.group = OBJECT_DATA, .align = 1};
    for (uint32_t i = 0; i < object->symbol_count; i++) {
        if (!check_symbol(object, i)) {
            return false;
        }
    }
    common->loaded = common->size;
    return true;
}

/* Where a defined symbol plus addend lies in its section, in memory. */
static uint64_t offset_in_section(const struct object *object, const Elf64_Sym *symbol,
                                  int64_t addend)
{
    if (ELF64_ST_TYPE(symbol->st_info) == STT_SECTION) {
        return section_adjust(object, symbol->st_shndx, symbol->st_value + (uint64_t)addend);
    }
    return section_adjust(object, symbol->st_shndx, symbol->st_value) + (uint64_t)addend;
}

static uint64_t undefined_address(const struct object *object, const struct object_symbol *state)
{
    if ((state->flags & SYMBOL_GOT) != 0) {
        return section_address(object, object->extra_first + EXTRA_GOT);
    }
    if ((state->flags & SYMBOL_TLS_STUB) != 0) {
        return tls_stub_address(object);
    }
    if ((state->flags & SYMBOL_CANONICAL) != 0 && (state->flags & SYMBOL_ABSENT) == 0) {
        return stub_address(object, state->stub);
    }
    return state->value; /* zero for what is absent, and for the null symbol */
}

uint64_t symbol_address(const struct object *object, uint32_t index, int64_t addend)
{
    Elf64_Sym symbol = symbol_read(object, index);
    const struct object_symbol *state = &object->symbol_states[index];
    switch (symbol.st_shndx) {
    case SHN_UNDEF:
        return undefined_address(object, state) + (uint64_t)addend;
    case SHN_ABS:
        return symbol.st_value + (uint64_t)addend;
    case SHN_COMMON:
        return section_address(object, object->extra_first + EXTRA_COMMON) + state->value +
               (uint64_t)addend;
    default:
        return section_address(object, symbol.st_shndx) +
               offset_in_section(object, &symbol, addend);
    }
}

uint64_t symbol_tls_offset(const struct object *object, uint32_t index, int64_t addend)
{
    Elf64_Sym symbol = symbol_read(object, index);
    return object->tls.tp_offset + object->sections[symbol.st_shndx].place +
           offset_in_section(object, &symbol, addend);
}

uint64_t got_address(const struct object *object, uint32_t slot)
{
    return section_address(object, object->extra_first + EXTRA_GOT) + (slot - 1) * sizeof(uint64_t);
}

uint64_t stub_address(const struct object *object, uint32_t stub)
{
    return section_address(object, object->extra_first + EXTRA_STUBS) +
           (uint64_t)(stub - 1) * object->machine->stub_bytes;
}

/* The TLS stub is the last. */
uint64_t tls_stub_address(const struct object *object)
{
    return stub_address(object, object->stubs);
}
