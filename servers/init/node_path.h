/*
 * The full path of a node of the device tree (Devicetree Specification, 2.2.3), for drivers and
 * reports.
 */
#ifndef INIT_NODE_PATH_H
#define INIT_NODE_PATH_H

#include <stdbool.h>
#include <stddef.h>

#include "devicetree.h"

/* Ended by NUL. False: there is no such node, or it does not fit into `size` bytes, 1 or more. */
bool node_path(const struct devicetree *tree, dt_node node, char *path, size_t size);

#endif
