/*
 * See memory_map.h. Sources: /memory nodes (Devicetree Specification 3.4), the reservation block
 * (5.3), /reserved-memory (3.5), linux,initrd-start and -end in /chosen, and the image itself.
 */
#include "memory_map.h"

#include <kern/image.h>
#include <string.h>

static void reserve(struct memory_map *map, uint64_t base, uint64_t size)
{
    if (size != 0 && map->reserved_count < RESERVED_RANGES) {
        map->reserved[map->reserved_count++] = (struct memory_range){base, size};
    }
}

/* Keeps the list ascending. RAM beyond the direct map is left out. */
static void add_ram(struct memory_map *map, uint64_t base, uint64_t size)
{
    unsigned at = map->ram_count;

    if (base >= DIRECT_SIZE || size == 0 || map->ram_count == MEMORY_RANGES) {
        return;
    }
    if (size > DIRECT_SIZE - base) {
        size = DIRECT_SIZE - base;
    }
    for (; at > 0 && map->ram[at - 1].base > base; at--) {
        map->ram[at] = map->ram[at - 1];
    }
    map->ram[at] = (struct memory_range){base, size};
    map->ram_count++;
}

/* Joins ranges that overlap or touch. */
static void merge_ram(struct memory_map *map)
{
    unsigned kept = 0;

    for (unsigned i = 1; i < map->ram_count; i++) {
        struct memory_range *last = &map->ram[kept];
        const struct memory_range *next = &map->ram[i];
        uint64_t last_end = last->base + last->size;
        uint64_t next_end = next->base + next->size;

        if (next->base <= last_end) {
            map->overlapped |= next->base < last_end;
            last->size = (next_end > last_end ? next_end : last_end) - last->base;
        } else {
            map->ram[++kept] = *next;
        }
    }
    map->ram_count = map->ram_count != 0 ? kept + 1 : 0;
}

static void read_memory_nodes(struct memory_map *map, const struct devicetree *tree)
{
    dt_node node = devicetree_first_child(tree, devicetree_root(tree));

    for (; node != DEVICETREE_NONE; node = devicetree_next_sibling(tree, node)) {
        const char *type = devicetree_string(tree, node, "device_type");
        uint64_t base, size;

        if (type == NULL || strcmp(type, "memory") != 0 || !devicetree_enabled(tree, node)) {
            continue;
        }
        for (unsigned i = 0; devicetree_registers(tree, node, i, &base, &size); i++) {
            add_ram(map, base, size);
        }
    }
}

static void read_reservations(struct memory_map *map, const struct devicetree *tree)
{
    dt_node node = devicetree_first_child(tree, devicetree_find_path(tree, "/reserved-memory"));
    uint64_t base, size;

    for (unsigned i = 0; devicetree_reservation(tree, i, &base, &size); i++) {
        reserve(map, base, size);
    }
    for (; node != DEVICETREE_NONE; node = devicetree_next_sibling(tree, node)) {
        for (unsigned i = 0; devicetree_registers(tree, node, i, &base, &size); i++) {
            reserve(map, base, size);
        }
    }
}

static void read_initrd(struct memory_map *map, const struct devicetree *tree)
{
    dt_node chosen = devicetree_find_path(tree, "/chosen");
    uint64_t start, end;

    if (devicetree_number(tree, chosen, "linux,initrd-start", &start) &&
        devicetree_number(tree, chosen, "linux,initrd-end", &end) && end > start) {
        map->initrd = (struct memory_range){start, end - start};
        reserve(map, start, end - start);
    }
}

static bool inside_ram(const struct memory_map *map, const struct memory_range *range)
{
    for (unsigned i = 0; i < map->ram_count; i++) {
        uint64_t offset = range->base - map->ram[i].base;

        if (offset <= map->ram[i].size && range->size <= map->ram[i].size - offset) {
            return true;
        }
    }
    return false;
}

const char *memory_map_read(struct memory_map *map, const struct devicetree *tree,
                            uint64_t devicetree_physical)
{
    struct memory_range image = {kernel_physical_base, (uint64_t)(__image_end - __image_start)};

    memset(map, 0, sizeof(*map));
    read_memory_nodes(map, tree);
    if (map->ram_count == 0) {
        return "the device tree has no memory node";
    }
    merge_ram(map);
    if (!inside_ram(map, &image)) {
        return "the device tree's memory does not contain the kernel image";
    }
    read_reservations(map, tree);
    reserve(map, image.base, image.size);
    reserve(map, devicetree_physical, tree->size);
    read_initrd(map, tree);
    if (map->initrd.size != 0 && !inside_ram(map, &map->initrd)) {
        return "the initrd lies outside the memory of the device tree";
    }
    return NULL;
}
