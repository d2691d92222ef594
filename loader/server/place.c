/*
 * Placement of an object: see place.h.
 */
#include "place.h"

/*
 * Addresses given out. The top is common to both architectures and leaves out the last root slots,
 * where the kernel and personalities put things.
 */
#define PLACE_LOWEST  ((uint64_t)1 << 20)
#define PLACE_HIGHEST ((uint64_t)254 << 30)

enum { GAP_PAGES = 15 };

/* SplitMix64 (Steele, Lea, Flood 2014). */
static uint64_t random_next(uint64_t *state)
{
    *state += 0x9e3779b97f4a7c15u;
    uint64_t value = *state;
    value = (value ^ value >> 30) * 0xbf58476d1ce4e5b9u;
    value = (value ^ value >> 27) * 0x94d049bb133111ebu;
    return value ^ value >> 31;
}

static void shuffle(uint64_t *state, unsigned order[PLACE_AREAS])
{
    for (unsigned i = 0; i < PLACE_AREAS; i++) {
        order[i] = i;
    }
    for (unsigned i = PLACE_AREAS - 1; i > 0; i--) {
        unsigned j = (unsigned)(random_next(state) % (i + 1));
        unsigned held = order[i];
        order[i] = order[j];
        order[j] = held;
    }
}

static uint64_t up(uint64_t value, uint64_t align)
{
    return (value + align - 1) & ~(align - 1);
}

/* Offsets from the start of the cluster; answers its size. *align: the largest alignment. */
static uint64_t arrange(struct place *place, uint64_t *align)
{
    unsigned order[PLACE_AREAS];
    uint64_t at = 0;
    shuffle(&place->state, order);
    for (unsigned i = 0; i < PLACE_AREAS; i++) {
        struct place_area *area = &place->area[order[i]];
        if (area->size == 0) {
            continue;
        }
        at += (1 + random_next(&place->state) % GAP_PAGES) * OBJECT_PAGE;
        at = up(at, area->align);
        area->address = at;
        at = up(at + area->size, OBJECT_PAGE);
        *align = area->align > *align ? area->align : *align;
    }
    return at;
}

/* Groups must be in reach of each other; the stack and the start data need not be. */
static bool span_is_good(const struct place *place, uint64_t span)
{
    uint64_t low = UINT64_MAX;
    uint64_t high = 0;
    for (unsigned i = 0; i < OBJECT_GROUPS; i++) {
        const struct place_area *area = &place->area[i];
        if (area->size != 0) {
            low = area->address < low ? area->address : low;
            high = area->address + area->size > high ? area->address + area->size : high;
        }
    }
    return high == 0 || high - low <= span;
}

bool place_choose(struct place *place, const struct object_constraint *constraint)
{
    uint64_t align = OBJECT_PAGE;
    uint64_t size = arrange(place, &align);
    uint64_t low = place->high != 0 ? place->low : PLACE_LOWEST;
    uint64_t high = place->high != 0 ? place->high : PLACE_HIGHEST;
    uint64_t limit = constraint->limit < high ? constraint->limit : high;
    if (!span_is_good(place, constraint->span) || limit <= low + align ||
        size > limit - low - align) {
        return false;
    }
    uint64_t choices = (limit - low - align - size) / align + 1;
    uint64_t base = up(low, align) + random_next(&place->state) % choices * align;
    for (unsigned i = 0; i < PLACE_AREAS; i++) {
        place->area[i].address += place->area[i].size == 0 ? 0 : base;
    }
    return true;
}
