/*
 * Which device of the device tree an object's note means, which interrupt line a specifier means,
 * and the node as a driver finds it (docs/SERVERS.md). Pure: reads the tree, nothing else.
 */
#ifndef INIT_MATCH_H
#define INIT_MATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "devicetree.h"

/*
 * A `device` text of a note: a compatible string, for virtio with `:N`, the virtio device type.
 * With
 * `@BUS`, that of the controller which the device is connected to (SPI): the driver then gets the
 * controller's registers and interrupts.
 */
struct match_pattern {
    char compatible[48];
    char bus[48];         /* empty: the device has registers itself */
    uint32_t virtio_type; /* 0: any */
};

bool match_pattern_parse(const char *text, struct match_pattern *pattern);

/*
 * Line and IRQ_ flag of an interrupt specifier: one cell is the line (PLIC); two are line and
 * kind (APLIC); three are class, number and kind (GIC: Linux binding arm,gic).
 */
bool match_interrupt(const uint32_t cells[4], unsigned count, uint32_t *line, uint32_t *flags);

/* Writes the records of a node; answers their bytes, also when they do not fit. */
uint64_t match_node_records(const struct devicetree *tree, dt_node node, uint8_t *to,
                            uint64_t size);

/* A name under /dev: `number` in place of the pattern's `*`; without one, behind the name unless
 * it is 0. False: too long. */
bool match_path(const char *pattern, uint32_t number, char *name, uint32_t size);
/* Whether a driver whose note has `pattern` may serve `name`: each `*` stands for a number. */
bool match_path_allows(const char *pattern, const char *name);
/* Whether a driver serves many files, more than one `*`, and tells their names when it knows them.
 */
bool match_path_is_many(const char *pattern);

#endif
