/*
 * Treaps; see kern/tree.h.
 */
#include <kern/tree.h>

/* Weights need to be spread and unknown to users, not secret: the node's kernel address and key,
 * mixed (Knuth's multiplicative hashing). */
static uint32_t weight_of(const struct tree_node *node)
{
    uint64_t mixed = ((uint64_t)node ^ (node->key >> 12)) * UINT64_C(0x9e3779b97f4a7c15);

    return (uint32_t)(mixed >> 32);
}

static void replace_child(struct tree *tree, struct tree_node *parent, struct tree_node *old,
                          struct tree_node *new)
{
    if (parent == NULL) {
        tree->root = new;
    } else if (parent->left == old) {
        parent->left = new;
    } else {
        parent->right = new;
    }
    if (new != NULL) {
        new->parent = parent;
    }
}

/* Exchanges `node` with its parent, keeping the order. */
static void rotate_up(struct tree *tree, struct tree_node *node)
{
    struct tree_node *parent = node->parent;
    struct tree_node *inner;

    replace_child(tree, parent->parent, parent, node);
    if (parent->left == node) {
        inner = node->right;
        parent->left = inner;
        node->right = parent;
    } else {
        inner = node->left;
        parent->right = inner;
        node->left = parent;
    }
    if (inner != NULL) {
        inner->parent = parent;
    }
    parent->parent = node;
}

void tree_insert(struct tree *tree, struct tree_node *node)
{
    struct tree_node *parent = NULL;
    struct tree_node **place = &tree->root;
    bool first = true;

    while (*place != NULL) {
        parent = *place;
        if (node->key < parent->key) {
            place = &parent->left;
        } else {
            place = &parent->right;
            first = false;
        }
    }
    node->left = NULL;
    node->right = NULL;
    node->parent = parent;
    node->weight = weight_of(node);
    node->linked = 1;
    *place = node;
    if (first) {
        tree->first = node;
    }
    while (node->parent != NULL && node->parent->weight < node->weight) {
        rotate_up(tree, node);
    }
}

void tree_remove(struct tree *tree, struct tree_node *node)
{
    if (!node->linked) {
        return;
    }
    if (tree->first == node) {
        tree->first = tree_next(node);
    }
    while (node->left != NULL || node->right != NULL) {
        struct tree_node *child = node->left;

        if (child == NULL || (node->right != NULL && node->right->weight > child->weight)) {
            child = node->right;
        }
        rotate_up(tree, child);
    }
    replace_child(tree, node->parent, node, NULL);
    node->parent = NULL;
    node->linked = 0;
}

struct tree_node *tree_find_below(const struct tree *tree, uint64_t key)
{
    struct tree_node *found = NULL;
    struct tree_node *node = tree->root;

    while (node != NULL) {
        if (node->key <= key) {
            found = node;
            node = node->right;
        } else {
            node = node->left;
        }
    }
    return found;
}

struct tree_node *tree_next(const struct tree_node *node)
{
    if (node->right != NULL) {
        node = node->right;
        while (node->left != NULL) {
            node = node->left;
        }
        return (struct tree_node *)node;
    }
    while (node->parent != NULL && node->parent->right == node) {
        node = node->parent;
    }
    return node->parent;
}
