/*
 * What the objects of the system tests find at their start. They are started by the loader in the
 * place of init and hold everything (docs/INIT.md), so no test depends on the supervisor.
 */
#ifndef ENVIRONMENT_H
#define ENVIRONMENT_H

#include <sinter/system.h>
#include <stdbool.h>

#include "format.h"

#define PAGE        ((uint64_t)LIMIT_PAGE_SIZE)
#define MICROSECOND UINT64_C(1000)
#define MILLISECOND UINT64_C(1000000)
#define SECOND      UINT64_C(1000000000)

/* How long a test waits for what has to come. It decides when to give up, and nothing else: on a
 * busy host anything may take long. */
#define PATIENCE       (40 * SECOND)
#define FOR_EVER       (~UINT64_C(0))
#define OWN_PRIORITY   24 /* of the thread that runs server_main() */
#define OTHER_PRIORITY 20 /* of further threads, unless a test says otherwise */

struct environment {
    const struct start_info *info;
    handle_t root; /* the account of the whole machine */
    handle_t own;  /* the account of this task, below it */
    handle_t machine;
    handle_t task;
    handle_t space;
    handle_t loader;  /* endpoint, protocol loader */
    handle_t account; /* where a test charges what it makes */
    handle_t idle;    /* an event that nobody signals */
};

extern struct environment environment;

/* The object's own: where libsys calls it. */
int server_main(const struct start_info *info);

/* False: a start handle is missing; the log says which. */
bool environment_init(const struct start_info *info);
handle_t environment_handle(const char *name);

void sleep_for(uint64_t nanoseconds);
/* Zeroed memory of the account, mapped readable and writable at a random place; 0: none. */
uint64_t map_new(handle_t account, uint64_t size);
void unmap(uint64_t address, uint64_t size);
void close_handle(handle_t handle);

static inline void *at(uint64_t address)
{
    return (void *)(uintptr_t)address;
}

static inline uint64_t address_of(const volatile void *pointer)
{
    return (uint64_t)(uintptr_t)pointer;
}

#endif
