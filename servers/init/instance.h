/*
 * One run of an object: its space, task and first thread, and where it was loaded.
 *
 * Built on the worker (instance_build), begun and ended on the main thread. The account and the
 * handles that it is given belong to the service or process.
 */
#ifndef INIT_INSTANCE_H
#define INIT_INSTANCE_H

#include "catalog.h"

enum { INSTANCE_HANDLES = 32, INSTANCE_LINE = LOADER_LINE };

struct instance {
    handle_t space, task, thread;
    uint64_t libsys; /* where the kernel put it in the space */
    uint64_t seed;
    struct load_group groups[LOADER_GROUPS];
    uint64_t entry, start_info, stack_top;
};

/*
 * What to build. Texts are `argument_count` arguments, then the environment, each ended by NUL;
 * they are at `texts` or, if that is null, at an offset in the lease of a call not yet answered.
 */
struct instance_plan {
    struct boot_file *file;
    const char *name;
    handle_t account;
    handle_t fault_endpoint;
    uint32_t priority;
    uint32_t argument_count, environment_count;
    const char *texts;
    handle_t texts_reply;
    uint64_t texts_at;
    uint32_t text_bytes;
    uint32_t handle_count;
    struct {
        char name[24];
        handle_t handle;
        uint32_t rights;
        uint64_t extra[2];
    } handles[INSTANCE_HANDLES];
};

/* Adds a handle to the plan; it stays the caller's. 0 is left out. */
void instance_give(struct instance_plan *plan, const char *name, handle_t handle, uint32_t rights,
                   uint64_t extra0, uint64_t extra1);
/* On the worker. A failure leaves nothing behind, and `line` tells why. */
SINTER_MUST_CHECK status_t instance_build(struct instance *instance,
                                          const struct instance_plan *plan,
                                          char line[INSTANCE_LINE]);
/* Lets it run; its death signals the bit of the slot. */
SINTER_MUST_CHECK status_t instance_begin(struct instance *instance, uint32_t slot);
bool instance_is_dead(const struct instance *instance, uint32_t *reason, int64_t *code);
void instance_kill(struct instance *instance, int64_t code);
/* Closes what is left of it. */
void instance_end(struct instance *instance);
/* On the worker: reads the note of a file unless that was done. */
SINTER_MUST_CHECK status_t instance_note(struct boot_file *file, char line[INSTANCE_LINE]);

#endif
