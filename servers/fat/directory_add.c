/* New names in directories: where they go and what their short names are. See directory.h. */
#include "recover.h"
#include "slots.h"
#include "table.h"

enum {
    CANDIDATES = 16, /* short names tried in one pass */
    PASSES = 16,
    NO_SLOT = -1
};

/* What one pass over a directory finds out. */
struct survey {
    uint32_t wanted; /* slots in a row */
    int64_t ignored; /* slot of a short entry whose name may be taken, or NO_SLOT */
    int64_t room;    /* the first of them, or NO_SLOT */
    uint32_t end;    /* slots of the directory */
    uint32_t taken;  /* bit i: candidate i is somebody's short name */
};

static void note_taken(struct survey *survey, const uint8_t *entry,
                       uint8_t candidates[CANDIDATES][FAT_SHORT_BYTES], uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        if (__builtin_memcmp(entry, candidates[i], FAT_SHORT_BYTES) == 0) {
            survey->taken |= 1u << i;
        }
    }
}

/* Behind the mark of the end everything is free, whatever it holds. */
static status_t look_over(struct fat *fat, struct fat_node *directory, struct survey *survey,
                          uint8_t candidates[CANDIDATES][FAT_SHORT_BYTES], uint32_t count)
{
    struct fat_place place;
    uint8_t entry[FAT_ENTRY_BYTES];
    uint32_t in_a_row = 0;
    bool ended = false;
    survey->room = NO_SLOT;
    survey->taken = 0;
    for (survey->end = 0; survey->end < FAT_DIRECTORY_SLOTS; survey->end++) {
        status_t status = fat_slot_read(fat, directory, survey->end, &place, entry);
        if (status == STATUS_NOT_FOUND) {
            break;
        }
        if (status != STATUS_OK) {
            return status;
        }
        ended = ended || entry[0] == ENTRY_LAST;
        if (ended || entry[0] == ENTRY_FREE) {
            in_a_row++;
        } else {
            in_a_row = 0;
            if (!fat_slot_is_long(entry) && survey->end != survey->ignored) {
                note_taken(survey, entry, candidates, count);
            }
        }
        if (in_a_row == survey->wanted && survey->room == NO_SLOT) {
            survey->room = (int64_t)survey->end + 1 - survey->wanted;
        }
        if (ended && survey->room != NO_SLOT) {
            break;
        }
    }
    return STATUS_OK;
}

/* One more cluster, zero before it is linked. */
static status_t grow(struct fat *fat, struct fat_node *directory)
{
    struct fat_run run[FAT_RUNS];
    uint32_t runs = 0;
    uint32_t found = 0;
    if (directory->first == 0) {
        return STATUS_FULL;
    }
    fat_node_forget(directory); /* somebody else may have made it longer */
    status_t status = fat_node_tail(fat, directory);
    if (status != STATUS_OK) {
        return status;
    }
    uint64_t longer = (uint64_t)(directory->tail_count + 1) * fat->cluster_bytes;
    if (longer > (uint64_t)FAT_DIRECTORY_SLOTS * FAT_ENTRY_BYTES) {
        return STATUS_FULL;
    }
    status = fat_choose(fat, 1, run, &runs, &found);
    if (status != STATUS_OK || found == 0) {
        return status != STATUS_OK ? status : STATUS_FULL;
    }
    fat_intend(fat, FAT_INTENT_ALLOCATE, run, 1)->link = directory->tail;
    status = fat_slots_zero(fat, run[0].first);
    if (status == STATUS_OK) {
        status = fat_enter_filled(fat, run);
    }
    if (status == STATUS_OK) {
        status = fat_entry_set(fat, directory->tail, run[0].first);
    }
    if (status == STATUS_OK) {
        status = fat_stage(fat);
    }
    fat_intend_nothing(fat);
    fat_node_forget(directory);
    return status;
}

static uint32_t make_candidates(const struct fat_name *name, uint32_t pass,
                                uint8_t candidates[CANDIDATES][FAT_SHORT_BYTES])
{
    if (fat_name_is_short(name, candidates[0])) {
        return 1;
    }
    for (uint32_t i = 0; i < CANDIDATES; i++) {
        fat_name_make_short(name, pass * CANDIDATES + i, candidates[i]);
    }
    return CANDIDATES;
}

/* Chooses the short name and the first slot. A name that is a short one has no other choice: that
 * somebody else has it shows only for the alias of a long name, and then it gets a long one too. */
static status_t find_room(struct fat *fat, struct fat_node *directory, const struct fat_name *name,
                          uint8_t short_name[FAT_SHORT_BYTES], struct survey *survey)
{
    uint8_t candidates[CANDIDATES][FAT_SHORT_BYTES];
    for (uint32_t pass = 0; pass < PASSES;) {
        uint32_t count = make_candidates(name, pass, candidates);
        status_t status = look_over(fat, directory, survey, candidates, count);
        if (status == STATUS_OK && survey->room == NO_SLOT) {
            status = grow(fat, directory);
            if (status == STATUS_OK) {
                continue;
            }
        }
        if (status != STATUS_OK) {
            return status;
        }
        for (uint32_t i = 0; i < count; i++) {
            if ((survey->taken >> i & 1) == 0) {
                fat_copy(short_name, candidates[i], FAT_SHORT_BYTES);
                return STATUS_OK;
            }
        }
        pass++;
    }
    return STATUS_FULL;
}

static void fill_long(uint8_t *slot, const struct fat_name *name, uint32_t order, bool last,
                      uint8_t checksum)
{
    uint32_t start = (order - 1) * LONG_UNITS;
    fat_zero(slot, FAT_ENTRY_BYTES);
    slot[LONG_ORDER] = (uint8_t)(order | (last ? LONG_LAST : 0));
    slot[LONG_ATTRIBUTES] = ATTRIBUTE_LONG_NAME;
    slot[LONG_CHECKSUM] = checksum;
    for (uint32_t i = 0; i < LONG_UNITS; i++) {
        uint32_t unit = start + i < name->length    ? name->units[start + i]
                        : start + i == name->length ? 0
                                                    : 0xffff;
        fat_put16(slot + fat_slot_units[i], unit);
    }
}

/* Where the mark of the end was, there has to be one behind the new name. */
static status_t write_end(struct fat *fat, struct fat_node *directory, uint32_t slot)
{
    uint8_t entry[FAT_ENTRY_BYTES];
    struct fat_place place;
    status_t status = fat_slot_read(fat, directory, slot, &place, entry);
    if (status == STATUS_NOT_FOUND) {
        return STATUS_OK;
    }
    if (status == STATUS_OK && entry[0] != ENTRY_LAST) {
        fat_zero(entry, sizeof(entry));
        status = fat_slot_write(fat, directory, slot, entry);
    }
    return status;
}

/* Whether the end of the directory lies in the slots from `slot` on. */
static status_t holds_end(struct fat *fat, struct fat_node *directory, uint32_t slot,
                          uint32_t count, bool *holds)
{
    *holds = false;
    for (uint32_t i = 0; i < count && !*holds; i++) {
        uint8_t entry[FAT_ENTRY_BYTES];
        struct fat_place place;
        status_t status = fat_slot_read(fat, directory, slot + i, &place, entry);
        if (status != STATUS_OK) {
            return status;
        }
        *holds = entry[0] == ENTRY_LAST;
    }
    return STATUS_OK;
}

status_t fat_directory_add(struct fat *fat, struct fat_node *directory, const struct fat_name *name,
                           const struct fat_place *replaced, uint8_t *entry,
                           struct fat_place *place)
{
    uint8_t slot[FAT_ENTRY_BYTES];
    uint32_t long_slots =
        fat_name_is_short(name, slot) ? 0 : (name->length + LONG_UNITS - 1) / LONG_UNITS;
    struct survey survey = {.wanted = long_slots + 1, .ignored = NO_SLOT};
    if (replaced != NULL && replaced->directory == directory->first) {
        survey.ignored = replaced->slot;
    }
    bool was_end = false;
    status_t status = find_room(fat, directory, name, entry, &survey);
    if (status != STATUS_OK) {
        return status;
    }
    uint32_t first = (uint32_t)survey.room;
    status = holds_end(fat, directory, first, survey.wanted, &was_end);
    for (uint32_t order = long_slots; order > 0 && status == STATUS_OK; order--) {
        fill_long(slot, name, order, order == long_slots, fat_name_checksum(entry));
        status = fat_slot_write(fat, directory, first + long_slots - order, slot);
    }
    if (status == STATUS_OK && was_end) {
        status = write_end(fat, directory, first + survey.wanted);
    }
    if (status == STATUS_OK) {
        status = fat_slot_write(fat, directory, first + long_slots, entry);
    }
    *place = (struct fat_place){
        .directory = directory->first, .first_slot = first, .slot = first + long_slots};
    return status == STATUS_OK
               ? fat_slot_place(fat, directory, place->slot, &place->sector, &place->offset)
               : status;
}
