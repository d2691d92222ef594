/*
 * Where an object goes in its target space: random, apart, within reach of each other.
 *
 * The groups, the stack and the start data form one cluster in random order with random gaps of
 * at least a page, so that near calls reach and few page tables are needed. Pure.
 */
#ifndef LOADER_SERVER_PLACE_H
#define LOADER_SERVER_PLACE_H

#include <stdbool.h>
#include <stdint.h>

#include "object.h"

enum { PLACE_STACK = OBJECT_GROUPS, PLACE_START, PLACE_AREAS };

struct place_area {
    uint64_t size; /* 0: not needed */
    uint64_t align;
    uint64_t address;
};

struct place {
    struct place_area area[PLACE_AREAS];
    uint64_t state;     /* of the random numbers; seeded by the caller */
    uint64_t low, high; /* where to choose; high 0: wherever plain tasks go */
};

/* Sets the addresses. False: the constraint leaves no room. Another call tries another place. */
bool place_choose(struct place *place, const struct object_constraint *constraint);

#endif
