/*
 * Device tree: what properties say about addresses and interrupts (Devicetree Specification 0.4,
 * sections 2.3 and 2.4). Uses only the interface of devicetree.h.
 */
#include "devicetree.h"

#define CELL                  4u /* bytes */
#define ADDRESS_CELLS_DEFAULT 2  /* 2.3.5 */
#define SIZE_CELLS_DEFAULT    1
#define INTERRUPT_CELLS_MAX   4

/* A number of `count` (0 to 2) cells. */
static uint64_t read_cells(const uint8_t *bytes, uint32_t count)
{
    uint64_t value = 0;

    for (uint32_t i = 0; i < count * CELL; i++) {
        value = value << 8 | bytes[i];
    }
    return value;
}

struct bus_cells {
    uint32_t address, size;
};

/* How children of `bus` write addresses. False for more than two cells (PCI): those are no CPU
 * addresses. */
static bool bus_cells_read(const struct devicetree *tree, dt_node bus, struct bus_cells *cells)
{
    cells->address = ADDRESS_CELLS_DEFAULT;
    cells->size = SIZE_CELLS_DEFAULT;
    (void)devicetree_cell(tree, bus, "#address-cells", 0, &cells->address);
    (void)devicetree_cell(tree, bus, "#size-cells", 0, &cells->size);
    return cells->address >= 1 && cells->address <= 2 && cells->size <= 2;
}

/* From addresses below `bus` to those of the bus above it (2.3.8). */
static bool bus_translate(const struct devicetree *tree, dt_node bus, dt_node above,
                          uint64_t *address, uint64_t size)
{
    struct bus_cells child, parent;
    uint32_t length;
    const uint8_t *ranges = devicetree_property(tree, bus, "ranges", &length);

    if (ranges == NULL || !bus_cells_read(tree, bus, &child) ||
        !bus_cells_read(tree, above, &parent)) {
        return false;
    }
    if (length == 0) {
        return true;
    }
    uint32_t entry = (child.address + parent.address + child.size) * CELL;
    for (; length >= entry; ranges += entry, length -= entry) {
        uint64_t offset = *address - read_cells(ranges, child.address);
        const uint8_t *to = ranges + child.address * CELL;
        uint64_t window = read_cells(to + parent.address * CELL, child.size);
        if (offset < window && size <= window - offset) {
            *address = read_cells(to, parent.address) + offset;
            return true;
        }
    }
    return false;
}

bool devicetree_registers(const struct devicetree *tree, dt_node node, unsigned i,
                          uint64_t *address, uint64_t *size)
{
    dt_node bus = devicetree_parent(tree, node);
    struct bus_cells cells;
    uint32_t length;
    const uint8_t *reg = devicetree_property(tree, node, "reg", &length);

    if (bus == DEVICETREE_NONE || reg == NULL || !bus_cells_read(tree, bus, &cells)) {
        return false;
    }
    uint32_t entry = (cells.address + cells.size) * CELL;
    if (i >= length / entry) {
        return false;
    }
    *address = read_cells(reg + i * entry, cells.address);
    *size = read_cells(reg + i * entry + cells.address * CELL, cells.size);
    for (dt_node above = devicetree_parent(tree, bus); above != DEVICETREE_NONE;
         bus = above, above = devicetree_parent(tree, bus)) {
        if (!bus_translate(tree, bus, above, address, *size)) {
            return false;
        }
    }
    return true;
}

/* The controller that `interrupts` of a node refers to (2.4): its own or an inherited
 * interrupt-parent, else the node above. */
static dt_node interrupt_parent(const struct devicetree *tree, dt_node node)
{
    uint32_t phandle;

    for (dt_node at = node; at != DEVICETREE_NONE; at = devicetree_parent(tree, at)) {
        if (devicetree_cell(tree, at, "interrupt-parent", 0, &phandle)) {
            return devicetree_find_phandle(tree, phandle);
        }
    }
    return devicetree_parent(tree, node);
}

static bool interrupt_cells(const struct devicetree *tree, dt_node controller, unsigned *count)
{
    uint32_t cells;

    if (!devicetree_cell(tree, controller, "#interrupt-cells", 0, &cells) || cells == 0 ||
        cells > INTERRUPT_CELLS_MAX) {
        return false;
    }
    *count = cells;
    return true;
}

static void specifier_read(const uint8_t *value, unsigned count, uint32_t cells[4])
{
    for (unsigned i = 0; i < count; i++) {
        cells[i] = (uint32_t)read_cells(value + i * CELL, 1);
    }
}

static bool interrupt_extended(const struct devicetree *tree, const uint8_t *value, uint32_t length,
                               unsigned i, dt_node *controller, uint32_t cells[4],
                               unsigned *cell_count)
{
    for (; length >= CELL; i--) {
        *controller = devicetree_find_phandle(tree, (uint32_t)read_cells(value, 1));
        if (!interrupt_cells(tree, *controller, cell_count) || (1 + *cell_count) * CELL > length) {
            return false;
        }
        if (i == 0) {
            specifier_read(value + CELL, *cell_count, cells);
            return true;
        }
        value += (1 + *cell_count) * CELL;
        length -= (1 + *cell_count) * CELL;
    }
    return false;
}

bool devicetree_interrupt(const struct devicetree *tree, dt_node node, unsigned i,
                          dt_node *controller, uint32_t cells[4], unsigned *cell_count)
{
    uint32_t length;
    const uint8_t *value = devicetree_property(tree, node, "interrupts-extended", &length);

    if (value != NULL) {
        return interrupt_extended(tree, value, length, i, controller, cells, cell_count);
    }
    value = devicetree_property(tree, node, "interrupts", &length);
    if (value == NULL) {
        return false;
    }
    *controller = interrupt_parent(tree, node);
    if (!interrupt_cells(tree, *controller, cell_count) || i >= length / (*cell_count * CELL)) {
        return false;
    }
    specifier_read(value + i * *cell_count * CELL, *cell_count, cells);
    return true;
}
