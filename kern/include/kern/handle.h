/*
 * Handle tables. A handle is index + generation (32 bits each); slot 0 is never used. Closing a
 * slot advances its generation, so a stale handle answers GONE; a slot whose generation would wrap
 * is retired.
 */
#ifndef KERN_HANDLE_H
#define KERN_HANDLE_H

#include <kern/lock.h>
#include <kern/object.h>

#define HANDLE_SLOTS_PER_PAGE 256
#define HANDLE_PAGES          64 /* 16,384 handles */

struct handle_slot {
    struct object *object; /* null: free */
    uint32_t rights;
    uint32_t generation;
};

struct handle_table {
    struct lock lock;
    uint32_t free;         /* index of the first free slot, 0: none; linked through `rights` */
    uint32_t used;         /* open handles */
    uint32_t pages;        /* slot pages present */
    bool closed;           /* its task ends: nothing may be put in any more */
    atomic_ulong removals; /* while it stays the same, what was looked up once is still there */
    struct handle_slot *page[HANDLE_PAGES];
};

/* The slot of an open handle, or null. Table locked. */
static inline struct handle_slot *handle_find(struct handle_table *table, handle_t handle)
{
    uint32_t index = (uint32_t)handle;
    uint32_t page = index / HANDLE_SLOTS_PER_PAGE;
    struct handle_slot *slot;

    if (page >= table->pages) {
        return NULL;
    }
    slot = &table->page[page][index % HANDLE_SLOTS_PER_PAGE];
    return slot->generation == handle >> 32 && slot->object != NULL ? slot : NULL;
}

/* As handle_lookup, which also says why there is none. */
static inline struct object *handle_get(struct handle_table *table, handle_t handle, uint32_t type,
                                        uint32_t rights)
{
    struct object *object = NULL;
    struct handle_slot *slot;

    lock_acquire(&table->lock);
    slot = handle_find(table, handle);
    if (slot != NULL && slot->object->type == type && (slot->rights & rights) == rights) {
        object = slot->object;
        object_reference(object);
    }
    lock_release(&table->lock);
    return object;
}

/* The object with a reference for the caller, or null and *status. rights: all are needed. */
struct object *handle_lookup(struct handle_table *table, handle_t handle, uint32_t type,
                             uint32_t rights, status_t *status);
/* As handle_lookup for any type; also tells the rights. */
struct object *handle_lookup_any(struct handle_table *table, handle_t handle, uint32_t *rights,
                                 status_t *status);
/* As handle_lookup_any, but with a further handle of the object, which is in no table yet: for
 * handle_install_all() or object_handle_removed(). */
struct object *handle_take(struct handle_table *table, handle_t handle, uint32_t *rights,
                           status_t *status);
/* Puts a new object into the table; takes a handle count and reference of its own. */
status_t handle_install(struct handle_table *table, struct account *account, struct object *object,
                        uint32_t rights, handle_t *handle);
/* Puts what was taken into the table, all of it or nothing: on success the counts are its. */
status_t handle_install_all(struct handle_table *table, struct account *account,
                            struct object *const *objects, const uint32_t *rights, unsigned count,
                            handle_t *handles);
status_t handle_remove(struct handle_table *table, handle_t handle);
/*
 * Counts the objects to which `matches` applies, with the table locked, among the slots from *from
 * to the end of their page. *from: the next slot, 0 after the last.
 */
uint32_t handle_table_count(struct handle_table *table, uint32_t *from,
                            bool (*matches)(const struct object *object, const void *context),
                            const void *context);
/* Closes up to `limit` handles; true when none is left. Frees the pages then. */
bool handle_table_clear(struct handle_table *table, struct account *account, unsigned limit);

#endif
