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

/* 0 when all are taken: the space then shares none and is flushed at every switch. The last quarter
 * is not for guests, which anybody may make in any number: drivers are not to pay for that. */
static unsigned asid_allocate(enum space_kind kind)
{
    unsigned end = kind == SPACE_GUEST ? asid_count - asid_count / 4 : asid_count;
    unsigned asid = 0;

    lock_acquire(&asid_lock);
    for (unsigned i = 1; i < end; i++) {
        if ((asid_used[i / 64] >> (i % 64) & 1) == 0) {
            asid_used[i / 64] |= UINT64_C(1) << (i % 64);
            asid = i;
            break;
        }
    }
    lock_release(&asid_lock);
    return asid;
}

/* Of a space that has never been active, or is in no TLB any more. */
static void asid_free(unsigned asid)
{
    if (asid != 0) {
        lock_acquire(&asid_lock);
        asid_used[asid / 64] &= ~(UINT64_C(1) << (asid % 64));
        lock_release(&asid_lock);
    }
}

/* One view without an ASID is flushed at every switch, so the other gains nothing by having one. */
static void without_asids(struct space *space)
{
    asid_free(space->asid);
    asid_free(space->guest_asid);
    space->asid = 0;
    space->guest_asid = 0;
    space->root_value = pagetable_root_value(space->root_physical, 0);
    space->guest_root_value = pagetable_root_value(space->guest_root_physical, 0);
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

static pte_t *make_root(struct account *account, unsigned asid, uint64_t *physical, uint64_t *value)
{
    pte_t *root;

    *physical = page_allocate(account);
    if (*physical == 0) {
        return NULL;
    }
    root = direct_map(*physical);
    pagetable_root_init(root);
    *value = pagetable_root_value(*physical, asid);
    return root;
}

/* A window of a range that begins and ends at windows; never its first or last. */
static uint64_t random_window(uint64_t from, uint64_t to)
{
    return from + random_u64() % ((to - from) / SPACE_WINDOW - 2) * SPACE_WINDOW + SPACE_WINDOW;
}

/* Without mappings. */
static struct space *make_space(struct account *account, enum space_kind kind, status_t *status)
{
    struct space *space = object_create(OBJECT_SPACE, sizeof(*space), account);

    if (space == NULL) {
        *status = STATUS_NO_KERNEL_MEMORY;
        return NULL;
    }
    space->kind = kind;
    space->top = kind == SPACE_GUEST ? HOST_BASE : USER_TOP;
    space->asid = asid_allocate(kind);
    space->root = make_root(account, space->asid, &space->root_physical, &space->root_value);
    if (space->root == NULL) {
        asid_free(space->asid);
        object_free(&space->object);
        *status = STATUS_NO_PAGES;
        return NULL;
    }
    space->window = random_window(kind == SPACE_HOST ? HOST_BASE : 0, space->top);
    *status = STATUS_OK;
    return space;
}

struct space *space_create(struct account *account, enum space_kind kind, status_t *status)
{
    struct space *space = make_space(account, kind, status);

    if (space != NULL) {
        *status = map_libsys(space);
    }
    if (*status != STATUS_OK && space != NULL) {
        object_release(&space->object);
        space = NULL;
    }
    return space;
}

/* The table below the host's slot has been made with its first page, which is of libsys. */
static void show_host(struct space *space, struct space *host)
{
    space->host = host;
    object_reference(&host->object);
    space->libsys = host->libsys;
    space->libsys_end = host->libsys_end;
    space->root[table_index(HOST_BASE, PAGETABLE_ROOT_LEVEL)] =
        host->root[table_index(HOST_BASE, PAGETABLE_ROOT_LEVEL)];
}

struct space *space_create_guest(struct space *host, struct account *account, status_t *status)
{
    struct space *space = NULL;

    *status = STATUS_BAD_ARGUMENT;
    if (host->kind == SPACE_HOST) {
        space = make_space(account, SPACE_GUEST, status);
    }
    if (space == NULL) {
        return NULL;
    }
    space->guest_asid = asid_allocate(SPACE_GUEST);
    space->guest_root = make_root(account, space->guest_asid, &space->guest_root_physical,
                                  &space->guest_root_value);
    if (space->guest_root == NULL || !table_make(host, HOST_BASE)) {
        object_release(&space->object);
        *status = STATUS_NO_PAGES;
        return NULL;
    }
    if (space->asid == 0 || space->guest_asid == 0) {
        without_asids(space);
    }
    show_host(space, host);
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

void space_view(struct space *space, bool guest)
{
    pagetable_activate(guest ? space->guest_root_value : space->root_value);
    if (space->asid == 0) {
        tlb_flush_asid(0, UINT64_C(1) << cpu_self()->index);
    }
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

/* Once for all that is still to be taken out of the tables, which nobody uses any more. What a host
 * space had is flushed by space_flush() again: its guests may have seen it. */
static void flush_for_good(struct space *space)
{
    uint64_t mask = atomic_exchange(&space->cpu_mask, 0);

    if (mask != 0) {
        tlb_flush_asid(space->asid, mask);
        if (space->kind == SPACE_GUEST) {
            tlb_flush_asid(space->guest_asid, mask);
        }
    }
}

static bool space_reap(struct reap *reap)
{
    struct space *space = container_of(reap, struct space, reap);

    if (!nowhere_active(space)) {
        return false;
    }
    flush_for_good(space);
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
    asid_free(space->guest_asid);
    page_disown(space->root_physical);
    if (space->guest_root != NULL) {
        page_disown(space->guest_root_physical);
    }
    if (space->host != NULL) {
        object_release(&space->host->object);
    }
    object_free(&space->object);
    return true;
}

void space_destroy(struct object *object)
{
    struct space *space = container_of(object, struct space, object);

    space->dying = true;
    reap_add(&space->reap, space_reap);
}
