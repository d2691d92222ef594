/*
 * One relocation: reading it, the value it asks for, and whether that fits.
 */
#include "object_internal.h"

const struct relocation_type *relocation_find(const struct machine *machine, uint32_t number)
{
    uint32_t low = 0;
    uint32_t high = machine->type_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (machine->types[middle].number < number) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    bool found = low < machine->type_count && machine->types[low].number == number;
    return found ? &machine->types[low] : NULL;
}

void fixup_read(struct object *object, uint32_t table, uint32_t entry, struct fixup *fixup)
{
    Elf64_Rela rela;
    Elf64_Shdr header = section_header(object, table);
    memcpy(&rela, object->bytes + header.sh_offset + (uint64_t)entry * sizeof(rela), sizeof(rela));
    fixup->object = object;
    fixup->number = ELF64_R_TYPE(rela.r_info);
    fixup->type = relocation_find(object->machine, fixup->number);
    fixup->table = table;
    fixup->entry = entry;
    fixup->section = header.sh_info;
    fixup->symbol = ELF64_R_SYM(rela.r_info);
    fixup->addend = rela.r_addend;
    fixup->offset = rela.r_offset;
    fixup->place = section_address(object, fixup->section) +
                   section_adjust(object, fixup->section, fixup->offset);
    fixup->target = NULL;
}

static bool walk_table(struct fixup *fixup, struct object *object, uint32_t table,
                       fixup_visitor *visit, void *context)
{
    uint32_t count = (uint32_t)(section_header(object, table).sh_size / sizeof(Elf64_Rela));
    for (uint32_t entry = 0; entry < count; entry++) {
        fixup_read(object, table, entry, fixup);
        if (!visit(fixup, context)) {
            return false;
        }
    }
    return true;
}

bool relocations_walk_image(struct object *object, uint8_t *const *image, fixup_visitor *visit,
                            void *context)
{
    uint32_t veneers = 0;
    struct fixup fixup = {.image = image, .veneers = &veneers};
    for (uint32_t i = 0; i < object->section_count; i++) {
        Elf64_Shdr header = section_header(object, i);
        if (header.sh_type == SHT_RELA && section_is_loaded(&object->sections[header.sh_info]) &&
            !walk_table(&fixup, object, i, visit, context)) {
            return false;
        }
    }
    return true;
}

bool relocations_walk(struct object *object, fixup_visitor *visit, void *context)
{
    return relocations_walk_image(object, NULL, visit, context);
}

const char *fixup_symbol_name(const struct fixup *fixup)
{
    Elf64_Sym symbol = symbol_read(fixup->object, fixup->symbol);
    return symbol_name(fixup->object, &symbol);
}

bool fixup_refuse(const struct fixup *fixup, enum refusal_code code, const char *format, ...)
{
    refuse(fixup->object, code,
           "%s entry %u (%s, offset 0x%llx): ", section_name(fixup->object, fixup->table),
           fixup->entry, fixup->type->name, (unsigned long long)fixup->offset);
    va_list arguments;
    va_start(arguments, format);
    refusal_append(fixup->object->refusal, format, arguments);
    va_end(arguments);
    return false;
}

bool fixup_is_absent(const struct fixup *fixup)
{
    return fixup->type->subject == SUBJECT_SYMBOL &&
           (fixup->object->symbol_states[fixup->symbol].flags & SYMBOL_ABSENT) != 0;
}

/* A call goes straight to the import when that is in range, otherwise to its stub. */
static uint64_t call_target(const struct fixup *fixup)
{
    const struct object *object = fixup->object;
    const struct object_symbol *state = &object->symbol_states[fixup->symbol];
    uint64_t direct = symbol_address(object, fixup->symbol, fixup->addend);
    bool has_stub = state->stub != 0 && (state->flags & SYMBOL_ABSENT) == 0;
    if (!has_stub || fixup_fits(fixup->type, (int64_t)fixup_frame(fixup, direct))) {
        return direct;
    }
    return stub_address(object, state->stub) + (uint64_t)fixup->addend;
}

uint64_t fixup_subject(const struct fixup *fixup)
{
    const struct object *object = fixup->object;
    const struct object_symbol *state = &object->symbol_states[fixup->symbol];
    switch (fixup->type->subject) {
    case SUBJECT_GOT:
        return got_address(object, state->got);
    case SUBJECT_TLS_GOT:
        return got_address(object, state->tls_got);
    case SUBJECT_TLS_PAIR:
        return got_address(object, state->tls_pair);
    case SUBJECT_TLS_OFFSET:
        return symbol_tls_offset(object, fixup->symbol, fixup->addend);
    default:
        return (fixup->type->flags & RELOCATION_CALL) != 0
                   ? call_target(fixup)
                   : symbol_address(object, fixup->symbol, fixup->addend);
    }
}

static uint64_t page_of(uint64_t address)
{
    return address & ~(uint64_t)(OBJECT_PAGE - 1);
}

uint64_t fixup_frame(const struct fixup *fixup, uint64_t address)
{
    uint64_t got = section_address(fixup->object, fixup->object->extra_first + EXTRA_GOT);
    switch (fixup->type->frame) {
    case FRAME_PLACE:
        return address - fixup->place;
    case FRAME_PAGE:
        return page_of(address) - page_of(fixup->place);
    case FRAME_GOT_PAGE:
        return address - page_of(got);
    case FRAME_GOT:
        return address - got;
    default:
        return address;
    }
}

static bool fits_signed(int64_t value, unsigned bits)
{
    int64_t half = (int64_t)(1ull << (bits - 1));
    return value >= -half && value < half;
}

static bool fits_unsigned(int64_t value, unsigned bits)
{
    return (uint64_t)value >> bits == 0;
}

bool fixup_fits(const struct relocation_type *type, int64_t value)
{
    const uint64_t rounding = 0x800; /* the low part is a signed 12-bit number */
    switch (type->range) {
    case RANGE_SIGNED:
        return fits_signed(value, type->bits);
    case RANGE_UNSIGNED:
        return fits_unsigned(value, type->bits);
    case RANGE_EITHER:
        return fits_signed(value, type->bits) || fits_unsigned(value, type->bits);
    case RANGE_HIGH:
        return fits_signed((int64_t)((uint64_t)value + rounding), type->bits);
    default:
        return true;
    }
}

static bool refuse_range(const struct fixup *fixup, int64_t value)
{
    const struct relocation_type *type = fixup->type;
    const char *name = fixup_symbol_name(fixup);
    bool distance = type->frame == FRAME_PLACE || type->frame == FRAME_PAGE;
    unsigned bits = type->bits;
    if (!distance) {
        return fixup_refuse(fixup, REFUSAL_RELOCATION_RANGE,
                            "the value for `%s`, 0x%llx, does not fit into %u bits", name,
                            (unsigned long long)value, bits);
    }
    uint64_t limit = 1ull << (type->range == RANGE_EITHER && value > 0 ? bits : bits - 1);
    uint64_t away = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    limit -= type->range == RANGE_HIGH && value > 0 ? 0x800 : 0;
    return fixup_refuse(
        fixup, REFUSAL_RELOCATION_RANGE, "target%s%s%s is %'llu bytes %s, the limit is %'llu",
        *name == '\0' ? "" : " `", name, *name == '\0' ? "" : "`", (unsigned long long)away,
        value < 0 ? "back" : "away", (unsigned long long)(value < 0 ? limit : limit - 1));
}

bool fixup_check(const struct fixup *fixup, int64_t value)
{
    uint64_t mask = (1ull << fixup->type->align) - 1;
    if (!fixup_fits(fixup->type, value)) {
        return refuse_range(fixup, value);
    }
    if (((uint64_t)value & mask) != 0) {
        return fixup_refuse(fixup, REFUSAL_RELOCATION_RANGE,
                            "target `%s` is not aligned to %u bytes", fixup_symbol_name(fixup),
                            (unsigned)(mask + 1));
    }
    return true;
}

void fixup_patch16(const struct fixup *fixup, uint16_t mask, uint16_t bits)
{
    if (fixup->target != NULL) {
        uint16_t old = load16(fixup->target);
        store16(fixup->target, (uint16_t)((old & ~mask) | (bits & mask)));
    }
}

void fixup_patch32(const struct fixup *fixup, uint32_t mask, uint32_t bits)
{
    if (fixup->target != NULL) {
        uint32_t old = load32(fixup->target);
        store32(fixup->target, (old & ~mask) | (bits & mask));
    }
}

void fixup_store(const struct fixup *fixup, uint64_t value)
{
    if (fixup->target != NULL) {
        memcpy(fixup->target, &value, fixup->type->width);
    }
}
