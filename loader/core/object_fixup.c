/*
 * One relocation: reading it, the value it asks for, and whether that fits.
 */
#include "fixup.h"

/* NULL, or without name: there is no such type. */
static const struct relocation_type *find_type(const struct machine *machine, uint32_t number)
{
    uint32_t index = number == 0 ? 0 : number - machine->type_first;
    return index < machine->type_count ? &machine->types[index] : NULL;
}

static const Elf64_Rela *table_entries(const struct object *object, uint32_t table)
{
    uint64_t offset = section_header(object, table)->sh_offset;
    return (const Elf64_Rela *)(const void *)(object->bytes + offset);
}

uint32_t table_length(const struct object *object, uint32_t table)
{
    return (uint32_t)(section_header(object, table)->sh_size / sizeof(Elf64_Rela));
}

static void set_table(struct fixup *fixup, uint32_t table)
{
    struct object *object = fixup->object;
    fixup->table = table;
    fixup->section = section_header(object, table)->sh_info;
    fixup->home = &object->sections[fixup->section];
    fixup->near = 0;
    fixup->bytes = NULL;
    if (fixup->image != NULL) {
        uint8_t group = fixup->home->group;
        fixup->bytes = fixup->image[group] + (fixup->home->address - object->group[group].address);
    }
}

static inline __attribute__((always_inline)) void decode(struct fixup *fixup, uint32_t entry,
                                                         const Elf64_Rela *rela)
{
    uint64_t info = rela->r_info;
    fixup->number = ELF64_R_TYPE(info);
    fixup->type = find_type(fixup->object->machine, fixup->number);
    fixup->entry = entry;
    fixup->symbol = ELF64_R_SYM(info);
    fixup->addend = rela->r_addend;
    fixup->offset = rela->r_offset;
    fixup->start = fixup->offset;
    if (fixup->home->deletion_count != 0) {
        fixup->start = section_adjust(fixup->object, fixup->section, fixup->offset, &fixup->near);
    }
    fixup->place = fixup->home->address + fixup->start;
    fixup->target = fixup->bytes == NULL ? NULL : fixup->bytes + fixup->start;
}

void fixup_read(struct object *object, uint32_t table, uint32_t entry, struct fixup *fixup)
{
    fixup->object = object;
    fixup->image = NULL;
    fixup->walk = NULL;
    set_table(fixup, table);
    decode(fixup, entry, &table_entries(object, table)[entry]);
}

static bool walk_table(struct fixup *fixup, uint32_t table, fixup_visitor *visit, void *context)
{
    const Elf64_Rela *entries = table_entries(fixup->object, table);
    uint32_t count = table_length(fixup->object, table);
    set_table(fixup, table);
    for (uint32_t entry = 0; entry < count; entry++) {
        decode(fixup, entry, &entries[entry]);
        bool counts = fixup->type == NULL || fixup->type->subject != SUBJECT_NOTHING;
        if (counts && !visit(fixup, context)) {
            return false;
        }
    }
    return true;
}

bool relocations_walk(struct object *object, uint8_t *const *image, fixup_visitor *visit,
                      void *context)
{
    struct walk walk = {.high_key = UINT64_MAX};
    struct fixup fixup = {.object = object, .image = image, .walk = &walk};
    for (uint32_t i = 0; i < object->section_count; i++) {
        const Elf64_Shdr *header = section_header(object, i);
        if (header->sh_type == SHT_RELA && section_is_loaded(&object->sections[header->sh_info]) &&
            !walk_table(&fixup, i, visit, context)) {
            return false;
        }
    }
    return true;
}

const char *fixup_symbol_name(const struct fixup *fixup)
{
    return symbol_name(fixup->object, symbol_entry(fixup->object, fixup->symbol));
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

/* A call goes straight to the import when that is in range, otherwise to its stub. */
static uint64_t call_target(const struct fixup *fixup)
{
    const struct object *object = fixup->object;
    const struct object_symbol *state = fixup_state(fixup);
    uint64_t direct = symbol_address(object, fixup->symbol, fixup->addend);
    bool has_stub = state->stub != 0 && (state->flags & SYMBOL_ABSENT) == 0;
    if (!has_stub || fixup_fits(fixup->type, fixup_frame(fixup, direct))) {
        return direct;
    }
    return stub_address(object, state->stub) + (uint64_t)fixup->addend;
}

uint64_t fixup_other_subject(const struct fixup *fixup)
{
    const struct object *object = fixup->object;
    const struct object_symbol *state = fixup_state(fixup);
    switch (fixup->type->subject) {
    case SUBJECT_GOT:
        return got_address(object, state->got);
    case SUBJECT_TLS_GOT:
        return got_address(object, state->tls_got);
    case SUBJECT_TLS_PAIR:
        return got_address(object, state->tls_pair);
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

uint64_t fixup_other_frame(const struct fixup *fixup, uint64_t address)
{
    switch (fixup->type->frame) {
    case FRAME_PAGE:
        return page_of(address) - page_of(fixup->place);
    case FRAME_GOT_PAGE:
        return address - page_of(got_address(fixup->object, 1));
    case FRAME_GOT:
        return address - got_address(fixup->object, 1);
    default:
        return address;
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

bool fixup_refuse_value(const struct fixup *fixup, uint64_t value)
{
    if (!fixup_fits(fixup->type, value)) {
        return refuse_range(fixup, (int64_t)value);
    }
    return fixup_refuse(fixup, REFUSAL_RELOCATION_RANGE, "target `%s` is not aligned to %u bytes",
                        fixup_symbol_name(fixup), 1u << fixup->type->align);
}

uint64_t fixup_load(const struct fixup *fixup)
{
    if (fixup->target == NULL) {
        return 0;
    }
    switch (fixup->type->width) {
    case sizeof(uint64_t):
        return load64(fixup->target);
    case sizeof(uint32_t):
        return load32(fixup->target);
    case sizeof(uint16_t):
        return load16(fixup->target);
    default:
        return *fixup->target;
    }
}

void fixup_store(const struct fixup *fixup, uint64_t value)
{
    if (fixup->target == NULL) {
        return;
    }
    switch (fixup->type->width) {
    case sizeof(uint64_t):
        store64(fixup->target, value);
        break;
    case sizeof(uint32_t):
        store32(fixup->target, (uint32_t)value);
        break;
    case sizeof(uint16_t):
        store16(fixup->target, (uint16_t)value);
        break;
    default:
        *fixup->target = (uint8_t)value;
        break;
    }
}
