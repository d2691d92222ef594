/*
 * Mutual exclusion among the threads of a personality. Held for a moment only: never over a call of
 * another server, nor while memory of a guest is copied.
 */
#ifndef MUTEX_H
#define MUTEX_H

#include <sinter/system.h>
#include <stdbool.h>

struct mutex {
    _Atomic uint32_t state; /* 0 free, 1 held, 2 held and perhaps waited for */
    handle_t event;
    _Atomic uint32_t turns; /* how often it was taken */
};

/* What event_create() answers. */
SINTER_MUST_CHECK status_t mutex_init(struct mutex *mutex, handle_t account);
void mutex_lock(struct mutex *mutex);
void mutex_unlock(struct mutex *mutex);
/* Whether it is free, or has been taken since *turns, which is brought up to date. */
bool mutex_goes_on(struct mutex *mutex, uint32_t *turns);

#endif
