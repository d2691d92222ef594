/*
 * Work that has no caller to wait for it: taking apart what is dead, in bounded steps, at kernel
 * exits and while idle.
 */
#ifndef KERN_REAP_H
#define KERN_REAP_H

#include <kern/list.h>
#include <stdatomic.h>
#include <stdbool.h>

struct reap {
    struct list link;
    bool (*step)(struct reap *); /* one bounded step; true when done (and *reap may be gone) */
};

extern atomic_uint reap_pending;

void reap_add(struct reap *reap, bool (*step)(struct reap *));
/* A few steps. Called with no lock held. False: nothing was to do. */
bool reap_run(void);

#endif
