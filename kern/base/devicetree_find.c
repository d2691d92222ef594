/*
 * Device tree: finding nodes by path, alias, phandle and compatible string. Uses only the
 * interface of devicetree.h.
 */
#include "devicetree.h"
#include "devicetree_text.h"

/* Whether `text` begins with the `length` characters of `prefix`, which has no NUL. */
static bool text_begins(const char *text, const char *prefix, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (text[i] != prefix[i]) {
            return false;
        }
    }
    return true;
}

static bool path_ends(char c)
{
    return c == '\0' || c == ':';
}

static size_t path_component(const char *path)
{
    size_t length = 0;

    while (!path_ends(path[length]) && path[length] != '/') {
        length++;
    }
    return length;
}

/* A component names a node with its unit address, or without it. */
static bool component_matches(const char *name, const char *component, size_t length)
{
    return text_begins(name, component, length) && (name[length] == '\0' || name[length] == '@');
}

static dt_node find_below(const struct devicetree *tree, dt_node node, const char *path)
{
    while (node != DEVICETREE_NONE) {
        while (*path == '/') {
            path++;
        }
        if (path_ends(*path)) {
            break;
        }
        size_t length = path_component(path);
        node = devicetree_first_child(tree, node);
        while (node != DEVICETREE_NONE &&
               !component_matches(devicetree_name(tree, node), path, length)) {
            node = devicetree_next_sibling(tree, node);
        }
        path += length;
    }
    return node;
}

/* The path that /aliases gives to the first `length` characters of `name`; null if none. */
static const char *find_alias(const struct devicetree *tree, const char *name, size_t length)
{
    dt_node aliases = find_below(tree, devicetree_root(tree), "aliases");
    const char *property;
    const uint8_t *value;
    uint32_t value_length;

    for (unsigned i = 0; devicetree_property_at(tree, aliases, i, &property, &value, &value_length);
         i++) {
        if (text_begins(property, name, length) && property[length] == '\0') {
            return devicetree_string(tree, aliases, property);
        }
    }
    return NULL;
}

dt_node devicetree_find_path(const struct devicetree *tree, const char *path)
{
    dt_node from = devicetree_root(tree);

    if (*path != '/') {
        size_t length = path_component(path);
        const char *alias = find_alias(tree, path, length);
        if (alias == NULL || *alias != '/') {
            return DEVICETREE_NONE;
        }
        from = find_below(tree, from, alias);
        path += length;
    }
    return find_below(tree, from, path);
}

dt_node devicetree_find_phandle(const struct devicetree *tree, uint32_t phandle)
{
    for (dt_node node = devicetree_root(tree); node != DEVICETREE_NONE;
         node = devicetree_next(tree, node)) {
        uint32_t value;
        if ((devicetree_cell(tree, node, "phandle", 0, &value) ||
             devicetree_cell(tree, node, "linux,phandle", 0, &value)) &&
            value == phandle) {
            return node;
        }
    }
    return DEVICETREE_NONE;
}

int devicetree_string_index(const struct devicetree *tree, dt_node node, const char *name,
                            const char *text)
{
    uint32_t length = 0;
    const char *list = (const char *)devicetree_property(tree, node, name, &length);

    if (length == 0 || list[length - 1] != '\0') {
        return -1;
    }
    const char *end = list + length;
    for (int i = 0; list < end; i++) {
        if (text_equal(list, text)) {
            return i;
        }
        list += text_length(list) + 1;
    }
    return -1;
}

bool devicetree_is_compatible(const struct devicetree *tree, dt_node node, const char *name)
{
    return devicetree_string_index(tree, node, "compatible", name) >= 0;
}

dt_node devicetree_find_compatible(const struct devicetree *tree, dt_node after, const char *name)
{
    dt_node node = after == DEVICETREE_NONE ? devicetree_root(tree) : devicetree_next(tree, after);

    while (node != DEVICETREE_NONE && !devicetree_is_compatible(tree, node, name)) {
        node = devicetree_next(tree, node);
    }
    return node;
}

bool devicetree_enabled(const struct devicetree *tree, dt_node node)
{
    uint32_t length;

    return devicetree_property(tree, node, "status", &length) == NULL ||
           devicetree_string_index(tree, node, "status", "okay") == 0 ||
           devicetree_string_index(tree, node, "status", "ok") == 0;
}
