/*
 * Arranging sections into groups, and giving the groups their run addresses.
 *
 * The read-only group ends with what must be contiguous: the initialisation arrays and the TLS
 * template. The data group has everything with bytes first, so that the rest stays zero pages.
 * Veneers come last in the text: how many are needed follows from where the ADRPs came to lie.
 */
#include "object_internal.h"

enum {
    GAP_UNIT = 16,
    GAPS_FIRST = 64, /* the first section of a group starts up to this many units in */
    GAPS = 4,        /* up to this many units between sections */
    ARRAY_NAME_MAX = 64,
    ARRAY_LAST = 65536, /* after all priorities, which have 16 bits */
};

/* Larger text keeps the file's order, where compilers expect near branches to reach. */
#define SHUFFLE_TEXT_MAX (512u << 10)

struct layout {
    struct object *object;
    uint32_t *order; /* section indices of the part being placed */
    uint32_t count;
    uint64_t cursor; /* in the group */
    uint64_t random; /* state of the generator; zero: no randomness */
};

/* splitmix64: the seed's quality is the caller's business, spreading it is enough here. */
static uint64_t next_random(struct layout *layout)
{
    layout->random += 0x9e3779b97f4a7c15ull;
    uint64_t z = layout->random;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
    return z ^ (z >> 31);
}

static void gather(struct layout *layout, enum object_group_name group, enum section_kind kind,
                   bool has_bytes)
{
    const struct object *object = layout->object;
    layout->count = 0;
    for (uint32_t i = 0; i < section_total(object); i++) {
        const struct object_section *section = &object->sections[i];
        if (section->group == group && section->kind == kind && section->has_bytes == has_bytes &&
            i != object->extra_first + EXTRA_VENEERS) {
            layout->order[layout->count++] = i;
        }
    }
}

static uint64_t gathered_bytes(const struct layout *layout)
{
    uint64_t bytes = 0;
    for (uint32_t i = 0; i < layout->count; i++) {
        bytes += layout->object->sections[layout->order[i]].loaded;
    }
    return bytes;
}

static void shuffle(struct layout *layout)
{
    for (uint32_t i = layout->count; i > 1; i--) {
        uint32_t j = (uint32_t)(next_random(layout) % i);
        uint32_t kept = layout->order[i - 1];
        layout->order[i - 1] = layout->order[j];
        layout->order[j] = kept;
    }
}

static bool place_section(struct layout *layout, uint32_t index)
{
    struct object_section *section = &layout->object->sections[index];
    uint64_t place = align_up(layout->cursor, section->align);
    if (place + section->loaded > OBJECT_MEMORY_MAX) {
        return refuse(layout->object, REFUSAL_SIZE,
                      "its sections up to %s exceed the limit of %'u bytes of memory",
                      section_name(layout->object, index), OBJECT_MEMORY_MAX);
    }
    section->place = (uint32_t)place;
    layout->cursor = section->loaded == 0 ? layout->cursor : place + section->loaded;
    return true;
}

static bool place_plain(struct layout *layout, enum object_group_name group, bool has_bytes)
{
    gather(layout, group, SECTION_PLAIN, has_bytes);
    bool random =
        layout->random != 0 && (group != OBJECT_TEXT || gathered_bytes(layout) <= SHUFFLE_TEXT_MAX);
    if (random) {
        shuffle(layout);
    }
    for (uint32_t i = 0; i < layout->count; i++) {
        bool empty = layout->object->sections[layout->order[i]].loaded == 0;
        if (random && !empty) {
            layout->cursor += next_random(layout) % (i == 0 ? GAPS_FIRST : GAPS) * GAP_UNIT;
        }
        if (!place_section(layout, layout->order[i])) {
            return false;
        }
    }
    return true;
}

/* The number at the end of ".init_array.NNNNN"; sections without one come last. */
static uint32_t array_priority(const char *name)
{
    size_t length = text_length(name, ARRAY_NAME_MAX);
    const char *at = name + length;
    if (length == ARRAY_NAME_MAX) {
        return ARRAY_LAST;
    }
    while (at > name && at[-1] >= '0' && at[-1] <= '9') {
        at--;
    }
    if (at == name || at[-1] != '.' || *at == '\0') {
        return ARRAY_LAST;
    }
    uint32_t priority = 0;
    for (; *at != '\0' && priority < ARRAY_LAST; at++) {
        priority = priority * 10 + (uint32_t)(*at - '0');
    }
    return priority < ARRAY_LAST ? priority : ARRAY_LAST;
}

static bool sort_arrays(struct layout *layout)
{
    struct object *object = layout->object;
    size_t mark = object->workspace_used;
    struct sort_entry *entries =
        workspace_take(object, (uint64_t)layout->count * sizeof(struct sort_entry));
    if (entries == NULL) {
        return false;
    }
    for (uint32_t i = 0; i < layout->count; i++) {
        uint32_t index = layout->order[i];
        entries[i] = (struct sort_entry){array_priority(section_name(object, index)), index};
    }
    sort_entries(entries, layout->count);
    for (uint32_t i = 0; i < layout->count; i++) {
        layout->order[i] = (uint32_t)entries[i].value;
    }
    object->workspace_used = mark;
    return true;
}

static bool place_array(struct layout *layout, enum section_kind kind, struct object_array *array,
                        uint64_t *place)
{
    gather(layout, OBJECT_RODATA, kind, true);
    if (!sort_arrays(layout)) {
        return false;
    }
    layout->cursor = align_up(layout->cursor, sizeof(uint64_t));
    *place = layout->cursor;
    for (uint32_t i = 0; i < layout->count; i++) {
        if (!place_section(layout, layout->order[i])) {
            return false;
        }
    }
    array->count = (layout->cursor - *place) / sizeof(uint64_t);
    return true;
}

/* Places in the TLS block; the template's copy in the read-only group keeps them. */
static bool place_tls_part(struct layout *layout, bool has_bytes)
{
    struct object_tls *tls = &layout->object->tls;
    gather(layout, OBJECT_RODATA, SECTION_TLS, has_bytes);
    for (uint32_t i = 0; i < layout->count; i++) {
        uint32_t align = layout->object->sections[layout->order[i]].align;
        tls->align = align > tls->align ? align : tls->align;
        if (!place_section(layout, layout->order[i])) {
            return false;
        }
    }
    return true;
}

static bool place_tls(struct layout *layout)
{
    struct object *object = layout->object;
    struct object_tls *tls = &object->tls;
    uint64_t cursor = layout->cursor;
    *tls = (struct object_tls){.align = 1};
    layout->cursor = 0;
    if (!place_tls_part(layout, true)) {
        return false;
    }
    tls->template_size = layout->cursor;
    if (!place_tls_part(layout, false)) {
        return false;
    }
    tls->size = layout->cursor;
    tls->tp_offset = align_up(object->machine->tcb_bytes, tls->align);
    object->tls_place = align_up(cursor, tls->align);
    layout->cursor = tls->template_size == 0 ? cursor : object->tls_place + tls->template_size;
    if (layout->cursor > OBJECT_MEMORY_MAX) {
        return refuse(object, REFUSAL_SIZE,
                      "its sections up to the thread-local ones exceed the limit of %'u bytes of "
                      "memory",
                      OBJECT_MEMORY_MAX);
    }
    return true;
}

/* No more than these are used; groups begin at pages, so a place tells its offset in a page. */
static uint32_t count_veneers(const struct object *object)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < object->high_part_count; i++) {
        uint64_t key = object->high_parts[i].key;
        const struct object_section *section = &object->sections[key >> 32];
        count += section->group == OBJECT_TEXT &&
                 object->machine->is_affected(section->place + (uint32_t)key);
    }
    return count;
}

static bool place_veneers(struct layout *layout)
{
    struct object *object = layout->object;
    uint32_t index = object->extra_first + EXTRA_VENEERS;
    struct object_section *section = &object->sections[index];
    uint32_t bytes = object->machine->stub_bytes;
    object->veneers = object->machine->is_affected == NULL ? 0 : count_veneers(object);
    if (object->veneers > OBJECT_MEMORY_MAX / bytes) {
        return refuse(object, REFUSAL_SIZE, "needs %'u veneers", object->veneers);
    }
    section->size = section->loaded = object->veneers * bytes;
    return place_section(layout, index);
}

static void end_group(struct layout *layout, enum object_group_name name)
{
    struct object *object = layout->object;
    struct object_group *group = &object->group[name];
    group->size = layout->cursor;
    group->align = OBJECT_PAGE;
    for (uint32_t i = 0; i < section_total(object); i++) {
        const struct object_section *section = &object->sections[i];
        if (section->group == name && section->align > group->align) {
            group->align = section->align;
        }
    }
    layout->cursor = 0;
}

static bool layout_text(struct layout *layout)
{
    struct object_group *group = &layout->object->group[OBJECT_TEXT];
    if (!place_plain(layout, OBJECT_TEXT, true) || !place_veneers(layout)) {
        return false;
    }
    group->content = layout->cursor;
    end_group(layout, OBJECT_TEXT);
    return true;
}

static bool layout_rodata(struct layout *layout)
{
    struct object *object = layout->object;
    struct object_arrays *arrays = &object->arrays;
    uint64_t *places = object->array_places;
    if (!place_plain(layout, OBJECT_RODATA, true) ||
        !place_array(layout, SECTION_PREINIT, &arrays->preinit, &places[0]) ||
        !place_array(layout, SECTION_INIT, &arrays->init, &places[1]) ||
        !place_array(layout, SECTION_FINI, &arrays->fini, &places[2]) || !place_tls(layout)) {
        return false;
    }
    object->group[OBJECT_RODATA].content = layout->cursor;
    end_group(layout, OBJECT_RODATA);
    return true;
}

static bool layout_data(struct layout *layout)
{
    struct object_group *group = &layout->object->group[OBJECT_DATA];
    if (!place_plain(layout, OBJECT_DATA, true)) {
        return false;
    }
    group->content = layout->cursor;
    if (!place_plain(layout, OBJECT_DATA, false)) {
        return false;
    }
    end_group(layout, OBJECT_DATA);
    return true;
}

static void set_extra(struct object *object, enum extra_section which, uint8_t group, uint64_t size,
                      uint32_t align)
{
    object->sections[object->extra_first + which] = (struct object_section){
        .size = (uint32_t)size,
        .loaded = (uint32_t)size,
        .align = align,
        .group = group,
        .has_bytes = true,
    };
}

static void set_extras(struct object *object)
{
    uint32_t stub_bytes = object->machine->stub_bytes;
    set_extra(object, EXTRA_GOT, OBJECT_RODATA, (uint64_t)object->got_slots * sizeof(uint64_t),
              sizeof(uint64_t));
    set_extra(object, EXTRA_STUBS, OBJECT_TEXT, (uint64_t)object->stubs * stub_bytes, stub_bytes);
    set_extra(object, EXTRA_VENEERS, OBJECT_TEXT, 0, stub_bytes);
    for (uint32_t i = 0; i < OBJECT_GROUPS; i++) {
        object->group[i].address = 0;
    }
}

static bool check_span(struct object *object)
{
    uint64_t total = 0;
    for (uint32_t i = 0; i < OBJECT_GROUPS; i++) {
        total += align_up(object->group[i].size, object->group[i].align);
    }
    if (total > object->constraint.span) {
        return refuse(object, REFUSAL_SIZE,
                      "needs %'llu bytes of memory, and its code reaches only %'llu; compile it "
                      "for a larger code model",
                      (unsigned long long)total, (unsigned long long)object->constraint.span);
    }
    return true;
}

bool object_layout(struct object *object, uint64_t seed, struct refusal *refusal)
{
    object->refusal = refusal;
    size_t mark = object->workspace_used;
    struct layout layout = {.object = object, .random = seed};
    layout.order = workspace_take(object, (uint64_t)section_total(object) * sizeof(uint32_t));
    if (layout.order == NULL) {
        return false;
    }
    set_extras(object);
    bool good = layout_text(&layout) && layout_rodata(&layout) && layout_data(&layout);
    object->workspace_used = mark;
    return good && check_span(object);
}

static bool check_address(struct object *object, const struct object_group *group)
{
    if ((group->address & (group->align - 1)) == 0 && group->address <= object->constraint.limit &&
        group->size <= object->constraint.limit - group->address) {
        return true;
    }
    return refuse(object, REFUSAL_PLACEMENT,
                  "cannot be placed at 0x%llx: needs alignment 0x%llx, below 0x%llx",
                  (unsigned long long)group->address, (unsigned long long)group->align,
                  (unsigned long long)object->constraint.limit);
}

static bool check_distance(struct object *object, const struct object_group *a,
                           const struct object_group *b)
{
    uint64_t a_end = a->address + a->size;
    uint64_t b_end = b->address + b->size;
    if (a->size == 0 || b->size == 0) {
        return true;
    }
    uint64_t low = a->address < b->address ? a->address : b->address;
    uint64_t high = a_end > b_end ? a_end : b_end;
    bool apart = a_end <= b->address || b_end <= a->address;
    if (apart && high - low <= object->constraint.span) {
        return true;
    }
    return refuse(object, REFUSAL_PLACEMENT,
                  "cannot be placed at 0x%llx and 0x%llx: groups must be apart, within %'llu bytes",
                  (unsigned long long)a->address, (unsigned long long)b->address,
                  (unsigned long long)object->constraint.span);
}

/* Symbols of empty groups resolve near the others, so that no empty section is out of reach. */
static void set_addresses(struct object *object, const uint64_t address[OBJECT_GROUPS])
{
    uint64_t any = 0;
    for (uint32_t i = 0; i < OBJECT_GROUPS; i++) {
        any = object->group[i].size != 0 ? address[i] : any;
    }
    for (uint32_t i = 0; i < OBJECT_GROUPS; i++) {
        struct object_group *group = &object->group[i];
        group->address = group->size != 0 ? address[i] : any;
    }
    uint64_t base = object->group[OBJECT_RODATA].address;
    object->tls.template_address = base + object->tls_place;
    object->arrays.preinit.address = base + object->array_places[0];
    object->arrays.init.address = base + object->array_places[1];
    object->arrays.fini.address = base + object->array_places[2];
}

bool object_place(struct object *object, const uint64_t address[OBJECT_GROUPS],
                  struct refusal *refusal)
{
    object->refusal = refusal;
    set_addresses(object, address);
    sections_settle(object);
    symbols_settle(object);
    const struct object_group *group = object->group;
    for (uint32_t i = 0; i < OBJECT_GROUPS; i++) {
        if (group[i].size != 0 && !check_address(object, &group[i])) {
            return false;
        }
    }
    return check_distance(object, &group[OBJECT_TEXT], &group[OBJECT_RODATA]) &&
           check_distance(object, &group[OBJECT_TEXT], &group[OBJECT_DATA]) &&
           check_distance(object, &group[OBJECT_RODATA], &group[OBJECT_DATA]);
}
