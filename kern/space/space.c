/*
 * Address spaces: creation, activation and end; see kern/space.h.
 */
#include <kern/space.h>

#include "table.h"

#include <kern/account.h>
#include <kern/cpu.h>
#include <kern/image.h>
#include <kern/kernel_map.h>
#include <kern/kmem.h>
#include <kern/pages.h>
#include <kern/panic.h>
#include <kern/random.h>

enum { MAPPINGS_A_STEP = 4, ASID_LIMIT = 4096 };

static struct lock asid_lock;
static uint64_t asid_used[ASID_LIMIT / 64] = {1}; /* 0 means none */
static unsigned asid_count;
static struct memory *libsys_memory, *time_memory;
static uint64_t libsys_pages;

void space_init(void)
{
    status_t status;
    uint64_t start = kernel_physical(__libsys_start);

    asid_count = pagetable_asid_count();
    if (asid_count > ASID_LIMIT) {
        asid_count = ASID_LIMIT;
    }
    libsys_pages = ((uint64_t)(__libsys_end - __libsys_start) + PAGE_MASK) >> PAGE_SHIFT;
    libsys_memory =
        memory_create_range(account_root, MEMORY_KIND_CONTIGUOUS, start, libsys_pages, &status);
    time_memory = memory_create_contiguous(account_root, 1, &status);
    if (libsys_memory == NULL || time_memory == NULL) {
        panic("no memory for the interface library");
    }
}

struct time_page *space_time_page(void)
{
    return direct_map(time_memory->physical);
}

/* 0 when all are taken: the space then shares none and is flushed at every switch. */
static unsigned asid_allocate(void)
{
    unsigned asid = 0;

    lock_acquire(&asid_lock);
    for (unsigned i = 1; i < asid_count; i++) {
        if ((asid_used[i / 64] >> (i % 64) & 1) == 0) {
            asid_used[i / 64] |= UINT64_C(1) << (i % 64);
            asid = i;
            break;
        }
    }
    lock_release(&asid_lock);
    return asid;
}

static void asid_free(unsigned asid)
{
    if (asid != 0) {
        tlb_flush_asid(asid, (UINT64_C(1) << cpu_count) - 1);
        lock_acquire(&asid_lock);
        asid_used[asid / 64] &= ~(UINT64_C(1) << (asid % 64));
        lock_release(&asid_lock);
    }
}

static status_t map_libsys(struct space *space)
{
    uint64_t length = libsys_pages * PAGE_SIZE;
    uint64_t base;
    status_t status = space_find_free(space, length + PAGE_SIZE, &base);

    if (status == STATUS_OK) {
        status = space_map(space, time_memory, base, 0, PAGE_SIZE,
                           MAP_READ | MAP_FIXED | MAPPING_LOCKED, 0, &space->time_page);
    }
    if (status == STATUS_OK) {
        status = space_map(space, libsys_memory, base + PAGE_SIZE, 0, length,
                           MAP_READ | MAP_EXECUTE | MAP_FIXED | MAPPING_LOCKED, 0, &space->libsys);
    }
    space->libsys_end = space->libsys + length;
    return status;
}

struct space *space_create(struct account *account, status_t *status)
{
    struct space *space = object_create(OBJECT_SPACE, sizeof(*space), account);

    if (space == NULL) {
        *status = STATUS_NO_KERNEL_MEMORY;
        return NULL;
    }
    space->root_physical = page_allocate(account);
    if (space->root_physical == 0) {
        object_free(&space->object);
        *status = STATUS_NO_PAGES;
        return NULL;
    }
    space->root = direct_map(space->root_physical);
    pagetable_root_init(space->root);
    space->asid = asid_allocate();
    space->root_value = pagetable_root_value(space->root_physical, space->asid);
    space->window = random_u64() % (USER_TOP / SPACE_WINDOW - 2) * SPACE_WINDOW + SPACE_WINDOW;
    *status = map_libsys(space);
    if (*status != STATUS_OK) {
        object_release(&space->object);
        return NULL;
    }
    return space;
}

void space_activate(struct space *space)
{
    struct cpu *cpu = cpu_self();

    if (space == NULL) {
        pagetable_activate(pagetable_root_value(0, 0));
    } else {
        uint64_t bit = UINT64_C(1) << cpu->index;

        if ((atomic_load_explicit(&space->cpu_mask, memory_order_relaxed) & bit) == 0) {
            atomic_fetch_or(&space->cpu_mask, bit);
        }
        pagetable_activate(space->root_value);
        if (space->asid == 0) {
            tlb_flush_asid(0, bit);
        }
    }
    cpu->space = space;
}

/* True when no CPU uses the tables any more; asks those that do to leave. */
static bool nowhere_active(struct space *space)
{
    bool active = false;

    for (unsigned i = 0; i < cpu_count; i++) {
        if (cpus[i].space != space) {
            continue;
        }
        if (&cpus[i] == cpu_self()) {
            space_activate(NULL);
        } else {
            cpu_interrupt(&cpus[i]); /* kernel_ipi leaves a space that is dying */
            active = true;
        }
    }
    return !active;
}

static bool space_reap(struct reap *reap)
{
    struct space *space = container_of(reap, struct space, reap);

    if (!nowhere_active(space)) {
        return false;
    }
    for (unsigned i = 0; i < MAPPINGS_A_STEP; i++) {
        struct tree_node *node = tree_first(&space->mappings);

        if (node == NULL) {
            break;
        }
        mapping_discard(container_of(node, struct mapping, node));
    }
    if (tree_first(&space->mappings) != NULL || !table_free_some(space)) {
        return false;
    }
    asid_free(space->asid);
    page_disown(space->root_physical);
    object_free(&space->object);
    return true;
}

void space_destroy(struct object *object)
{
    struct space *space = container_of(object, struct space, object);

    space->dying = true;
    reap_add(&space->reap, space_reap);
}
