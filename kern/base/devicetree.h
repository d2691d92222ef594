/*
 * Reading a flattened device tree (Devicetree Specification 0.4, chapters 2 and 5) in place.
 *
 * The blob is untrusted: devicetree_open() checks header, block bounds and token structure once;
 * afterwards every accessor stays inside it. Nodes are offsets into the structure block, so there
 * is no allocation. Also built for the host (tests, fuzzing) and for user space (device manager).
 */
#ifndef BASE_DEVICETREE_H
#define BASE_DEVICETREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct devicetree {
    const uint8_t *blob;
    uint32_t size; /* bytes, as the header says */
    uint32_t structure, structure_size;
    uint32_t strings, strings_size;
};

/* Offset of a node's FDT_BEGIN_NODE token from the structure block; DEVICETREE_NONE: no node. */
typedef uint32_t dt_node;
#define DEVICETREE_NONE  UINT32_MAX
#define DEVICETREE_DEPTH 16 /* deeper trees are refused */

/* Null if the blob (at most `limit` bytes) is a well-formed tree, otherwise what is wrong. */
const char *devicetree_open(struct devicetree *tree, const void *blob, size_t limit);
/* Total size from a header of 40 readable bytes, or 0 if it is none. */
uint32_t devicetree_size(const void *header);

dt_node devicetree_root(const struct devicetree *tree);
/* The next node in the order of the blob, descending; NONE at the end. */
dt_node devicetree_next(const struct devicetree *tree, dt_node node);
dt_node devicetree_first_child(const struct devicetree *tree, dt_node node);
dt_node devicetree_next_sibling(const struct devicetree *tree, dt_node node);
dt_node devicetree_parent(const struct devicetree *tree, dt_node node);
const char *devicetree_name(const struct devicetree *tree, dt_node node);
/* By path or alias, ending at ':' (stdout-path options). */
dt_node devicetree_find_path(const struct devicetree *tree, const char *path);
dt_node devicetree_find_phandle(const struct devicetree *tree, uint32_t phandle);
/* The next node after `after` (or the first, for NONE) one of whose compatible strings matches. */
dt_node devicetree_find_compatible(const struct devicetree *tree, dt_node after, const char *name);
bool devicetree_is_compatible(const struct devicetree *tree, dt_node node, const char *name);
/* Which string of a property that lists some equals `text`; -1: none, or it is no such list. */
int devicetree_string_index(const struct devicetree *tree, dt_node node, const char *name,
                            const char *text);
/* status absent, "okay" or "ok". */
bool devicetree_enabled(const struct devicetree *tree, dt_node node);

/* Value and length of a property; null if absent. */
const uint8_t *devicetree_property(const struct devicetree *tree, dt_node node, const char *name,
                                   uint32_t *length);
/* i-th property of a node in blob order; false after the last. */
bool devicetree_property_at(const struct devicetree *tree, dt_node node, unsigned i,
                            const char **name, const uint8_t **value, uint32_t *length);
/* A string property, null if absent or not terminated. */
const char *devicetree_string(const struct devicetree *tree, dt_node node, const char *name);
/* i-th 32-bit cell; false if the property is absent or shorter. */
bool devicetree_cell(const struct devicetree *tree, dt_node node, const char *name, unsigned i,
                     uint32_t *value);
/* A number of one cell or of two, as it is written; false if the property is absent or shorter. */
bool devicetree_number(const struct devicetree *tree, dt_node node, const char *name,
                       uint64_t *value);

/* i-th entry of `reg`, translated to a CPU physical address through the `ranges` above. */
bool devicetree_registers(const struct devicetree *tree, dt_node node, unsigned i,
                          uint64_t *address, uint64_t *size);
/* i-th interrupt (interrupts with its interrupt-parent, or interrupts-extended): controller and
 * its specifier cells (at most 4). */
bool devicetree_interrupt(const struct devicetree *tree, dt_node node, unsigned i,
                          dt_node *controller, uint32_t cells[4], unsigned *cell_count);
/* i-th memory reservation of the header block. */
bool devicetree_reservation(const struct devicetree *tree, unsigned i, uint64_t *address,
                            uint64_t *size);

#endif
