/*
 * Handle tables; see kern/handle.h.
 */
#include <kern/handle.h>
#include <kern/kmem.h>

static uint32_t handle_index(handle_t handle)
{
    return (uint32_t)handle;
}

static uint32_t handle_generation(handle_t handle)
{
    return (uint32_t)(handle >> 32);
}

static struct handle_slot *slot_of(struct handle_table *table, uint32_t index)
{
    uint32_t page = index / HANDLE_SLOTS_PER_PAGE;

    if (page >= table->pages) {
        return NULL;
    }
    return &table->page[page][index % HANDLE_SLOTS_PER_PAGE];
}

/* Why handle_find() finds nothing. Generations start at 1, so that no handle is 0. Table locked. */
static status_t refusal(struct handle_table *table, handle_t handle)
{
    struct handle_slot *slot = slot_of(table, handle_index(handle));
    uint32_t generation = handle_generation(handle);

    return slot == NULL || handle_index(handle) == 0 || generation == 0 ||
                   generation >= slot->generation
               ? STATUS_BAD_HANDLE
               : STATUS_GONE;
}

/* hold: what the object gets with the table locked. */
static struct object *find_any(struct handle_table *table, handle_t handle, uint32_t *rights,
                               status_t *status, void (*hold)(struct object *))
{
    struct object *object = NULL;
    struct handle_slot *slot;

    lock_acquire(&table->lock);
    slot = handle_find(table, handle);
    if (slot != NULL) {
        object = slot->object;
        *rights = slot->rights;
        hold(object);
    } else {
        *status = refusal(table, handle);
    }
    lock_release(&table->lock);
    return object;
}

struct object *handle_lookup_any(struct handle_table *table, handle_t handle, uint32_t *rights,
                                 status_t *status)
{
    return find_any(table, handle, rights, status, object_reference);
}

struct object *handle_take(struct handle_table *table, handle_t handle, uint32_t *rights,
                           status_t *status)
{
    return find_any(table, handle, rights, status, object_handle_added);
}

struct object *handle_lookup(struct handle_table *table, handle_t handle, uint32_t type,
                             uint32_t rights, status_t *status)
{
    uint32_t had = 0;
    struct object *object = handle_get(table, handle, type, rights);

    if (object != NULL) {
        return object;
    }
    object = handle_lookup_any(table, handle, &had, status);
    if (object != NULL) {
        *status = object->type != type ? STATUS_WRONG_TYPE : STATUS_NO_RIGHT;
        object_release(object);
    }
    return NULL;
}

/* A page of free slots at the end of the table; table locked. */
static status_t grow(struct handle_table *table, struct account *account)
{
    struct handle_slot *slots;
    uint32_t first = table->pages * HANDLE_SLOTS_PER_PAGE;

    if (table->pages == HANDLE_PAGES) {
        return STATUS_NO_HANDLES;
    }
    slots = kmem_allocate(account, HANDLE_SLOTS_PER_PAGE * sizeof(*slots));
    if (slots == NULL) {
        return STATUS_NO_KERNEL_MEMORY;
    }
    for (uint32_t i = HANDLE_SLOTS_PER_PAGE; i-- > (first == 0 ? 1u : 0u);) {
        slots[i].generation = 1;
        slots[i].rights = table->free;
        table->free = first + i;
    }
    table->page[table->pages++] = slots;
    return STATUS_OK;
}

static handle_t fill(struct handle_table *table, struct object *object, uint32_t rights)
{
    uint32_t index = table->free;
    struct handle_slot *slot = slot_of(table, index);

    table->free = slot->rights;
    slot->object = object;
    slot->rights = rights;
    table->used++;
    return (uint64_t)slot->generation << 32 | index;
}

/* True if `count` slots are free; table locked. */
static bool has_free(struct handle_table *table, unsigned count)
{
    uint32_t index = table->free;

    while (count > 0 && index != 0) {
        index = slot_of(table, index)->rights;
        count--;
    }
    return count == 0;
}

/* Table locked. */
static status_t make_room(struct handle_table *table, struct account *account, unsigned count)
{
    if (table->closed) {
        return STATUS_DYING;
    }
    return has_free(table, count) ? STATUS_OK : grow(table, account);
}

status_t handle_install_all(struct handle_table *table, struct account *account,
                            struct object *const *objects, const uint32_t *rights, unsigned count,
                            handle_t *handles)
{
    status_t status;

    lock_acquire(&table->lock);
    status = make_room(table, account, count);
    for (unsigned i = 0; i < count && status == STATUS_OK; i++) {
        handles[i] = fill(table, objects[i], rights[i]);
    }
    lock_release(&table->lock);
    return status;
}

status_t handle_install(struct handle_table *table, struct account *account, struct object *object,
                        uint32_t rights, handle_t *handle)
{
    status_t status;

    lock_acquire(&table->lock);
    status = make_room(table, account, 1);
    if (status == STATUS_OK) {
        object_handle_added(object);
        *handle = fill(table, object, rights);
    }
    lock_release(&table->lock);
    return status;
}

/* Empties a slot; its object is the caller's to let go once the table is unlocked. */
static struct object *vacate(struct handle_table *table, uint32_t index)
{
    struct handle_slot *slot = slot_of(table, index);
    struct object *object = slot->object;

    slot->object = NULL;
    table->used--;
    atomic_fetch_add_explicit(&table->removals, 1, memory_order_relaxed);
    if (slot->generation != UINT32_MAX) {
        slot->generation++;
        slot->rights = table->free;
        table->free = index;
    }
    return object;
}

status_t handle_remove(struct handle_table *table, handle_t handle)
{
    status_t status = STATUS_OK;
    struct object *object = NULL;

    lock_acquire(&table->lock);
    if (handle_find(table, handle) != NULL) {
        object = vacate(table, handle_index(handle));
    } else {
        status = refusal(table, handle);
    }
    lock_release(&table->lock);
    if (object != NULL) {
        object_handle_removed(object);
    }
    return status;
}

uint32_t handle_table_count(struct handle_table *table, uint32_t *from,
                            bool (*matches)(const struct object *object, const void *context),
                            const void *context)
{
    uint32_t count = 0;
    uint32_t page = *from / HANDLE_SLOTS_PER_PAGE;
    uint32_t pages;

    lock_acquire(&table->lock);
    pages = table->closed ? 0 : table->pages; /* handle_table_clear() frees them unlocked */
    for (uint32_t i = *from % HANDLE_SLOTS_PER_PAGE; page < pages && i < HANDLE_SLOTS_PER_PAGE;
         i++) {
        const struct object *object = table->page[page][i].object;

        count += object != NULL && matches(object, context);
    }
    *from = page + 1 < pages ? (page + 1) * HANDLE_SLOTS_PER_PAGE : 0;
    lock_release(&table->lock);
    return count;
}

static struct object *take_any(struct handle_table *table, uint32_t *from)
{
    struct object *object = NULL;

    lock_acquire(&table->lock);
    table->closed = true;
    for (; *from < table->pages * HANDLE_SLOTS_PER_PAGE; (*from)++) {
        if (slot_of(table, *from)->object != NULL) {
            object = vacate(table, *from);
            break;
        }
    }
    lock_release(&table->lock);
    return object;
}

bool handle_table_clear(struct handle_table *table, struct account *account, unsigned limit)
{
    uint32_t from = 1;

    while (limit-- > 0) {
        struct object *object = take_any(table, &from);

        if (object == NULL) {
            while (table->pages > 0) {
                table->pages--;
                kmem_free(account, table->page[table->pages],
                          HANDLE_SLOTS_PER_PAGE * sizeof(struct handle_slot));
            }
            table->free = 0;
            return true;
        }
        object_handle_removed(object);
    }
    return false;
}
