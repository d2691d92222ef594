/*
 * Mutual exclusion among the threads of a personality. Held for a moment only: never over a call of
 * another server, nor while memory of a guest is copied.
 */
#ifndef MUTEX_H
#define MUTEX_H

#include <sinter/system.h>

struct mutex {
    _Atomic uint32_t state; /* 0 free, 1 held, 2 held and perhaps waited for */
    handle_t event;
};

/* What event_create() answers. */
SINTER_MUST_CHECK status_t mutex_init(struct mutex *mutex, handle_t account);
void mutex_lock(struct mutex *mutex);
void mutex_unlock(struct mutex *mutex);

#endif
