/*
 * What the loader takes from its own mapping of libsys: the table of exports, and where first
 * threads begin.
 */
#ifndef LOADER_SERVER_BINDING_H
#define LOADER_SERVER_BINDING_H

#include "exports.h"

/* A resolver for a target that has libsys at `base`; `libsys` is our own mapping of it. */
bool binding_exports(struct exports *exports, uint64_t libsys, uint64_t base,
                     struct refusal *refusal);
/* Offset of task_enter() from the start of libsys, once static_bind() has run. */
uint64_t binding_task_enter(uint64_t libsys);

#endif
