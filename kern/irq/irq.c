/*
 * Interrupt lines; see kern/irq.h. The table of lines is guarded by its own lock, which stands
 * before an irq's lock; a line's object leaves the table when its last handle goes.
 */
#include <kern/irq.h>

#include <arch/entry.h>
#include <arch/irqchip.h>
#include <kern/cpu.h>
#include <kern/event.h>
#include <kern/kmem.h>
#include <kern/panic.h>
#include <kern/trace.h>

static struct lock table_lock;
static struct irq **table; /* by line - first */
static unsigned first, limit;

void irq_init(void)
{
    first = irqchip_first();
    limit = irqchip_limit();
    table = kmem_allocate(NULL, (limit - first) * sizeof(table[0]));
    if (table == NULL) {
        panic("no memory for %u interrupt lines", limit - first);
    }
}

static status_t enter_table(struct irq *irq)
{
    status_t status = STATUS_OVERLAP;

    lock_acquire(&table_lock);
    if (table[irq->line - first] == NULL) {
        table[irq->line - first] = irq;
        status = STATUS_OK;
    }
    lock_release(&table_lock);
    return status;
}

struct irq *irq_create(struct account *account, uint32_t line, uint32_t flags, status_t *status)
{
    struct irq *irq;

    if (line < first || line >= limit || flags > IRQ_EDGE) {
        *status = STATUS_BAD_ARGUMENT;
        return NULL;
    }
    irq = object_create(OBJECT_IRQ, sizeof(*irq), account);
    if (irq == NULL) {
        *status = STATUS_NO_KERNEL_MEMORY;
        return NULL;
    }
    irq->line = line;
    irq->flags = flags;
    *status = enter_table(irq);
    if (*status != STATUS_OK) {
        object_release(&irq->object);
        return NULL;
    }
    return irq;
}

status_t irq_bind(struct irq *irq, struct event *event, uint64_t bits)
{
    struct event *old = event; /* to be let go: the one that is not bound */
    status_t status = STATUS_GONE;

    object_reference(&event->object);
    lock_acquire(&irq->lock);
    if (!irq->dead) {
        old = irq->event;
        irq->event = event;
        irq->bits = bits;
        irqchip_enable(irq->line, irq->flags);
        status = STATUS_OK;
    }
    lock_release(&irq->lock);
    if (old != NULL) {
        object_release(&old->object);
    }
    return status;
}

status_t irq_acknowledge(struct irq *irq)
{
    status_t status = STATUS_BAD_STATE;

    lock_acquire(&irq->lock);
    if (irq->event != NULL) {
        irqchip_unmask(irq->line);
        status = STATUS_OK;
    }
    lock_release(&irq->lock);
    return status;
}

void kernel_device_interrupt(unsigned line)
{
    struct irq *irq = NULL;
    struct event *event = NULL;
    uint64_t bits = 0;

    trace(TRACE_INTERRUPT, cpu_self()->current, line, 0, 0, 0);
    lock_acquire(&table_lock);
    if (line >= first && line < limit) {
        irq = table[line - first];
    }
    if (irq != NULL) {
        lock_acquire(&irq->lock);
        event = irq->event;
        bits = irq->bits;
        if (event != NULL) {
            object_reference(&event->object);
        }
        lock_release(&irq->lock);
    }
    lock_release(&table_lock);
    if (event != NULL) {
        event_signal(event, bits);
        object_release(&event->object);
    }
}

void irq_unreachable(struct object *object)
{
    struct irq *irq = container_of(object, struct irq, object);
    struct event *event;

    lock_acquire(&table_lock);
    lock_acquire(&irq->lock);
    irq->dead = true;
    if (table[irq->line - first] == irq) {
        table[irq->line - first] = NULL;
        irqchip_mask(irq->line);
    }
    event = irq->event;
    irq->event = NULL;
    lock_release(&irq->lock);
    lock_release(&table_lock);
    if (event != NULL) {
        object_release(&event->object);
    }
}
