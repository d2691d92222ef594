/*
 * Symbols: the checks of the table, and the run address of each, computed once.
 *
 * A value is an offset in the section as it stands in the file. It passes section_adjust on
 * the way to an address, since R_RISCV_ALIGN may have removed bytes before it.
 */
#include "object_internal.h"

const char *symbol_name(const struct object *object, const Elf64_Sym *symbol)
{
    if (ELF64_ST_TYPE(symbol->st_info) == STT_SECTION && symbol_in_section(symbol)) {
        return section_name(object, symbol->st_shndx);
    }
    return object->symbol_names.text + symbol->st_name;
}

_Static_assert(OBJECT_MEMORY_MAX % OBJECT_ALIGN_MAX == 0, "aligning up stays within the limit");

/* The value of a common symbol is its alignment; they lie in the order of the table. */
static uint64_t common_align(const Elf64_Sym *symbol)
{
    return symbol->st_value == 0 ? 1 : symbol->st_value;
}

static bool check_common(struct object *object, const Elf64_Sym *symbol)
{
    struct object_section *common = &object->sections[object->extra_first + EXTRA_COMMON];
    const char *name = symbol_name(object, symbol);
    uint64_t align = common_align(symbol);
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
    common->size = (uint32_t)(place + symbol->st_size);
    common->align = align > common->align ? (uint32_t)align : common->align;
    return true;
}

static bool check_symbol(struct object *object, uint32_t index)
{
    const Elf64_Sym *symbol = symbol_entry(object, index);
    if (symbol->st_name >= object->symbol_names.size) {
        return refuse(object, REFUSAL_MALFORMED, "the name of symbol %u leaves the names", index);
    }
    if (symbol->st_shndx == SHN_COMMON) {
        return check_common(object, symbol);
    }
    if (symbol->st_shndx == SHN_UNDEF || symbol->st_shndx == SHN_ABS) {
        return true;
    }
    if (symbol->st_shndx >= object->section_count) {
        return refuse(object, REFUSAL_MALFORMED, "symbol %u is in section %u of %u", index,
                      symbol->st_shndx, object->section_count);
    }
    const struct object_section *section = &object->sections[symbol->st_shndx];
    if (section_is_loaded(section) && symbol->st_value > section->size) {
        return refuse(object, REFUSAL_MALFORMED,
                      "symbol %s (offset 0x%llx) leaves section %s of 0x%x bytes",
                      symbol_name(object, symbol), (unsigned long long)symbol->st_value,
                      section_name(object, symbol->st_shndx), section->size);
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
    memset(object->symbol_states, 0, object->symbol_count * sizeof(struct object_symbol));
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

/* Where the object's thread-local variables lie in a thread's block, seen from its pointer. */
static uint64_t base_of(const struct object *object, const struct object_section *section)
{
    return section->kind == SECTION_TLS ? object->tls.tp_offset + section->place : section->address;
}

static void settle_in_section(struct object *object, uint32_t index, uint32_t *near)
{
    const Elf64_Sym *symbol = symbol_entry(object, index);
    struct object_symbol *state = &object->symbol_states[index];
    const struct object_section *section = &object->sections[symbol->st_shndx];
    if (!section_is_loaded(section)) {
        return;
    }
    state->address = base_of(object, section);
    if (ELF64_ST_TYPE(symbol->st_info) == STT_SECTION && section->deletion_count != 0) {
        state->flags |= SYMBOL_SECTION;
    } else {
        state->address += section_adjust(object, symbol->st_shndx, symbol->st_value, near);
    }
}

static void settle_undefined(struct object *object, struct object_symbol *state)
{
    state->address = 0; /* of the null symbol, and until it is bound */
    if ((state->flags & SYMBOL_GOT) != 0) {
        state->address = section_address(object, object->extra_first + EXTRA_GOT);
    } else if ((state->flags & SYMBOL_TLS_STUB) != 0) {
        state->address = tls_stub_address(object);
    }
}

void symbols_settle(struct object *object)
{
    uint64_t common = section_address(object, object->extra_first + EXTRA_COMMON);
    uint32_t near = 0;
    for (uint32_t i = 0; i < object->symbol_count; i++) {
        const Elf64_Sym *symbol = symbol_entry(object, i);
        struct object_symbol *state = &object->symbol_states[i];
        switch (symbol->st_shndx) {
        case SHN_UNDEF:
            settle_undefined(object, state);
            break;
        case SHN_ABS:
            state->address = symbol->st_value;
            break;
        case SHN_COMMON:
            state->address = align_up(common, common_align(symbol));
            common = state->address + symbol->st_size;
            break;
        default:
            settle_in_section(object, i, &near);
            break;
        }
    }
}

/* What is not simply the symbol's address: a canonical stub, and what lies in the file between
 * deletions. */
uint64_t symbol_address_adjusted(const struct object *object, uint32_t index, int64_t addend)
{
    const Elf64_Sym *symbol = symbol_entry(object, index);
    const struct object_symbol *state = &object->symbol_states[index];
    uint32_t near = 0;
    if ((state->flags & SYMBOL_SECTION) != 0) {
        return state->address +
               section_adjust(object, symbol->st_shndx, symbol->st_value + (uint64_t)addend, &near);
    }
    bool absent = (state->flags & SYMBOL_ABSENT) != 0;
    return (absent ? 0 : stub_address(object, state->stub)) + (uint64_t)addend;
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
