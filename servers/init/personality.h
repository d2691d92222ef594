/*
 * Which personalities run: who starts a program that is no object of the system asks them in turn.
 */
#ifndef INIT_PERSONALITY_H
#define INIT_PERSONALITY_H

#include "init.h"

/* `personality` of the protocol process. */
status_t personality_serve(struct call *call, uint32_t position, uint8_t *name,
                           size_t name_capacity, size_t *name_length, handle_t *personality);

#endif
