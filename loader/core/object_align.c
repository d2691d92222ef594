/*
 * R_RISCV_ALIGN (RISC-V psABI, "Alignment"): the assembler has put A bytes of nops at the
 * place, the most that can be needed, and the linker deletes what is too much.
 *
 * What to delete follows from offsets in the section alone, as the section itself is placed at
 * the greatest alignment that its code asks for. Deletions are found here, once; offsets of
 * symbols and relocations pass section_adjust from then on, and the copy leaves the bytes out.
 */
#include "object_internal.h"

enum { PARCEL_BYTES = 2 }; /* the smallest instruction */

static uint32_t alignment_of(uint32_t nops)
{
    uint32_t align = 1;
    while (align <= nops) {
        align *= 2;
    }
    return align;
}

static bool refuse_alignment(struct object *object, const struct sort_entry *place, const char *why)
{
    return refuse(object, REFUSAL_RELOCATION, "section %s: R_RISCV_ALIGN at offset 0x%x %s",
                  section_name(object, (uint32_t)(place->key >> 32)),
                  (unsigned)(uint32_t)place->key, why);
}

/* Turns a place with its nops into a deletion; false: refused. */
static bool delete_at(struct object *object, const struct sort_entry *place)
{
    uint32_t index = (uint32_t)(place->key >> 32);
    uint32_t offset = (uint32_t)place->key;
    uint32_t nops = (uint32_t)place->value;
    struct object_section *section = &object->sections[index];
    uint32_t before = section->size - section->loaded;
    uint32_t align = alignment_of(nops);
    uint32_t kept = (0u - (offset - before)) & (align - 1);
    if (kept > nops) {
        return refuse_alignment(object, place, "has too few nops");
    }
    if (kept % PARCEL_BYTES != 0) {
        return refuse_alignment(object, place, "is odd");
    }
    section->align = align > section->align ? align : section->align;
    if (kept < nops) {
        section->loaded -= nops - kept;
        section->deletion_count++;
        object->deletions[object->deletion_count++] =
            deletion_make(index, offset + kept, before, nops - kept);
    }
    return true;
}

bool align_open(struct object *object, struct sort_entry *places, uint32_t count)
{
    object->deletions = places; /* never overtakes the place being read */
    sort_entries(places, count);
    uint64_t end = 0;
    for (uint32_t i = 0; i < count; i++) {
        struct sort_entry place = places[i];
        struct object_section *section = &object->sections[place.key >> 32];
        if (place.key < end) {
            return refuse_alignment(object, &place, "overlaps another");
        }
        end = place.key + place.value;
        if (section->deletion_count == 0) {
            section->deletion_first = object->deletion_count;
        }
        if (!delete_at(object, &place)) {
            return false;
        }
    }
    return true;
}
