/*
 * Interrupt lines as objects: a line signals an event and stays masked until acknowledged. A line
 * that fires while unbound stays pending in the controller.
 */
#ifndef KERN_IRQ_H
#define KERN_IRQ_H

#include <kern/object.h>

struct event;

struct irq {
    struct object object;
    struct lock lock;
    uint32_t line, flags;
    bool dead;           /* no handle is left: it cannot be bound */
    struct event *event; /* holds a reference; null: not bound */
    uint64_t bits;
};

void irq_init(void);
/* BAD_ARGUMENT: no such line; OVERLAP: it has an object. */
struct irq *irq_create(struct account *account, uint32_t line, uint32_t flags, status_t *status);
/* GONE: its last handle has gone. */
status_t irq_bind(struct irq *irq, struct event *event, uint64_t bits);
status_t irq_acknowledge(struct irq *irq);
void irq_unreachable(struct object *object);

#endif
