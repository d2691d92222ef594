/*
 * Loading one object into a space: the loader's central operation.
 *
 * Steps: map the object, open, lay out, place, relocate, lay the start data, map into the target.
 * Whatever is refused leaves nothing in the target and nothing in the loader. The object's bytes
 * must not change while it is loaded; the supervisor only lends memory that nobody can write.
 */
#ifndef LOADER_SERVER_LOAD_H
#define LOADER_SERVER_LOAD_H

#include <sinter/system.h>

#include "object.h"
#include "protocol.h"

/* What the loader itself has. */
struct loader {
    handle_t account;    /* charged for its working memory */
    uint64_t libsys;     /* where libsys lies in the loader */
    uint64_t task_enter; /* where a first thread begins, from the start of libsys */
    enum object_machine machine;
};

extern struct loader loader;

struct load_target {
    handle_t space;
    handle_t account;
    uint64_t libsys; /* where libsys lies in the target */
    uint64_t seed;
};

struct load_file {
    handle_t memory;
    uint64_t offset;
    uint64_t size;
    const char *name; /* for refusals */
};

/* A checked request: the texts and the handles follow each other in the loader's own memory. */
struct load_start {
    const struct load_request *request;
    const char *texts; /* arguments, then environment */
    uint64_t text_bytes;
    const struct start_handle *handles;
};

struct load_answer {
    uint64_t entry, start_info, stack_top;
};

/* object_open, or object_open_note. */
typedef bool load_opener(struct object *object, const char *name, const void *bytes, size_t size,
                         enum object_machine machine, void *workspace, size_t workspace_size,
                         struct refusal *refusal);

/* A file mapped and opened; valid until window_clear. Otherwise `refusal` says why. */
SINTER_MUST_CHECK status_t load_open(const struct load_file *file, load_opener *opener,
                                     struct object *object, struct refusal *refusal);

/* Sets *result in either case; REFUSED, BAD_FORMAT and the like go with a line in it. */
SINTER_MUST_CHECK status_t load_object(const struct load_file *file,
                                       const struct load_target *target,
                                       const struct load_start *start, struct load_result *result,
                                       struct load_answer *answer);

/*
 * For a debugger of the system: it stops at load_debug_stop(), where the object that was just
 * loaded is still open (its struct object_section say where each section lies) and does not run
 * yet. tools/debugger/follow_service.py reads it by the debugging information of loader.elf.
 */
struct load_debug {
    const char *service; /* its name as init gave it, of LOADER_NAME bytes */
    const struct object *object;
    uint64_t libsys;     /* where libsys lies in the target */
    uint64_t start_info; /* what its first thread is started with */
};

extern struct load_debug load_debug;

void load_debug_stop(void);

/* The status that goes with a refusal. */
status_t load_status(const struct refusal *refusal);

#endif
