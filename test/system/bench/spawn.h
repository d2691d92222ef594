/* Loads an object of the boot set into an address space and a task of its own. */
#ifndef SPAWN_H
#define SPAWN_H

#include "environment.h"

#define SPAWN_HANDLES 8

struct spawn {
    bool host; /* its space can host guests */
    uint32_t handle_count;
    struct {
        const char *name;
        handle_t handle;
    } handles[SPAWN_HANDLES];
};

void spawn_give(struct spawn *spawn, const char *name, handle_t handle);
/* False: it could not be started; the log says why. */
bool spawn_start(const struct spawn *spawn, const char *file, uint32_t priority);

#endif
