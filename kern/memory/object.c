/*
 * Creation and end of objects; see kern/object.h.
 */
#include <kern/account.h>
#include <kern/kmem.h>

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

void object_handle_removed(struct object *object)
{
    if (atomic_fetch_sub_explicit(&object->handles, 1, memory_order_acq_rel) == 1 &&
        object_types[object->type].unreachable != NULL) {
        object_types[object->type].unreachable(object);
    }
    object_release(object);
}
