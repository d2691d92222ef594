/* The machine as its device tree describes it, and its clock chip, which can interrupt. */
#ifndef TEST_DEVICES_H
#define TEST_DEVICES_H

#include "devicetree.h"
#include "test.h"

/* False: there is no readable tree; noted as a failure. */
bool tree_open(struct devicetree *tree);
void tree_close(struct devicetree *tree);

struct clock_chip {
    struct devicetree tree;
    uint64_t physical;
    uint32_t line;
    handle_t memory;
    uint64_t registers; /* mapped */
};

/* False: not found or not to be mapped; noted as a failure. */
bool chip_open(struct clock_chip *chip);
void chip_close(struct clock_chip *chip);

#endif
