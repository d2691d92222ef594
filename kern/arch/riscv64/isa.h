/*
 * The harts of the device tree and their extensions.
 */
#ifndef RISCV64_ISA_H
#define RISCV64_ISA_H

#include <stdbool.h>

#include <boot/devicetree.h>

/* The next hart after `hart` (NONE: the first) that is enabled and has an MMU. */
dt_node isa_hart_next(const struct devicetree *tree, dt_node hart);
/* Whether all those harts have an extension, named in lower case. */
bool isa_has(const struct devicetree *tree, const char *extension);

#endif
