/* See devices.h. */
#include "devices.h"

#include "test_device.h"

static uint64_t tree_length(uint64_t skew, uint64_t size)
{
    return (skew + size + PAGE - 1) & ~(PAGE - 1);
}

bool tree_open(struct devicetree *tree)
{
    const struct start_handle *found = start_handle_find(environment.info, "devicetree");
    uint64_t mapped = 0;
    if (found == NULL) {
        EXPECT(!"no device tree");
        return false;
    }
    EXPECT_OK(space_map(0, found->handle, 0, 0, tree_length(found->extra[0], found->extra[1]),
                        MAP_READ, &mapped));
    const void *blob = at(mapped + found->extra[0]);
    bool good = mapped != 0 && devicetree_open(tree, blob, found->extra[1]) == NULL;
    EXPECT(good);
    return good;
}

void tree_close(struct devicetree *tree)
{
    uint64_t blob = address_of(tree->blob);
    unmap(blob & ~(PAGE - 1), tree_length(blob % PAGE, tree->size));
}

static bool find_chip(struct clock_chip *chip)
{
    dt_node node = devicetree_find_compatible(&chip->tree, DEVICETREE_NONE, CHIP_COMPATIBLE);
    dt_node controller;
    uint64_t size = 0;
    uint32_t cells[4];
    unsigned count = 0;
    if (node == DEVICETREE_NONE ||
        !devicetree_registers(&chip->tree, node, 0, &chip->physical, &size) ||
        !devicetree_interrupt(&chip->tree, node, 0, &controller, cells, &count)) {
        return false;
    }
    chip->line = chip_line(cells);
    return chip->physical % PAGE == 0;
}

bool chip_open(struct clock_chip *chip)
{
    *chip = (struct clock_chip){.memory = 0};
    if (!tree_open(&chip->tree)) {
        return false;
    }
    bool found = find_chip(chip);
    EXPECT(found);
    if (found) {
        EXPECT_OK(memory_create_device(environment.machine, chip->physical, PAGE, DEVICE_REGISTERS,
                                       &chip->memory));
        EXPECT_OK(space_map(0, chip->memory, 0, 0, PAGE, MAP_READ | MAP_WRITE, &chip->registers));
    }
    return chip->registers != 0;
}

void chip_close(struct clock_chip *chip)
{
    chip_quiet(at(chip->registers));
    unmap(chip->registers, PAGE);
    close_handle(chip->memory);
    tree_close(&chip->tree);
}
