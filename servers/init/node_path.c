/*
 * See node_path.h. Since a node leads to its parent, the path is put together from its end.
 */
#include "node_path.h"

#include "memory.h"
#include "text.h"

static bool put_before(char *path, size_t *at, const char *name)
{
    size_t length = text_length(name);
    if (length + 1 > *at) {
        return false;
    }
    *at -= length + 1;
    path[*at] = '/';
    memcpy(path + *at + 1, name, length);
    return true;
}

bool node_path(const struct devicetree *tree, dt_node node, char *path, size_t size)
{
    dt_node root = devicetree_root(tree);
    size_t at = size - 1;
    bool fits = node != root || put_before(path, &at, "");
    while (fits && node != root && node != DEVICETREE_NONE) {
        fits = put_before(path, &at, devicetree_name(tree, node));
        node = devicetree_parent(tree, node);
    }
    path[size - 1] = '\0';
    memmove(path, path + at, size - at);
    return fits && node == root;
}
