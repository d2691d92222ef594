/*
 * Doubly linked lists with the node inside the element. An unlinked node points to itself.
 */
#ifndef KERN_LIST_H
#define KERN_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct list {
    struct list *next, *previous;
};

#define container_of(pointer, type, member) ((type *)((char *)(pointer) - offsetof(type, member)))

static inline void list_init(struct list *node)
{
    node->next = node;
    node->previous = node;
}

static inline bool list_empty(const struct list *node)
{
    return node->next == node;
}

static inline void list_insert_before(struct list *position, struct list *node)
{
    node->next = position;
    node->previous = position->previous;
    position->previous->next = node;
    position->previous = node;
}

static inline void list_append(struct list *head, struct list *node)
{
    list_insert_before(head, node);
}

static inline void list_prepend(struct list *head, struct list *node)
{
    list_insert_before(head->next, node);
}

/* Leaves the node unlinked, so that removing twice does nothing. */
static inline void list_remove(struct list *node)
{
    node->previous->next = node->next;
    node->next->previous = node->previous;
    list_init(node);
}

/* Moves all nodes of `from` to the empty list `to`. */
static inline void list_take_all(struct list *from, struct list *to)
{
    if (!list_empty(from)) {
        *to = *from;
        to->next->previous = to;
        to->previous->next = to;
        list_init(from);
    }
}

/* The first node, removed; null if the list is empty. */
static inline struct list *list_take(struct list *head)
{
    struct list *node = head->next;

    if (node == head) {
        return NULL;
    }
    list_remove(node);
    return node;
}

#endif
