/* Going on after a crash: see recover.h and saved.h. */
#include "recover.h"

#include "directory.h"
#include "table.h"
#include "tree.h"

#define SAVED_MAGIC 0x46415431u /* "FAT1" */

enum { SET_SLOTS = 21 }; /* slots of one name, at most */

struct fat_intent *fat_intend(struct fat *fat, enum fat_intent_kind kind,
                              const struct fat_run *runs, uint32_t run_count)
{
    struct fat_intent *intent = &fat->saved->intent;
    fat_zero(intent, sizeof(*intent));
    intent->count = run_count;
    for (uint32_t i = 0; i < run_count; i++) {
        intent->runs[i] = runs[i];
    }
    intent->kind = (uint32_t)kind;
    return intent;
}

void fat_intend_free(struct fat *fat, uint32_t first, const struct fat_place *place)
{
    struct fat_intent *intent = fat_intend(fat, FAT_INTENT_NONE, NULL, 0);
    intent->next = first;
    intent->place = *place;
    intent->kind = FAT_INTENT_FREE;
}

void fat_intend_name(struct fat *fat, const struct fat_place *place)
{
    struct fat_intent *intent = fat_intend(fat, FAT_INTENT_NONE, NULL, 0);
    intent->place = *place;
    intent->kind = FAT_INTENT_NAME;
}

void fat_intend_nothing(struct fat *fat)
{
    if (!fat->cache.failed) { /* otherwise it is for fat_put_in_order() */
        fat->saved->intent.kind = FAT_INTENT_NONE;
    }
}

void fat_saved_keep(struct fat *fat, bool keep)
{
    fat->saved->magic = keep ? SAVED_MAGIC : 0;
}

void fat_saved_check(struct fat *fat, uint32_t identity)
{
    struct fat_saved *saved = fat->saved;
    if (saved->magic != SAVED_MAGIC || saved->identity != identity ||
        saved->clusters != fat->clusters) {
        fat_zero(saved, sizeof(*saved));
        saved->magic = SAVED_MAGIC;
        saved->identity = identity;
        saved->clusters = fat->clusters;
    }
}

/* ---- what may be believed ------------------------------------------------------------------- */

static bool runs_are_sound(const struct fat *fat, const struct fat_intent *intent)
{
    if (intent->count > FAT_RUNS) {
        return false;
    }
    for (uint32_t i = 0; i < intent->count; i++) {
        const struct fat_run *run = &intent->runs[i];
        if (!fat_is_cluster(fat, run->first) || run->count == 0 ||
            run->count > fat->clusters - (run->first - FAT_FIRST_CLUSTER)) {
            return false;
        }
    }
    return true;
}

static bool place_is_sound(const struct fat *fat, const struct fat_place *place)
{
    return place->sector >= fat->root_start && place->offset % FAT_ENTRY_BYTES == 0 &&
           place->offset < fat->sector_bytes && place->slot < FAT_DIRECTORY_SLOTS &&
           place->first_slot <= place->slot && place->slot - place->first_slot < SET_SLOTS &&
           (place->directory == 0 || fat_is_cluster(fat, place->directory));
}

/* The entry at a place. NOT_FOUND: no name is there. */
static status_t read_place(struct fat *fat, const struct fat_place *place,
                           uint8_t entry[FAT_ENTRY_BYTES])
{
    uint8_t *bytes;
    if (!place_is_sound(fat, place)) {
        return STATUS_NOT_FOUND;
    }
    status_t status = fat_cache_read(&fat->cache, place->sector, &bytes);
    if (status != STATUS_OK) {
        return status;
    }
    fat_copy(entry, bytes + place->offset, FAT_ENTRY_BYTES);
    bool name = entry[0] != ENTRY_FREE && entry[0] != ENTRY_LAST &&
                (entry[ENTRY_ATTRIBUTES] & ATTRIBUTE_VOLUME) == 0;
    return name ? STATUS_OK : STATUS_NOT_FOUND;
}

/* ---- intents -------------------------------------------------------------------------------- */

/* Whether what got clusters has them for good. */
static status_t has_owner(struct fat *fat, const struct fat_intent *intent, bool *owned)
{
    uint8_t entry[FAT_ENTRY_BYTES];
    uint32_t next = 0;
    status_t status = STATUS_OK;
    *owned = false;
    if (intent->place.sector != 0) {
        status = read_place(fat, &intent->place, entry);
        if (status == STATUS_OK) {
            *owned = intent->link == 0 ? fat_entry_cluster(fat, entry) == intent->runs[0].first
                                       : fat_get32(entry + ENTRY_SIZE) > intent->size;
        }
        return status == STATUS_NOT_FOUND ? STATUS_OK : status;
    }
    if (fat_is_cluster(fat, intent->link)) {
        status = fat_entry_get(fat, intent->link, &next);
        *owned = next == intent->runs[0].first;
    }
    return status;
}

static status_t undo_allocation(struct fat *fat, const struct fat_intent *intent)
{
    bool owned = false;
    uint32_t next = 0;
    status_t status = has_owner(fat, intent, &owned);
    if (status != STATUS_OK || owned) {
        return status;
    }
    if (fat_is_cluster(fat, intent->link)) {
        status = fat_entry_get(fat, intent->link, &next);
        if (status == STATUS_OK && next == intent->runs[0].first) {
            status = fat_entry_set(fat, intent->link, FAT_END);
        }
        if (status == STATUS_OK) {
            status = fat_barrier(fat);
        }
    }
    return status == STATUS_OK ? fat_free_runs(fat, intent->runs, intent->count) : status;
}

/* Takes the last pointer to a chain away; *free: there is none. */
static status_t let_go(struct fat *fat, const struct fat_intent *intent, bool *free)
{
    uint8_t entry[FAT_ENTRY_BYTES];
    uint32_t next = 0;
    status_t status = STATUS_OK;
    *free = true;
    if (intent->place.sector != 0) {
        status = read_place(fat, &intent->place, entry);
        *free = status != STATUS_OK || fat_entry_cluster(fat, entry) != intent->next;
        status = status == STATUS_NOT_FOUND ? STATUS_OK : status;
    }
    if (status == STATUS_OK && fat_is_cluster(fat, intent->link)) {
        status = fat_entry_get(fat, intent->link, &next);
        if (status == STATUS_OK && next == intent->next) {
            status = fat_entry_set(fat, intent->link, FAT_END);
        }
    }
    return status == STATUS_OK ? fat_barrier(fat) : status;
}

static status_t finish_freeing(struct fat *fat, const struct fat_intent *intent)
{
    uint32_t next = intent->next;
    bool free = false;
    status_t status = let_go(fat, intent, &free);
    if (status != STATUS_OK || !free) {
        return status;
    }
    status = fat_free_runs(fat, intent->runs, intent->count);
    if (status == STATUS_OK) {
        status = fat_stage(fat);
    }
    return status == STATUS_OK && fat_is_cluster(fat, next) ? fat_free_chain(fat, next) : status;
}

static status_t finish_renaming(struct fat *fat, const struct fat_intent *intent)
{
    uint8_t from[FAT_ENTRY_BYTES];
    uint8_t to[FAT_ENTRY_BYTES];
    status_t status = read_place(fat, &intent->place, to);
    if (status == STATUS_OK) {
        status = read_place(fat, &intent->from, from);
    }
    bool same = status == STATUS_OK && from[ENTRY_ATTRIBUTES] == to[ENTRY_ATTRIBUTES] &&
                __builtin_memcmp(from + ENTRY_CREATED_TENTHS, to + ENTRY_CREATED_TENTHS,
                                 FAT_ENTRY_BYTES - ENTRY_CREATED_TENTHS) == 0;
    if (same) {
        status = fat_rename_finish(fat, intent);
    }
    bool renamed = status == STATUS_OK || status == STATUS_NOT_FOUND;
    return renamed ? finish_freeing(fat, intent) : status;
}

/* Slots of a long name whose short one has not come, or has gone already. */
static status_t tidy(struct fat *fat, const struct fat_place *place)
{
    uint8_t entry[FAT_ENTRY_BYTES];
    if (place->sector == 0 || !place_is_sound(fat, place) ||
        read_place(fat, place, entry) != STATUS_NOT_FOUND) {
        return STATUS_OK;
    }
    return fat_directory_drop_long(fat, place);
}

static status_t refresh(struct fat *fat, uint32_t cluster)
{
    uint32_t value;
    status_t status = fat_entry_get(fat, cluster, &value);
    return status == STATUS_OK ? fat_entry_set(fat, cluster, value) : status;
}

/* The copies of the FAT may differ in what was being written: they get it again. */
static status_t refresh_all(struct fat *fat, const struct fat_intent *intent)
{
    status_t status = refresh(fat, FAT_STATE_ENTRY);
    if (status == STATUS_OK && fat_is_cluster(fat, intent->link)) {
        status = refresh(fat, intent->link);
    }
    for (uint32_t i = 0; i < intent->count; i++) {
        for (uint32_t j = 0; j < intent->runs[i].count && status == STATUS_OK; j++) {
            status = refresh(fat, intent->runs[i].first + j);
        }
    }
    return status == STATUS_OK ? fat_stage(fat) : status;
}

static status_t settle_intent(struct fat *fat)
{
    struct fat_intent intent = fat->saved->intent;
    bool nothing = intent.kind == FAT_INTENT_NONE && fat->saved->dirty_by_us == 0;
    if (!runs_are_sound(fat, &intent) || fat->read_only || nothing) {
        return STATUS_OK;
    }
    status_t status = refresh_all(fat, &intent);
    if (status != STATUS_OK) {
        return status;
    }
    if (intent.kind == FAT_INTENT_ALLOCATE && intent.count > 0) {
        status = undo_allocation(fat, &intent);
    } else if (intent.kind == FAT_INTENT_FREE) {
        status = finish_freeing(fat, &intent);
    } else if (intent.kind == FAT_INTENT_RENAME) {
        status = finish_renaming(fat, &intent);
    }
    if (status == STATUS_OK && intent.kind != FAT_INTENT_NONE) {
        status = tidy(fat, &intent.place);
    }
    if (status == STATUS_OK && intent.kind == FAT_INTENT_RENAME) {
        status = tidy(fat, &intent.from);
    }
    return status == STATUS_OK ? fat_stage(fat) : status;
}

/* ---- what is open --------------------------------------------------------------------------- */

static void find_again(struct fat *fat, struct fat_node *node)
{
    uint8_t entry[FAT_ENTRY_BYTES];
    struct fat_node loaded;
    uint32_t references = node->references;
    bool directory = fat_is_directory(node);
    status_t status = read_place(fat, &node->place, entry);
    if (status == STATUS_OK) {
        status = fat_node_load(fat, &node->place, entry, &loaded);
    }
    bool same = status == STATUS_OK && fat_is_directory(&loaded) == directory &&
                __builtin_memcmp(loaded.short_name, node->short_name, FAT_SHORT_BYTES) == 0;
    if (same) {
        *node = loaded;
        node->references = references;
    }
    node->lost = !same;
}

status_t fat_recover(struct fat *fat)
{
    status_t status = settle_intent(fat);
    fat_intend_nothing(fat);
    for (uint32_t i = 0; i < FAT_NODES && status == STATUS_OK; i++) {
        if (fat->saved->nodes[i].references != 0) {
            find_again(fat, &fat->saved->nodes[i]);
        }
    }
    return status;
}

void fat_put_in_order(struct fat *fat)
{
    if (fat->cache.failed) {
        fat_cache_drop(&fat->cache);
        fat->cache.failed = false;
        fat->free_clusters = FAT_UNKNOWN;
        fat->cache.failed = fat_recover(fat) != STATUS_OK;
    }
}
