/*
 * Pins; see kern/pin.h.
 */
#include <kern/pin.h>

#include <kern/lease.h>
#include <kern/pages.h>
#include <kern/space.h>

static struct pin *allocate(struct task *owner, struct memory *device, uint64_t offset,
                            uint64_t length, status_t *status)
{
    uint64_t count = ((offset & PAGE_MASK) + length + PAGE_MASK) >> PAGE_SHIFT;
    struct pin *pin =
        object_create(OBJECT_PIN, (uint32_t)(sizeof(*pin) + count * 8), owner->object.account);

    if (pin == NULL) {
        *status = STATUS_NO_KERNEL_MEMORY;
        return NULL;
    }
    list_init(&pin->link);
    pin->device = device;
    object_reference(&device->object);
    pin->owner = owner;
    object_reference(&owner->object);
    pin->offset = offset & PAGE_MASK;
    pin->length = length;
    *status = STATUS_OK;
    return pin;
}

static uint32_t pages_of(const struct pin *pin)
{
    return (uint32_t)((pin->offset + pin->length + PAGE_MASK) >> PAGE_SHIFT);
}

struct pin *pin_create(struct task *owner, struct memory *device, struct memory *memory,
                       uint64_t offset, uint64_t length, status_t *status)
{
    struct pin *pin = allocate(owner, device, offset, length, status);

    while (pin != NULL && *status == STATUS_OK && pin->count < pages_of(pin)) {
        uint64_t frame = 0;
        bool writable;

        lock_acquire(&memory->lock);
        *status =
            memory_frame(memory, (offset >> PAGE_SHIFT) + pin->count, true, &frame, &writable);
        if (*status == STATUS_OK) {
            page_pin(frame);
            pin->frames[pin->count++] = frame;
        }
        lock_release(&memory->lock);
    }
    if (pin != NULL && *status != STATUS_OK) {
        object_release(&pin->object);
        pin = NULL;
    }
    return pin;
}

/* Holds the pages of an open lease. */
static status_t hold_lent(struct pin *pin, struct lent *lent, uint64_t offset)
{
    uint32_t access = lent->flags & LEASE_WRITE ? MAP_WRITE : MAP_READ;
    uint64_t start = (lent->address + offset) & ~PAGE_MASK;

    while (pin->count < pages_of(pin)) {
        uint64_t at = start + pin->count * PAGE_SIZE;
        uint64_t frame = 0;
        status_t status = space_touch(lent->space, at, access, &frame, NULL);

        if (status != STATUS_OK) {
            return status == STATUS_BAD_ADDRESS ? STATUS_BAD_LEASE : status;
        }
        if (!page_is_ram(frame)) {
            return STATUS_BAD_LEASE;
        }
        pin->frames[pin->count++] = frame;
    }
    return STATUS_OK;
}

/* Only the direct caller waits for its pins: those further up wait for its answer. */
static void attach_lender(struct pin *pin, struct thread *lender, struct lent *lent,
                          uint64_t offset)
{
    pin->lender = lender;
    object_reference(&lender->object);
    pin->space = lent->space;
    object_reference(&pin->space->object);
    pin->address = (lent->address + offset) & ~PAGE_MASK;
    lock_acquire(&lender->lock);
    lender->pinned++;
    lock_release(&lender->lock);
}

static status_t fill_from_lease(struct pin *pin, struct reply *reply, struct lent *lent,
                                uint64_t offset)
{
    status_t status;

    if (offset > lent->length || pin->length > lent->length - offset) {
        return STATUS_BAD_LEASE;
    }
    pin->offset = (lent->address + offset) & PAGE_MASK;
    status = hold_lent(pin, lent, offset);
    if (status == STATUS_OK) {
        attach_lender(pin, reply->caller, lent, offset);
    }
    return status;
}

/* The size does not depend on where the lease lies: one page more than the length needs. */
struct pin *pin_lease(struct task *owner, struct memory *device, struct reply *reply,
                      uint32_t index, uint64_t offset, uint64_t length, status_t *status)
{
    struct pin *pin = allocate(owner, device, PAGE_MASK, length, status);
    struct lent *lent;

    if (pin == NULL) {
        return NULL;
    }
    *status = lease_open(reply, index, &lent);
    if (*status == STATUS_OK) {
        *status = fill_from_lease(pin, reply, lent, offset);
        lease_close(reply, lent);
    }
    if (*status != STATUS_OK) {
        object_release(&pin->object);
        return NULL;
    }
    return pin;
}

/* The lender goes on with copies, since the device may still write the pages themselves; without
 * copies it must not go on with them (see memory_replace_frame). */
static void give_copies(struct pin *pin)
{
    for (uint32_t i = 0; i < pin->count; i++) {
        space_replace_page(pin->space, pin->address + i * PAGE_SIZE, pin->frames[i]);
    }
}

static void let_lender_go(struct pin *pin)
{
    struct thread *lender = pin->lender;

    if (lender != NULL) {
        pin->lender = NULL;
        thread_unpinned(lender, false);
        object_release(&lender->object);
        object_release(&pin->space->object);
    }
}

/* Outside the memory locks. `abandoned` holds pins of devices that nobody has a handle to. */
static struct lock abandoned_lock;
static struct list abandoned = {&abandoned, &abandoned};

void pin_device_unreachable(struct object *object)
{
    struct memory *device = container_of(object, struct memory, object);
    struct list *link;

    lock_acquire(&abandoned_lock);
    lock_acquire(&device->lock);
    while ((link = list_take(&device->quarantine)) != NULL) {
        list_append(&abandoned, link);
    }
    lock_release(&device->lock);
    lock_release(&abandoned_lock);
}

static bool same_registers(const struct memory *old, const struct memory *new)
{
    return old->physical >= new->physical &&
           old->physical - new->physical + old->pages *PAGE_SIZE <= new->pages *PAGE_SIZE;
}

void pin_adopt_quarantine(struct memory *device)
{
    struct list *next;

    lock_acquire(&abandoned_lock);
    for (struct list *at = abandoned.next; at != &abandoned; at = next) {
        struct pin *pin = container_of(at, struct pin, link);

        next = at->next;
        if (same_registers(pin->device, device)) {
            object_release(&pin->device->object);
            object_reference(&device->object);
            pin->device = device;
            list_remove(at);
            list_append(&device->quarantine, at);
        }
    }
    lock_release(&abandoned_lock);
}

void pin_unreachable(struct object *object)
{
    struct pin *pin = container_of(object, struct pin, object);
    struct memory *device = pin->device;

    if (pin->owner->dying) {
        bool abandoned_already;

        if (pin->lender != NULL) {
            give_copies(pin);
        }
        object_reference(object); /* of the quarantine */
        object_reference(&device->object);
        lock_acquire(&device->lock);
        list_append(&device->quarantine, &pin->link);
        abandoned_already = atomic_load(&device->object.handles) == 0;
        lock_release(&device->lock);
        if (abandoned_already) {
            pin_device_unreachable(&device->object);
        }
        object_release(&device->object);
    }
    let_lender_go(pin);
}

void pin_release_quarantine(struct memory *device)
{
    for (;;) {
        struct list *link;

        lock_acquire(&device->lock);
        link = list_take(&device->quarantine);
        lock_release(&device->lock);
        if (link == NULL) {
            return;
        }
        object_release(&container_of(link, struct pin, link)->object);
    }
}

void pin_destroy(struct object *object)
{
    struct pin *pin = container_of(object, struct pin, object);

    let_lender_go(pin);
    for (uint32_t i = 0; i < pin->count; i++) {
        page_unpin(pin->frames[i]);
    }
    object_release(&pin->device->object);
    object_release(&pin->owner->object);
    object_free(object);
}
