/*
 * The imports are bound, the groups filled, and each relocation is computed, checked and then
 * written. Only checking is the same code without targets.
 */
#include "fixup.h"

/* After deletions a relocation could stand across the end of its section. */
static bool check_place(const struct fixup *fixup)
{
    if (fixup->start + fixup->type->width > fixup->home->loaded) {
        return fixup_refuse(fixup, REFUSAL_RELOCATION, "stands in deleted nops");
    }
    return true;
}

static bool apply_fixup(struct fixup *fixup, void *context)
{
    const struct machine *machine = context;
    return check_place(fixup) && machine->apply(fixup);
}

bool object_check(struct object *object, object_resolver *resolver, void *context,
                  struct refusal *refusal)
{
    object->refusal = refusal;
    return imports_bind(object, resolver, context) &&
           relocations_walk(object, NULL, apply_fixup, (void *)(uintptr_t)object->machine);
}

/* Copies what lies between deletions; the first piece starts at zero. */
static void copy_section(const struct object *object, uint32_t index, uint8_t *to)
{
    const struct object_section *section = &object->sections[index];
    const uint8_t *bytes = object->bytes + section->offset;
    uint64_t from = 0;
    for (uint32_t i = 0; i < section->deletion_count; i++) {
        const struct sort_entry *deletion = &object->deletions[section->deletion_first + i];
        uint64_t start = deletion_start(deletion);
        memcpy(to, bytes + from, (size_t)(start - from));
        to += start - from;
        from = start + deletion_count(deletion);
    }
    memcpy(to, bytes + from, (size_t)(section->size - from));
}

static void write_sections(const struct object *object, uint8_t *const *image)
{
    for (uint32_t i = 0; i < object->section_count; i++) {
        const struct object_section *section = &object->sections[i];
        if (section_is_loaded(section) && section->has_bytes && section->size != 0) {
            uint64_t place = section->address - object->group[section->group].address;
            copy_section(object, i, image[section->group] + place);
        }
    }
}

static void write_slot(uint8_t *got, uint32_t slot, uint64_t value)
{
    if (slot != 0) {
        store64(got + (slot - 1) * sizeof(uint64_t), value);
    }
}

/* Of the pair for __tls_get_addr only the offset is used, by our own stub. */
static void write_slots(const struct object *object, uint8_t *const *image)
{
    uint8_t *got = image[OBJECT_RODATA] + section_place(object, object->extra_first + EXTRA_GOT);
    for (uint32_t i = 0; i < object->symbol_count; i++) {
        const struct object_symbol *state = &object->symbol_states[i];
        write_slot(got, state->stub_slot, state->address);
        if (state->got != 0) {
            write_slot(got, state->got, symbol_address(object, i, 0));
        }
        if (state->tls_got != 0) {
            write_slot(got, state->tls_got, symbol_address(object, i, 0));
        }
        if (state->tls_pair != 0) {
            write_slot(got, state->tls_pair + 1, symbol_address(object, i, 0));
        }
    }
}

static void write_stubs(const struct object *object, uint8_t *const *image)
{
    const struct machine *machine = object->machine;
    uint32_t index = object->extra_first + EXTRA_STUBS;
    uint8_t *stubs = image[OBJECT_TEXT] + section_place(object, index);
    for (uint32_t i = 0; i < object->import_count; i++) {
        const struct object_symbol *state = &object->symbol_states[object->imports[i]];
        if (state->stub != 0) {
            machine->write_stub(stubs + (uint64_t)(state->stub - 1) * machine->stub_bytes,
                                stub_address(object, state->stub),
                                got_address(object, state->stub_slot));
        }
    }
    if (object->needs_tls_stub) {
        machine->write_tls_stub(stubs + (uint64_t)(object->stubs - 1) * machine->stub_bytes);
    }
}

bool object_relocate(struct object *object, void *const image[OBJECT_GROUPS],
                     object_resolver *resolver, void *context, struct refusal *refusal)
{
    uint8_t *groups[OBJECT_GROUPS];
    for (uint32_t i = 0; i < OBJECT_GROUPS; i++) {
        groups[i] = image[i];
    }
    object->refusal = refusal;
    if (!imports_bind(object, resolver, context)) {
        return false;
    }
    write_sections(object, groups);
    if (object->got_slots != 0) {
        write_slots(object, groups);
    }
    write_stubs(object, groups);
    return relocations_walk(object, groups, apply_fixup, (void *)(uintptr_t)object->machine);
}
