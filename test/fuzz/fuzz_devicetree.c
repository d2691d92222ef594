/*
 * libFuzzer: any bytes are refused by devicetree_open(), or every accessor stays inside them (which
 * AddressSanitizer checks) and they agree with each other about the tree.
 */
#include <stdlib.h>
#include <string.h>

#include <base/devicetree.h>

#include "node_path.h"

#define PATH_SIZE 256
#define ENTRIES   3  /* of reg, interrupts and reservations that are tried at each node */
#define NODES_MAX 64 /* visited in full; the accessors search, so large trees cost the square */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
    if (!condition) {
        abort();
    }
}

static void visit_properties(const struct devicetree *tree, dt_node node)
{
    const char *name;
    const uint8_t *value;
    uint32_t length, cell;

    for (unsigned i = 0; devicetree_property_at(tree, node, i, &name, &value, &length); i++) {
        uint32_t found_length;
        require(value >= tree->blob && (size_t)(value - tree->blob) + length <= tree->size);
        require(devicetree_property(tree, node, name, &found_length) != NULL);
        const char *text = devicetree_string(tree, node, name);
        require(text == NULL || strlen(text) < tree->size);
        require(devicetree_cell(tree, node, name, 0, &cell) == (found_length >= sizeof(cell)));
    }
}

static void visit_relations(const struct devicetree *tree, dt_node node)
{
    char path[PATH_SIZE];
    dt_node child = devicetree_first_child(tree, node);

    if (child != DEVICETREE_NONE) {
        require(devicetree_parent(tree, child) == node);
        require(devicetree_next(tree, node) == child);
    }
    if (devicetree_next_sibling(tree, node) != DEVICETREE_NONE) {
        require(devicetree_parent(tree, devicetree_next_sibling(tree, node)) ==
                devicetree_parent(tree, node));
    }
    if (node_path(tree, node, path, sizeof(path))) {
        require(path[0] == '/' && strlen(path) < sizeof(path));
        (void)devicetree_find_path(tree, path);
        (void)devicetree_find_path(tree, path + 1);
    }
}

static void visit(const struct devicetree *tree, dt_node node)
{
    visit_properties(tree, node);
    visit_relations(tree, node);
    for (unsigned i = 0; i < ENTRIES; i++) {
        uint64_t address, length;
        uint32_t cells[4];
        dt_node controller;
        unsigned count;
        (void)devicetree_registers(tree, node, i, &address, &length);
        if (devicetree_interrupt(tree, node, i, &controller, cells, &count)) {
            require(controller != DEVICETREE_NONE && count >= 1 && count <= 4);
        }
    }
    (void)devicetree_is_compatible(tree, node, "ns16550a");
    (void)devicetree_enabled(tree, node);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct devicetree tree;
    uint64_t address, length;
    uint32_t anything = 0;
    unsigned nodes = 0;

    if (devicetree_open(&tree, data, size) != NULL) {
        return 0;
    }
    require(devicetree_root(&tree) != DEVICETREE_NONE);
    for (dt_node node = devicetree_root(&tree); node != DEVICETREE_NONE && nodes < NODES_MAX;
         node = devicetree_next(&tree, node), nodes++) {
        visit(&tree, node);
    }
    for (unsigned i = 0; i < ENTRIES; i++) {
        (void)devicetree_reservation(&tree, i, &address, &length);
    }

    /* A node that is none. */
    memcpy(&anything, data, sizeof(anything));
    anything = (anything % size) & ~3u;
    (void)devicetree_next(&tree, anything);
    (void)devicetree_next_sibling(&tree, anything);
    (void)devicetree_name(&tree, anything);
    (void)devicetree_cell(&tree, anything, "reg", 0, &anything);
    return 0;
}
