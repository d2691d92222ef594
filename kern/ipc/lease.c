/*
 * Leases: memory lent with a call; see kern/thread.h and kern/port.h.
 *
 * A lease is resolved when the call is made: to a space and an address, and to the calls it
 * depends on when it lends on what was lent. Every step of a copy holds the locks of the reply and
 * of all those calls' replies, downstream first, so that the end of any link ends the copy.
 */
#include <kern/lease.h>

#include <arch/entry.h>
#include <kern/cpu.h>
#include <kern/handle.h>
#include <kern/kmem.h>
#include <kern/pages.h>
#include <kern/space.h>
#include <string.h>

enum { POLL_STEPS = 16 }; /* interrupts are looked for after so many pages */

static status_t lend_from_space(struct thread *thread, const struct lease *lease, struct lent *lent)
{
    struct space *space = thread->task->space;
    status_t status = STATUS_OK;

    if (lease->length > USER_TOP || lease->address > USER_TOP - lease->length) {
        return STATUS_BAD_LEASE;
    }
    if (lease->source == 0) {
        object_reference(&space->object);
    } else {
        struct object *object = handle_lookup(&thread->task->handles, lease->source, OBJECT_SPACE,
                                              RIGHT_SPACE_LEND, &status);

        if (object == NULL) {
            return STATUS_BAD_LEASE;
        }
        space = container_of(object, struct space, object);
    }
    lent->space = space;
    lent->address = lease->address;
    return STATUS_OK;
}

/* The lease lent on is described by `outer`; reply->lock held. */
static status_t inherit(const struct lent *outer, struct reply *reply, const struct lease *lease,
                        struct lent *lent)
{
    if ((lease->flags & ~outer->flags & (LEASE_READ | LEASE_WRITE)) != 0 ||
        lease->address > outer->length || lease->length > outer->length - lease->address ||
        outer->link_count == LIMIT_LEASE_CHAIN - 1) {
        return STATUS_BAD_LEASE;
    }
    lent->space = outer->space;
    lent->address = outer->address + lease->address;
    lent->link_count = outer->link_count + 1;
    lent->links[0] = (struct lease_link){reply, reply->number};
    memcpy(&lent->links[1], outer->links, outer->link_count * sizeof(outer->links[0]));
    for (unsigned i = 0; i < lent->link_count; i++) {
        object_reference(&lent->links[i].reply->object);
    }
    object_reference(&lent->space->object);
    return STATUS_OK;
}

static status_t lend_onward(struct thread *thread, const struct lease *lease, struct lent *lent)
{
    status_t status = STATUS_BAD_LEASE;
    struct object *object = handle_lookup(&thread->task->handles, lease->source, OBJECT_REPLY,
                                          RIGHT_REPLY_ANSWER, &status);
    struct reply *reply;

    if (object == NULL) {
        return STATUS_BAD_LEASE;
    }
    reply = container_of(object, struct reply, object);
    status = STATUS_BAD_LEASE;
    lock_acquire(&reply->lock);
    if (reply->state == REPLY_BOUND && lease->index < reply->caller->lease_count) {
        status = inherit(&reply->caller->leases[lease->index], reply, lease, lent);
    }
    lock_release(&reply->lock);
    object_release(object);
    return status;
}

static status_t take_one(struct thread *thread, struct lease lease)
{
    struct lent *lent = &thread->leases[thread->lease_count];
    const uint32_t directions = LEASE_READ | LEASE_WRITE;
    status_t status;

    if ((lease.flags & ~(directions | LEASE_ONWARD)) != 0 || (lease.flags & directions) == 0) {
        return STATUS_BAD_LEASE;
    }
    memset(lent, 0, sizeof(*lent));
    lent->length = lease.length;
    lent->flags = lease.flags & directions;
    status = lease.flags & LEASE_ONWARD ? lend_onward(thread, &lease, lent)
                                        : lend_from_space(thread, &lease, lent);
    if (status == STATUS_OK) {
        thread->lease_count++;
    }
    return status;
}

status_t leases_take(struct thread *thread, uint32_t count)
{
    status_t status = STATUS_OK;

    if (thread->leases == NULL) {
        thread->leases =
            kmem_allocate(thread->object.account, LIMIT_MESSAGE_LEASES * sizeof(*thread->leases));
        if (thread->leases == NULL) {
            return STATUS_NO_KERNEL_MEMORY;
        }
    }
    for (uint32_t i = 0; i < count && status == STATUS_OK; i++) {
        status = take_one(thread, thread->page->leases[i]);
    }
    return status;
}

void leases_drop(struct thread *thread)
{
    while (thread->lease_count > 0) {
        struct lent *lent = &thread->leases[--thread->lease_count];

        for (unsigned i = 0; i < lent->link_count; i++) {
            object_release(&lent->links[i].reply->object);
        }
        object_release(&lent->space->object);
    }
}

static void unlock_links(const struct lent *lent, unsigned count)
{
    while (count > 0) {
        lock_release(&lent->links[--count].reply->lock);
    }
}

enum links { LINKS_LOCKED, LINKS_ENDED, LINKS_BUSY };

/*
 * Locks the calls that the lease depends on; none if it answers anything but LINKS_LOCKED. The
 * reply of a call that has ended may be bound again, to a call further down or to the very call of
 * the lease: so one whose number has changed is left alone, and none is waited for.
 */
static enum links lock_links(const struct lent *lent)
{
    for (unsigned i = 0; i < lent->link_count; i++) {
        struct reply *reply = lent->links[i].reply;
        uint64_t number = lent->links[i].number;

        if (*(const volatile uint64_t *)&reply->number != number) {
            unlock_links(lent, i);
            return LINKS_ENDED;
        }
        if (!lock_try(&reply->lock)) {
            unlock_links(lent, i);
            return LINKS_BUSY;
        }
        if (reply->state != REPLY_BOUND || reply->number != number) {
            unlock_links(lent, i + 1);
            return LINKS_ENDED;
        }
    }
    return LINKS_LOCKED;
}

/* reply->lock held. */
static status_t check_call(const struct reply *reply, uint32_t index)
{
    switch (reply->state) {
    case REPLY_BOUND:
        return index < reply->caller->lease_count ? STATUS_OK
               : reply->caller->cancelled         ? STATUS_INTERRUPTED
                                                  : STATUS_BAD_LEASE;
    case REPLY_ORPHANED:
        return STATUS_INTERRUPTED;
    default:
        return STATUS_BAD_STATE;
    }
}

status_t lease_open(struct reply *reply, uint32_t index, struct lent **lent)
{
    enum links links;
    status_t status;

    do {
        links = LINKS_ENDED;
        lock_acquire(&reply->lock);
        status = check_call(reply, index);
        if (status == STATUS_OK) {
            *lent = &reply->caller->leases[index];
            links = lock_links(*lent);
        }
        if (links == LINKS_LOCKED) {
            return STATUS_OK;
        }
        lock_release(&reply->lock);
        cpu_relax();
    } while (links == LINKS_BUSY);
    return status == STATUS_OK ? STATUS_BAD_LEASE : status;
}

void lease_close(struct reply *reply, struct lent *lent)
{
    unlock_links(lent, lent->link_count);
    lock_release(&reply->lock);
}

status_t lease_page(struct lent *lent, uint64_t offset, uint32_t access, uint64_t *frame)
{
    status_t status = space_touch(lent->space, lent->address + offset, access, frame, NULL);

    if (status == STATUS_OK && !page_is_ram(*frame)) {
        return STATUS_BAD_LEASE;
    }
    return status == STATUS_BAD_ADDRESS ? STATUS_BAD_LEASE : status;
}

static uint64_t smaller(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

struct copy {
    struct reply *reply;
    uint32_t index;
    uint32_t direction;
    uint64_t offset; /* in the lease */
    struct space *space;
    uint64_t address; /* of the server's buffer */
    uint64_t left;
};

static status_t copy_between(const struct copy *copy, uint64_t lent_frame, uint64_t lent_offset,
                             uint64_t length)
{
    bool reads = copy->direction == LEASE_READ;
    char *lent = (char *)direct_map(lent_frame) + lent_offset;
    char *own;
    uint64_t own_frame = 0;
    status_t status =
        space_touch(copy->space, copy->address, reads ? MAP_WRITE : MAP_READ, &own_frame, NULL);

    if (status != STATUS_OK) {
        return status == STATUS_LENDER_ABSENT ? STATUS_BAD_ADDRESS : status;
    }
    if (!page_is_ram(own_frame)) {
        return STATUS_BAD_ADDRESS;
    }
    own = (char *)direct_map(own_frame) + (copy->address & PAGE_MASK);
    if (reads) {
        memcpy(own, lent, length);
    } else {
        memcpy(lent, own, length);
    }
    page_unpin(own_frame);
    return STATUS_OK;
}

/* At most to the end of a page on either side; *done bytes. */
static status_t copy_step(const struct copy *copy, uint64_t *done)
{
    struct lent *lent;
    uint64_t frame = 0;
    uint64_t in_page;
    uint64_t length;
    status_t status = lease_open(copy->reply, copy->index, &lent);

    if (status != STATUS_OK) {
        return status;
    }
    status = STATUS_BAD_LEASE;
    if ((lent->flags & copy->direction) != 0 && copy->offset <= lent->length &&
        copy->left <= lent->length - copy->offset) {
        status = lease_page(lent, copy->offset,
                            copy->direction == LEASE_READ ? MAP_READ : MAP_WRITE, &frame);
    }
    if (status == STATUS_OK) {
        in_page = (lent->address + copy->offset) & PAGE_MASK;
        length = smaller(copy->left, PAGE_SIZE - in_page);
        length = smaller(length, PAGE_SIZE - (copy->address & PAGE_MASK));
        status = copy_between(copy, frame, in_page, length);
        page_unpin(frame);
        *done = status == STATUS_OK ? length : 0;
    }
    lease_close(copy->reply, lent);
    return status;
}

status_t lease_copy(struct reply *reply, uint32_t index, uint64_t offset, struct space *space,
                    uint64_t address, uint64_t length, uint32_t direction, uint64_t *copied)
{
    struct copy copy = {.reply = reply,
                        .index = index,
                        .direction = direction,
                        .offset = offset,
                        .space = space,
                        .address = address,
                        .left = length};
    const struct thread *self = cpu_self()->current;
    unsigned steps = 0;
    status_t status = STATUS_OK;

    while (copy.left > 0 && status == STATUS_OK &&
           !atomic_load_explicit(&self->dying, memory_order_relaxed)) {
        uint64_t done = 0;

        status = copy_step(&copy, &done);
        copy.offset += done;
        copy.address += done;
        copy.left -= done;
        if (++steps % POLL_STEPS == 0) {
            interrupts_poll();
        }
    }
    *copied = length - copy.left;
    /* Until the kill's interrupt comes the thread can still answer. */
    return status == STATUS_OK && copy.left > 0 ? STATUS_INTERRUPTED : status;
}
