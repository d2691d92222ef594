/*
 * Fixups: one relocation, decoded. What every relocation passes through is here, to be expanded
 * in place; object_fixup.c has the rest.
 */
#ifndef LOADER_CORE_FIXUP_H
#define LOADER_CORE_FIXUP_H

#include "object_internal.h"

struct fixup {
    struct object *object;
    const struct relocation_type *type; /* known and not NULL, once scan has accepted it */
    const struct object_section *home;  /* that is relocated */
    uint8_t *bytes;                     /* of the home, to be written; NULL: only check */
    uint8_t *target;                    /* the bytes to change, NULL: only check */
    uint8_t *const *image;              /* groups to write, NULL: only check */
    struct walk *walk;
    uint32_t number; /* of the type */
    uint32_t table;  /* section index of the relocation section */
    uint32_t entry;
    uint32_t section; /* index of the home */
    uint32_t near;    /* for section_adjust */
    uint32_t symbol;
    int64_t addend;
    uint64_t offset; /* in the home, as in the file */
    uint64_t start;  /* in the home, in memory */
    uint64_t place;  /* run address; valid after object_place */
};

/* What lasts from one fixup to the next. */
struct walk {
    uint32_t veneers; /* used so far */

    /* RISC-V: the high part that a low part needed last, or that was visited last. */
    uint32_t near; /* for the search in object->high_parts */
    uint32_t high_entry;
    uint64_t high_key; /* in object->high_parts */
    uint64_t high_value;
};

typedef bool fixup_visitor(struct fixup *fixup, void *context);

/*
 * Visits the relocations of all loaded sections, in the file's order, until one refuses; those
 * that ask for nothing are left out. With `image` NULL they are only checked.
 */
bool relocations_walk(struct object *object, uint8_t *const *image, fixup_visitor *visit,
                      void *context);

/* Of a relocation section that object_open has checked: its entries, and one of them. */
uint32_t table_length(const struct object *object, uint32_t table);
void fixup_read(struct object *object, uint32_t table, uint32_t entry, struct fixup *fixup);

__attribute__((format(printf, 3, 4))) bool
fixup_refuse(const struct fixup *fixup, enum refusal_code code, const char *format, ...);
const char *fixup_symbol_name(const struct fixup *fixup);

static inline const struct object_symbol *fixup_state(const struct fixup *fixup)
{
    return &fixup->object->symbol_states[fixup->symbol];
}

static inline bool fixup_is_absent(const struct fixup *fixup)
{
    return fixup->type->subject == SUBJECT_SYMBOL &&
           (fixup_state(fixup)->flags & SYMBOL_ABSENT) != 0;
}

/* The address that the relocation is about. */
uint64_t fixup_other_subject(const struct fixup *fixup);
static inline uint64_t fixup_subject(const struct fixup *fixup)
{
    const struct relocation_type *type = fixup->type;
    bool may_be_stub = (type->flags & RELOCATION_CALL) != 0 && fixup_state(fixup)->stub != 0;
    return type->subject == SUBJECT_SYMBOL && !may_be_stub
               ? symbol_address(fixup->object, fixup->symbol, fixup->addend)
               : fixup_other_subject(fixup);
}

/* An address as the relocation counts it. */
uint64_t fixup_other_frame(const struct fixup *fixup, uint64_t address);
static inline uint64_t fixup_frame(const struct fixup *fixup, uint64_t address)
{
    switch (fixup->type->frame) {
    case FRAME_ABSOLUTE:
        return address;
    case FRAME_PLACE:
        return address - fixup->place;
    default:
        return fixup_other_frame(fixup, address);
    }
}

/* Is the value below 2^bits, counted from `lowest`? */
static inline bool fixup_is_in(uint64_t value, uint64_t lowest, unsigned bits)
{
    return (value - lowest) >> bits == 0;
}

static inline bool fixup_fits(const struct relocation_type *type, uint64_t value)
{
    const uint64_t rounding = 0x800; /* the low part is a signed 12-bit number */
    unsigned bits = type->bits;
    switch (type->range) {
    case RANGE_SIGNED:
        return fixup_is_in(value, 0 - (1ull << (bits - 1)), bits);
    case RANGE_UNSIGNED:
        return fixup_is_in(value, 0, bits);
    case RANGE_EITHER:
        return fixup_is_in(value, 0 - (1ull << (bits - 1)), bits) || fixup_is_in(value, 0, bits);
    case RANGE_HIGH:
        return fixup_is_in(value, 0 - (1ull << (bits - 1)) - rounding, bits);
    default:
        return true;
    }
}

/* Does the value fit, and is it aligned? Otherwise the object is refused. */
bool fixup_refuse_value(const struct fixup *fixup, uint64_t value);
static inline bool fixup_check(const struct fixup *fixup, uint64_t value)
{
    uint64_t low_bits = value & ((1ull << fixup->type->align) - 1);
    return (low_bits == 0 && fixup_fits(fixup->type, value)) || fixup_refuse_value(fixup, value);
}

/* Replaces the bits of `mask` in the instruction at the target, when writing. */
static inline void fixup_patch16(const struct fixup *fixup, uint16_t mask, uint16_t bits)
{
    if (fixup->target != NULL) {
        uint16_t old = load16(fixup->target);
        store16(fixup->target, (uint16_t)((old & ~mask) | (bits & mask)));
    }
}

static inline void fixup_patch32(const struct fixup *fixup, uint32_t mask, uint32_t bits)
{
    if (fixup->target != NULL) {
        uint32_t old = load32(fixup->target);
        store32(fixup->target, (old & ~mask) | (bits & mask));
    }
}

/* `width` bytes of data at the target, when writing. */
uint64_t fixup_load(const struct fixup *fixup);
void fixup_store(const struct fixup *fixup, uint64_t value);

#endif
