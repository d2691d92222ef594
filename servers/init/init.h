/*
 * What the parts of init share: its own handles, badges, event bits and limits.
 *
 * Two threads. The main one (main.c) receives: calls of clients and servers, faults, deaths,
 * timers; it owns all tables and never waits for anybody. The worker (worker.c) does one job
 * at a time, whatever has to call the loader; the record of a job is the worker's until it is
 * given back. Layers, each using only those above it:
 *   text, script, policy, match, peek  pure
 *   init, catalog, device, worker      what there is, and work that waits
 *   instance                           a task with its handles
 *   service, process, stop             states; who uses what, and the end of everything
 *   names, command, report             what clients see
 *   main
 */
#ifndef INIT_INIT_H
#define INIT_INIT_H

#include <sinter/system.h>
#include <stdbool.h>

#include "archive.h"
#include "devicetree.h"
#include "server.h"

enum {
    INIT_SERVICES = 48,
    INIT_PROCESSES = 80,
    INIT_SLOTS = INIT_SERVICES + INIT_PROCESSES, /* tasks that are watched */
    INIT_DEATH_BITS = 40,                        /* slot i is watched by bit i % INIT_DEATH_BITS */
};

/* Bits of init's event. */
#define INIT_EVENT_DEATHS ((1ull << INIT_DEATH_BITS) - 1)
#define INIT_EVENT_LOADER (1ull << 40) /* the loader has died */
#define INIT_EVENT_JOB    (1ull << 41) /* the worker has given jobs back */
#define INIT_EVENT_TIMER  (1ull << 42)
#define INIT_EVENT_LOOK   (1ull << 43) /* a state has changed: see what follows from it */

#define INIT_NEVER       UINT64_MAX /* a time that does not come */
#define INIT_MILLISECOND 1000000ull
#define INIT_SECOND      1000000000ull

/* Of two times. */
static inline uint64_t init_earlier(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* Badges of init's own port: kind, generation of the slot, slot. */
enum badge_kind {
    BADGE_DEV = 1, /* the directory /dev */
    BADGE_SPAWNER, /* slot: of the process that may start others */
    BADGE_PROCESS,
    BADGE_SERVICE,    /* the service protocol; slot: of the process that has it */
    BADGE_SUPERVISOR, /* what an instance of a service says */
    BADGE_FAULT,      /* faults of the task in the slot */
    BADGE_OWN,        /* slot: enum own_file */
    BADGE_STARTER,    /* slot: of the service that may start programs */
};

static inline uint64_t badge_make(enum badge_kind kind, uint32_t generation, uint32_t slot)
{
    return (uint64_t)kind << 56 | (uint64_t)(generation & 0xffffff) << 32 | slot;
}

static inline enum badge_kind badge_kind(uint64_t badge)
{
    return (enum badge_kind)(badge >> 56);
}

static inline uint32_t badge_generation(uint64_t badge)
{
    return (uint32_t)(badge >> 32) & 0xffffff;
}

static inline uint32_t badge_slot(uint64_t badge)
{
    return (uint32_t)badge;
}

struct init {
    struct server server; /* of the main thread */
    handle_t root;        /* the account of the whole system */
    handle_t account;     /* init's own */
    handle_t machine;
    handle_t event; /* bound to the main thread */
    handle_t port;
    handle_t initrd; /* memory; the archive begins at initrd_offset */
    uint64_t initrd_offset;
    struct archive archive; /* the boot set, mapped */
    struct devicetree tree;
    bool has_tree;
};

extern struct init init;

/* Takes the start handles and makes what init itself needs. False: the log says why. */
bool init_begin(const struct start_info *info);

/* An endpoint of init's port. */
SINTER_MUST_CHECK status_t init_mint(enum badge_kind kind, uint32_t generation, uint32_t slot,
                                     handle_t *endpoint);
uint64_t init_random(void);
/* Makes the main loop look again at everything that waits. */
void init_look_again(void);
/*
 * Maps for a moment, at the same place each time if it is free: page tables last as long as a
 * space, so other places would use them up. *hint is the caller's, at first 0.
 */
SINTER_MUST_CHECK status_t init_map(handle_t memory, uint64_t length, uint32_t flags,
                                    uint64_t *hint);
void close_if(handle_t *handle); /* closes and clears; 0 is left alone */

#endif
