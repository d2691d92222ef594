/*
 * What all kernel objects share: type, references, and the two ends of life.
 *
 * A reference keeps the memory; a handle (every handle is also a reference) keeps the object
 * useful, and so does one that travels in a message. When the last handle goes the type's
 * `unreachable` runs, once: what has no handle left never gets one again (but for threads, which
 * task_thread() opens). When the last reference goes its `destroy` runs. Both may run on any CPU
 * with no lock held but those of the caller, so they are called only where no lock that they take
 * is held; see upward.c for the table.
 */
#ifndef KERN_OBJECT_H
#define KERN_OBJECT_H

#include <kern/lock.h>
#include <sinter/abi.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct account;

struct object {
    uint32_t type; /* OBJECT_ constant */
    uint32_t size; /* bytes, for freeing */
    atomic_uint references;
    atomic_uint handles;
    uint64_t identity;
    struct account *account; /* charged for the object; holds a reference */
    struct object *next;     /* of those that the reaper makes unreachable; under its lock */
};

struct object_type {
    const char *name;
    void (*unreachable)(struct object *); /* null: nothing to do */
    void (*destroy)(struct object *);     /* releases what it refers to and calls object_free */
};

/* Filled in upward.c, the one place where lower layers learn of higher ones. */
extern const struct object_type object_types[OBJECT_GUEST + 1];

/* A zeroed object with one reference, charged to `account`; null when it is full. */
void *object_create(uint32_t type, uint32_t size, struct account *account);

static inline void object_reference(struct object *object)
{
    atomic_fetch_add_explicit(&object->references, 1, memory_order_relaxed);
}

/* For objects found in a list that holds no reference: false if it is being destroyed. */
static inline bool object_try_reference(struct object *object)
{
    unsigned count = atomic_load_explicit(&object->references, memory_order_relaxed);

    while (count != 0) {
        if (atomic_compare_exchange_weak(&object->references, &count, count + 1)) {
            return true;
        }
    }
    return false;
}

void object_destroy(struct object *object);
/* Gives the memory and its charge back: the last act of a type's destroy. */
void object_free(struct object *object);

/* True if that was the last reference: object_destroy() is the caller's to do. */
static inline bool object_drop(struct object *object)
{
    return atomic_fetch_sub_explicit(&object->references, 1, memory_order_acq_rel) == 1;
}

static inline void object_release(struct object *object)
{
    if (object_drop(object)) {
        object_destroy(object);
    }
}

/* One handle more or less; a handle holds a reference. Added: to one that is new, or while it is
 * sure that there is another. */
void object_handle_added(struct object *object);
void object_handle_removed(struct object *object);
/* False: none was left, and none is added. */
bool object_try_handle_added(struct object *object);
/* As object_handle_removed(), where an `unreachable` may be running: its own is the reaper's. */
void object_handle_removed_later(struct object *object);

#endif
