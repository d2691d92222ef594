/*
 * The exports of libsys as a resolver for object_relocate.
 *
 * libsys.so is one segment whose file offsets equal its addresses. Its table `sinter_exports`
 * (see <sinter/object.h>) lists every exported function with version and fingerprint. An
 * import is bound when an entry has its name, version and fingerprint, all exactly.
 */
#ifndef LOADER_CORE_EXPORTS_H
#define LOADER_CORE_EXPORTS_H

#include <sinter/object.h>

#include "object.h"

struct exports {
    const struct sinter_export *entries;
    const char *strings;
    const char *release;
    uint64_t base; /* run address of libsys */
    uint32_t count;
    uint32_t strings_bytes;
    uint16_t major;
    uint16_t lowest_minor;
    uint16_t highest_minor;
};

/*
 * Finds the table in an image of libsys by its dynamic symbol; the section headers must be
 * there. `name` is used in refusals.
 */
OBJECT_MUST_USE bool exports_find(const char *name, const void *image, size_t size,
                                  uint64_t *table_offset, struct refusal *refusal);

/*
 * Checks the table at `table_offset` of the image, including that every exported address lies
 * in the image. The image must stay as long as `exports` is used.
 */
OBJECT_MUST_USE bool exports_open(struct exports *exports, const char *name, const void *image,
                                  size_t size, uint64_t table_offset, uint64_t base,
                                  struct refusal *refusal);

/* An object_resolver; its context is a struct exports. */
enum object_binding_result exports_resolve(void *exports, const struct object_import *import,
                                           struct object_binding *binding);

#endif
