/*
 * Ports and endpoints as objects: minting, closing, revocation; see kern/port.h.
 */
#include <kern/port.h>

#include "deliver.h"

#include <kern/ipc.h>
#include <kern/task.h>
#include <kern/thread.h>

static struct port *port_of(struct object *object)
{
    return container_of(object, struct port, object);
}

static struct endpoint *endpoint_of(struct object *object)
{
    return container_of(object, struct endpoint, object);
}

struct port *port_create(struct account *account)
{
    struct port *port = object_create(OBJECT_PORT, sizeof(*port), account);

    if (port != NULL) {
        list_init(&port->receivers);
        list_init(&port->closed);
        list_init(&port->cancels);
        list_init(&port->endpoints);
    }
    return port;
}

static status_t mint_for(struct endpoint *endpoint, struct task *task)
{
    status_t status = STATUS_DYING;

    lock_acquire(&task->lock);
    if (!task->dying) {
        endpoint->minter = task;
        object_reference(&task->object);
        list_append(&task->minted, &endpoint->minted_link);
        status = STATUS_OK;
    }
    lock_release(&task->lock);
    return status;
}

struct endpoint *endpoint_create(struct port *port, uint64_t badge, uint32_t policy,
                                 struct task *minter, status_t *status)
{
    struct endpoint *endpoint =
        object_create(OBJECT_ENDPOINT, sizeof(*endpoint), minter->object.account);

    if (endpoint == NULL) {
        *status = STATUS_NO_KERNEL_MEMORY;
        return NULL;
    }
    endpoint->port = port;
    object_reference(&port->object);
    endpoint->badge = badge;
    endpoint->policy = policy;
    list_init(&endpoint->closed_link);
    list_init(&endpoint->minted_link);
    lock_acquire(&port->lock);
    list_append(&port->endpoints, &endpoint->link);
    lock_release(&port->lock);
    *status = policy == ENDPOINT_GONE ? mint_for(endpoint, minter) : STATUS_OK;
    if (*status != STATUS_OK) {
        object_release(&endpoint->object);
        return NULL;
    }
    return endpoint;
}

/* A caller through the endpoint (null: any) that was queued before the port's sequence was
 * `before`, taken out; null: none. */
static struct thread *take_caller(struct port *port, const struct endpoint *endpoint,
                                  uint64_t before)
{
    struct tree_node *node = tree_first(&port->callers);

    for (; node != NULL; node = tree_next(node)) {
        struct thread *thread = container_of(node, struct thread, call_node);

        if ((endpoint == NULL || thread->endpoint == endpoint) &&
            (node->key & CALL_SEQUENCE) < before) {
            tree_remove(&port->callers, node);
            thread_end_wait(thread);
            return thread;
        }
    }
    return NULL;
}

/* Ends the calls of an endpoint, or all, that are queued now with GONE. Who calls again at once is
 * not failed again: that would have no end. */
static void fail_callers(struct port *port, const struct endpoint *endpoint)
{
    struct thread *thread;
    uint64_t before;

    lock_acquire(&port->lock);
    before = port->sequence;
    lock_release(&port->lock);
    do {
        lock_acquire(&port->lock);
        thread = take_caller(port, endpoint, before);
        lock_release(&port->lock);
        if (thread != NULL) {
            call_complete(thread, STATUS_GONE);
        }
    } while (thread != NULL);
}

void port_drain(struct port *port)
{
    fail_callers(port, NULL);
}

void endpoint_revoke(struct endpoint *endpoint)
{
    atomic_store(&endpoint->revoked, true);
    fail_callers(endpoint->port, endpoint);
}

/* The next endpoint with the badge after `after` (null: from the first), marked and referenced;
 * null: none. What is referenced stays in the list. */
static struct endpoint *mark_revoked(struct port *port, struct endpoint *after, uint64_t badge)
{
    struct endpoint *found = NULL;
    struct list *at;

    lock_acquire(&port->lock);
    at = after != NULL ? after->link.next : port->endpoints.next;
    for (; at != &port->endpoints && found == NULL; at = at->next) {
        struct endpoint *endpoint = container_of(at, struct endpoint, link);

        if (endpoint->badge == badge && object_try_reference(&endpoint->object)) {
            atomic_store(&endpoint->revoked, true);
            found = endpoint;
        }
    }
    lock_release(&port->lock);
    return found;
}

void port_revoke(struct port *port, uint64_t badge)
{
    struct endpoint *endpoint = mark_revoked(port, NULL, badge);

    while (endpoint != NULL) {
        struct endpoint *next;

        fail_callers(port, endpoint);
        next = mark_revoked(port, endpoint, badge);
        object_release(&endpoint->object);
        endpoint = next;
    }
}

static void drop_closed(struct port *port)
{
    for (;;) {
        struct list *link;

        lock_acquire(&port->lock);
        link = list_take(&port->closed);
        lock_release(&port->lock);
        if (link == NULL) {
            return;
        }
        object_release(&container_of(link, struct endpoint, closed_link)->object);
    }
}

void port_unreachable(struct object *object)
{
    struct port *port = port_of(object);

    lock_acquire(&port->lock);
    port->dead = true;
    lock_release(&port->lock);
    fail_callers(port, NULL);
    drop_closed(port);
}

/* The CLOSED notice has its place in the endpoint itself, so it cannot be lost. */
void endpoint_unreachable(struct object *object)
{
    struct endpoint *endpoint = endpoint_of(object);
    struct port *port = endpoint->port;
    struct loose_ends loose = {0};
    struct thread *receiver = NULL;

    object_reference(&port->object);
    lock_acquire(&port->lock);
    if (!port->dead && list_empty(&endpoint->closed_link)) {
        object_reference(&endpoint->object);
        list_append(&port->closed, &endpoint->closed_link);
        receiver = deliver_notice(port, &loose);
    }
    lock_release(&port->lock);
    receive_wake(receiver);
    loose_ends_settle(&loose);
    object_release(&port->object);
}

void endpoint_destroy(struct object *object)
{
    struct endpoint *endpoint = endpoint_of(object);
    struct port *port = endpoint->port;
    struct task *minter = endpoint->minter;

    if (minter != NULL) {
        lock_acquire(&minter->lock);
        list_remove(&endpoint->minted_link);
        lock_release(&minter->lock);
        object_release(&minter->object);
    }
    lock_acquire(&port->lock);
    list_remove(&endpoint->link);
    lock_release(&port->lock);
    object_release(&port->object);
    object_free(object);
}
