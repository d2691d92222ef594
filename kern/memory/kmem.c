/*
 * Slabs. A slab is one page: a header, then objects of one size class; free objects are linked
 * through their first word. A page with no object in use goes back, but for one in each class.
 */
#include <kern/account.h>
#include <kern/kmem.h>
#include <kern/list.h>
#include <kern/lock.h>
#include <kern/pages.h>
#include <stdatomic.h>
#include <string.h>

struct slab {
    struct list link; /* in class->partial while it has free objects */
    void *free;
    uint32_t used;
    uint32_t class_index;
};

struct size_class {
    struct lock lock;
    uint32_t size;
    struct list partial;
};

static struct size_class classes[] = {
    {.size = 64},  {.size = 96},  {.size = 128}, {.size = 192},  {.size = 256},  {.size = 320},
    {.size = 448}, {.size = 576}, {.size = 800}, {.size = 1344}, {.size = 2016},
};

#define CLASS_COUNT (sizeof(classes) / sizeof(classes[0]))
#define SLAB_HEADER ((sizeof(struct slab) + 15) & ~UINT64_C(15))

static atomic_ulong slab_pages;

uint64_t kmem_bytes(void)
{
    return atomic_load_explicit(&slab_pages, memory_order_relaxed) * PAGE_SIZE;
}

static struct size_class *class_for(uint64_t size)
{
    for (unsigned i = 0; i < CLASS_COUNT; i++) {
        if (size <= classes[i].size) {
            return &classes[i];
        }
    }
    return NULL;
}

static struct slab *slab_create(struct size_class *class)
{
    uint64_t physical = page_allocate(NULL);
    struct slab *slab;

    if (physical == 0) {
        return NULL;
    }
    atomic_fetch_add_explicit(&slab_pages, 1, memory_order_relaxed);
    slab = direct_map(physical);
    slab->class_index = (uint32_t)(class - classes);
    for (uint64_t at = SLAB_HEADER; at + class->size <= PAGE_SIZE; at += class->size) {
        void **object = (void **)((char *)slab + at);

        *object = slab->free;
        slab->free = object;
    }
    return slab;
}

static void *slab_take(struct size_class *class)
{
    struct slab *slab;
    void **object = NULL;

    lock_acquire(&class->lock);
    if (class->partial.next == NULL) {
        list_init(&class->partial);
    }
    if (list_empty(&class->partial)) {
        slab = slab_create(class);
        if (slab == NULL) {
            goto out;
        }
        list_append(&class->partial, &slab->link);
    }
    slab = container_of(class->partial.next, struct slab, link);
    object = slab->free;
    slab->free = *object;
    slab->used++;
    if (slab->free == NULL) {
        list_remove(&slab->link);
    }
out:
    lock_release(&class->lock);
    return object;
}

static void slab_give(void *object)
{
    struct slab *slab = (struct slab *)((uint64_t)object & ~PAGE_MASK);
    struct size_class *class = &classes[slab->class_index];
    bool empty;

    lock_acquire(&class->lock);
    if (slab->free == NULL) {
        list_append(&class->partial, &slab->link);
    }
    *(void **)object = slab->free;
    slab->free = object;
    slab->used--;
    empty = slab->used == 0 && class->partial.next->next != &class->partial;
    if (empty) {
        list_remove(&slab->link);
    }
    lock_release(&class->lock);
    if (empty) {
        atomic_fetch_sub_explicit(&slab_pages, 1, memory_order_relaxed);
        page_disown(direct_physical(slab));
    }
}

static unsigned order_for(uint64_t size)
{
    unsigned order = 0;

    while ((PAGE_SIZE << order) < size) {
        order++;
    }
    return order;
}

void *kmem_allocate(struct account *account, uint64_t size)
{
    struct size_class *class = class_for(size);
    void *memory = NULL;

    if (account != NULL && !account_charge_kernel(account, size)) {
        return NULL;
    }
    if (class != NULL) {
        memory = slab_take(class);
        if (memory != NULL) {
            memset(memory, 0, size);
        }
    } else {
        uint64_t physical = pages_allocate_block(NULL, order_for(size));

        memory = physical != 0 ? direct_map(physical) : NULL;
    }
    if (memory == NULL && account != NULL) {
        account_uncharge_kernel(account, size);
    }
    return memory;
}

void kmem_free(struct account *account, void *memory, uint64_t size)
{
    if (class_for(size) != NULL) {
        slab_give(memory);
    } else {
        for (uint64_t i = 0; i < UINT64_C(1) << order_for(size); i++) {
            page_disown(direct_physical(memory) + i * PAGE_SIZE);
        }
    }
    if (account != NULL) {
        account_uncharge_kernel(account, size);
    }
}
