/*
 * Ordered trees with the node inside the element: treaps (Seidel and Aragon 1996), so that the
 * expected depth is logarithmic whatever order keys come in. Equal keys keep insertion order.
 */
#ifndef KERN_TREE_H
#define KERN_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct tree_node {
    struct tree_node *left, *right, *parent;
    uint64_t key;
    uint32_t weight; /* random; a parent's is never smaller than its children's */
    uint32_t linked;
};

struct tree {
    struct tree_node *root;
    struct tree_node *first; /* smallest key */
};

/* node->key is set by the caller. */
void tree_insert(struct tree *tree, struct tree_node *node);
/* Does nothing for a node that is not linked. */
void tree_remove(struct tree *tree, struct tree_node *node);
/* The node with the greatest key not above `key`; null if there is none. */
struct tree_node *tree_find_below(const struct tree *tree, uint64_t key);
struct tree_node *tree_next(const struct tree_node *node);

static inline struct tree_node *tree_first(const struct tree *tree)
{
    return tree->first;
}

#endif
