/*
 * The first pass over all relocations of loaded sections: are they well formed and of known
 * type, and what do they need: imports, GOT slots, stubs, alignment, nearness of groups.
 *
 * After this pass a fixup can be read without further checks of its table, type, symbol index
 * or bounds in the file.
 */
#include "fixup.h"

enum {
    SPAN_DEFAULT_BITS = 31, /* 32-bit differences between groups, as in jump tables */
    LIMIT_DEFAULT_BITS = 48,
    REACH_MARGIN = OBJECT_PAGE, /* for rounding to pages and upper parts */
};

/* One table for two lists, each relocation being in one of them at most: high parts from the
 * front, alignments from the back. */
struct scan {
    struct sort_entry *alignments;
    struct sort_entry *end;
};

/* Adds the table's entries to *entries, if it is one that counts. */
static bool check_table(struct object *object, uint32_t index, const Elf64_Shdr *header,
                        uint64_t *entries)
{
    const char *name = section_name(object, index);
    if (header->sh_info >= object->section_count) {
        return refuse(object, REFUSAL_MALFORMED, "%s applies to section %u of %u", name,
                      (unsigned)header->sh_info, object->section_count);
    }
    const struct object_section *target = &object->sections[header->sh_info];
    if (!section_is_loaded(target)) {
        return true;
    }
    if (header->sh_type != SHT_RELA) {
        return refuse(object, REFUSAL_SECTION,
                      "%s holds relocations of type 0x%x; expected SHT_RELA (compile without "
                      "--crel)",
                      name, (unsigned)header->sh_type);
    }
    if (!section_is_table(header, sizeof(Elf64_Rela)) || header->sh_link != object->symbol_table ||
        !target->has_bytes) {
        return refuse(object, REFUSAL_MALFORMED, "the header of %s is inconsistent", name);
    }
    *entries += table_length(object, index);
    return true;
}

static bool check_tables(struct object *object, uint64_t *entries)
{
    *entries = 0;
    for (uint32_t i = 0; i < object->section_count; i++) {
        const Elf64_Shdr *header = section_header(object, i);
        uint32_t type = header->sh_type;
        bool is_table = type == SHT_RELA || type == SHT_REL || type == SHT_CREL;
        if (is_table && !check_table(object, i, header, entries)) {
            return false;
        }
    }
    return true;
}

static bool check_bounds(const struct fixup *fixup)
{
    const struct object_section *section = fixup->home;
    uint64_t width = fixup->type->width;
    if (fixup->type->subject == SUBJECT_ALIGN) {
        if (fixup->addend < 0 || fixup->addend >= OBJECT_ALIGN_MAX) {
            return fixup_refuse(fixup, REFUSAL_RELOCATION, "aligns by deleting %llx bytes",
                                (unsigned long long)fixup->addend);
        }
        width = (uint64_t)fixup->addend;
    }
    if (fixup->offset > section->size || width > section->size - fixup->offset) {
        return fixup_refuse(fixup, REFUSAL_RELOCATION, "leaves section %s of 0x%x bytes",
                            section_name(fixup->object, fixup->section), section->size);
    }
    if (fixup->symbol >= fixup->object->symbol_count) {
        return fixup_refuse(fixup, REFUSAL_RELOCATION, "refers to symbol %u of %u", fixup->symbol,
                            fixup->object->symbol_count);
    }
    return true;
}

static bool check_type(const struct fixup *fixup)
{
    if (fixup->type == NULL || fixup->type->name == NULL) {
        return refuse(fixup->object, REFUSAL_RELOCATION_TYPE,
                      "%s entry %u (offset 0x%llx): relocation type %u is unknown for %s",
                      section_name(fixup->object, fixup->table), fixup->entry,
                      (unsigned long long)fixup->offset, fixup->number,
                      fixup->object->machine->name);
    }
    if (fixup->type->subject == SUBJECT_UNSUPPORTED) {
        return fixup_refuse(fixup, REFUSAL_RELOCATION_TYPE,
                            "type %u is not supported in objects; compile with the SDK's flags",
                            fixup->number);
    }
    return true;
}

static bool is_tls_subject(const struct relocation_type *type)
{
    return type->subject == SUBJECT_TLS_OFFSET || type->subject == SUBJECT_TLS_GOT ||
           type->subject == SUBJECT_TLS_PAIR;
}

/* A thread-local symbol is used by thread-local relocations, and by no others. */
static bool check_tls(const struct fixup *fixup, const Elf64_Sym *symbol)
{
    bool in_tls =
        symbol_in_section(symbol) && fixup->object->sections[symbol->st_shndx].kind == SECTION_TLS;
    if (in_tls == is_tls_subject(fixup->type)) {
        return true;
    }
    return fixup_refuse(fixup, REFUSAL_SYMBOL,
                        in_tls ? "`%s` is thread-local, the relocation is not"
                               : "`%s` is not a thread-local variable of this object",
                        fixup_symbol_name(fixup));
}

static bool check_symbol(const struct fixup *fixup, const Elf64_Sym *symbol)
{
    const struct object *object = fixup->object;
    if (ELF64_ST_TYPE(symbol->st_info) == STT_GNU_IFUNC) {
        return fixup_refuse(fixup, REFUSAL_SYMBOL,
                            "`%s` is an indirect function; the loader runs no code of the object",
                            fixup_symbol_name(fixup));
    }
    if (symbol_in_section(symbol) && !section_is_loaded(&object->sections[symbol->st_shndx])) {
        return fixup_refuse(fixup, REFUSAL_SYMBOL, "refers to section %s, which is not loaded",
                            section_name(object, symbol->st_shndx));
    }
    if (fixup->type->subject == SUBJECT_LABEL && !symbol_in_section(symbol)) {
        return fixup_refuse(fixup, REFUSAL_RELOCATION, "`%s` does not label a high part",
                            fixup_symbol_name(fixup));
    }
    bool is_slot = fixup->type->subject == SUBJECT_GOT || fixup->type->subject == SUBJECT_TLS_GOT ||
                   fixup->type->subject == SUBJECT_TLS_PAIR;
    if (is_slot && fixup->addend != 0) {
        return fixup_refuse(fixup, REFUSAL_RELOCATION, "a GOT slot with an addend");
    }
    return check_tls(fixup, symbol);
}

/* Must the address itself be in reach of the place, or be small? */
static bool is_near(const struct relocation_type *type)
{
    if (type->subject != SUBJECT_SYMBOL || (type->flags & RELOCATION_CALL) != 0) {
        return false;
    }
    if (type->frame != FRAME_ABSOLUTE) {
        return type->width < sizeof(uint64_t);
    }
    return type->range != RANGE_NONE && type->bits < LIMIT_DEFAULT_BITS;
}

/* Undefined symbols become imports, except the two that the core itself defines. */
static bool note_undefined(struct fixup *fixup, const Elf64_Sym *symbol,
                           struct object_symbol *state)
{
    struct object *object = fixup->object;
    const char *name = symbol_name(object, symbol);
    struct object_import import;
    if (state->flags != 0) {
        return true;
    }
    if (text_equal(name, "_GLOBAL_OFFSET_TABLE_")) {
        state->flags = SYMBOL_GOT;
        object->needs_got = true;
    } else if (text_equal(name, "__tls_get_addr")) {
        state->flags = SYMBOL_TLS_STUB;
        object->needs_tls_stub = true;
    } else if (import_parse(name, &import) == IMPORT_NAME_BAD) {
        return fixup_refuse(fixup, REFUSAL_IMPORT_NAME,
                            "cannot understand the import '%s'; expected "
                            "NAME@SYS_MAJOR.MINOR.FINGERPRINT",
                            name);
    } else {
        state->flags = SYMBOL_IMPORT;
        object->imports[object->import_count++] = fixup->symbol;
    }
    return true;
}

static void note_stub(const struct fixup *fixup, struct object_symbol *state)
{
    struct object *object = fixup->object;
    bool call = (fixup->type->flags & RELOCATION_CALL) != 0;
    if ((state->flags & SYMBOL_IMPORT) == 0 || (!call && !is_near(fixup->type))) {
        return;
    }
    if (!call) {
        state->flags |= SYMBOL_CANONICAL;
    }
    if (state->stub == 0) {
        state->stub = ++object->stubs;
        state->stub_slot = ++object->got_slots;
    }
}

static void take_slots(struct object *object, uint32_t *slot, uint32_t count)
{
    if (*slot == 0) {
        *slot = object->got_slots + 1;
        object->got_slots += count;
    }
}

static void note_slots(const struct fixup *fixup, struct object_symbol *state)
{
    switch (fixup->type->subject) {
    case SUBJECT_GOT:
        take_slots(fixup->object, &state->got, 1);
        break;
    case SUBJECT_TLS_GOT:
        take_slots(fixup->object, &state->tls_got, 1);
        break;
    case SUBJECT_TLS_PAIR:
        take_slots(fixup->object, &state->tls_pair, 2);
        break;
    default:
        break;
    }
}

/* The group that the relocation's subject is in; OBJECT_GROUPS: in none. */
static uint8_t subject_group(const struct fixup *fixup, const Elf64_Sym *symbol)
{
    const struct object *object = fixup->object;
    if (fixup->type->subject != SUBJECT_SYMBOL) {
        return OBJECT_RODATA;
    }
    switch (symbol->st_shndx) {
    case SHN_UNDEF:
        return OBJECT_TEXT;
    case SHN_ABS:
        return OBJECT_GROUPS;
    case SHN_COMMON:
        return OBJECT_DATA;
    default:
        return object->sections[symbol->st_shndx].group;
    }
}

static uint64_t reach_of(const struct relocation_type *type)
{
    return (1ull << (type->range == RANGE_UNSIGNED ? type->bits : type->bits - 1)) - REACH_MARGIN;
}

static void note_constraint(const struct fixup *fixup, const Elf64_Sym *symbol)
{
    const struct relocation_type *type = fixup->type;
    struct object_constraint *constraint = &fixup->object->constraint;
    bool framed = type->frame == FRAME_PLACE || type->frame == FRAME_PAGE;
    if (type->range == RANGE_NONE || type->bits > LIMIT_DEFAULT_BITS || is_tls_subject(type)) {
        return;
    }
    uint8_t group = subject_group(fixup, symbol);
    if (group == OBJECT_GROUPS) {
        return;
    }
    uint64_t reach = reach_of(type);
    if (framed && group != fixup->home->group) {
        constraint->span = reach < constraint->span ? reach : constraint->span;
    } else if (is_near(type) && type->frame == FRAME_ABSOLUTE && type->bits >= SPAN_DEFAULT_BITS) {
        constraint->limit = reach < constraint->limit ? reach : constraint->limit;
    }
}

static struct sort_entry entry_of(const struct fixup *fixup, uint64_t value)
{
    return (struct sort_entry){(uint64_t)fixup->section << 32 | fixup->offset, value};
}

static void note_high_part(const struct fixup *fixup)
{
    struct object *object = fixup->object;
    object->high_parts[object->high_part_count++] =
        entry_of(fixup, (uint64_t)fixup->table << 32 | fixup->entry);
}

static bool scan_fixup(struct fixup *fixup, void *context)
{
    struct scan *scan = context;
    if (!check_type(fixup)) {
        return false;
    }
    if (!check_bounds(fixup)) {
        return false;
    }
    if (fixup->type->subject == SUBJECT_ALIGN) {
        *--scan->alignments = entry_of(fixup, (uint64_t)fixup->addend);
        return true;
    }
    if ((fixup->type->flags & RELOCATION_HIGH_PART) != 0) {
        note_high_part(fixup);
    }
    const Elf64_Sym *symbol = symbol_entry(fixup->object, fixup->symbol);
    struct object_symbol *state = &fixup->object->symbol_states[fixup->symbol];
    if (!check_symbol(fixup, symbol)) {
        return false;
    }
    if (symbol->st_shndx == SHN_UNDEF && fixup->symbol != 0 &&
        !note_undefined(fixup, symbol, state)) {
        return false;
    }
    note_stub(fixup, state);
    note_slots(fixup, state);
    note_constraint(fixup, symbol);
    return true;
}

static bool sort_high_parts(struct object *object)
{
    uint32_t count = object->high_part_count;
    sort_entries(object->high_parts, count);
    for (uint32_t i = 1; i < count; i++) {
        if (object->high_parts[i].key == object->high_parts[i - 1].key) {
            return refuse(object, REFUSAL_RELOCATION,
                          "section %s has two high parts at offset 0x%x",
                          section_name(object, (uint32_t)(object->high_parts[i].key >> 32)),
                          (unsigned)(uint32_t)object->high_parts[i].key);
        }
    }
    return true;
}

static bool take_tables(struct object *object, struct scan *scan, uint64_t entries)
{
    object->imports = workspace_take(object, (uint64_t)object->symbol_count * sizeof(uint32_t));
    object->high_parts = workspace_take(object, entries * sizeof(struct sort_entry));
    if (object->imports == NULL || object->high_parts == NULL) {
        return false;
    }
    scan->end = scan->alignments = object->high_parts + entries;
    return true;
}

bool scan_relocations(struct object *object)
{
    struct scan scan;
    uint64_t entries;
    object->constraint.span = (1ull << SPAN_DEFAULT_BITS) - 2 * REACH_MARGIN;
    object->constraint.limit = 1ull << LIMIT_DEFAULT_BITS;
    if (!check_tables(object, &entries) || !take_tables(object, &scan, entries) ||
        !relocations_walk(object, NULL, scan_fixup, &scan)) {
        return false;
    }
    if (object->needs_tls_stub) {
        object->stubs++;
    }
    if (object->needs_got && object->got_slots == 0) {
        object->got_slots = 1;
    }
    return sort_high_parts(object) &&
           align_open(object, scan.alignments, (uint32_t)(scan.end - scan.alignments));
}
