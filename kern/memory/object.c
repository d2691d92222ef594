/*
 * Creation and end of objects; see kern/object.h.
 */
#include <kern/account.h>
#include <kern/kmem.h>
#include <kern/reap.h>

static atomic_ulong last_identity;

void *object_create(uint32_t type, uint32_t size, struct account *account)
{
    struct object *object = kmem_allocate(account, size);

    if (object == NULL) {
        return NULL;
    }
    object->type = type;
    object->size = size;
    atomic_store_explicit(&object->references, 1, memory_order_relaxed);
    object->identity = atomic_fetch_add_explicit(&last_identity, 1, memory_order_relaxed) + 1;
    object->account = account;
    object_reference(&account->object);
    return object;
}

void object_free(struct object *object)
{
    struct account *account = object->account;

    kmem_free(account, object, object->size);
    object_release(&account->object);
}

void object_destroy(struct object *object)
{
    object_types[object->type].destroy(object);
}

void object_handle_added(struct object *object)
{
    object_reference(object);
    atomic_fetch_add_explicit(&object->handles, 1, memory_order_relaxed);
}

bool object_try_handle_added(struct object *object)
{
    unsigned count = atomic_load_explicit(&object->handles, memory_order_relaxed);

    while (count != 0) {
        if (atomic_compare_exchange_weak(&object->handles, &count, count + 1)) {
            object_reference(object);
            return true;
        }
    }
    return false;
}

/* True if that was the last handle, and the type has something to do then. */
static bool handle_drop(struct object *object)
{
    return atomic_fetch_sub_explicit(&object->handles, 1, memory_order_acq_rel) == 1 &&
           object_types[object->type].unreachable != NULL;
}

void object_handle_removed(struct object *object)
{
    if (handle_drop(object)) {
        object_types[object->type].unreachable(object);
    }
    object_release(object);
}

/* The end of a port ends calls in which the last handles of other ports may travel, and so on: so
 * the reaper takes one at a time. Each holds the reference of its last handle. */
static struct lock late_lock;
static struct object *late;
static bool late_queued;
static struct reap late_reap;

static bool make_unreachable(struct reap *reap)
{
    struct object *object;

    (void)reap;
    lock_acquire(&late_lock);
    object = late;
    late = object != NULL ? object->next : NULL;
    late_queued = object != NULL;
    lock_release(&late_lock);
    if (object == NULL) {
        return true;
    }
    object_types[object->type].unreachable(object);
    object_release(object);
    return false;
}

void object_handle_removed_later(struct object *object)
{
    bool was_queued;

    if (!handle_drop(object)) {
        object_release(object);
        return;
    }
    lock_acquire(&late_lock);
    object->next = late;
    late = object;
    was_queued = late_queued;
    late_queued = true;
    lock_release(&late_lock);
    if (!was_queued) {
        reap_add(&late_reap, make_unreachable);
    }
}
