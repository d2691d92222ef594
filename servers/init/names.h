/*
 * The namespace that init serves: `/` with `boot` (the boot set) and `dev` (dev.h).
 */
#ifndef INIT_NAMES_H
#define INIT_NAMES_H

#include "init.h"

struct file_operations;

/* The endpoint of `/`, the same for everybody; made by names_begin. */
SINTER_MUST_CHECK status_t names_begin(void);
handle_t names_root(void);

/*
 * Opens a path for init itself; the handle is the caller's. NOT_READY: the service behind it is
 * on its way up; FAILED; NOT_FOUND.
 */
SINTER_MUST_CHECK status_t names_open(const char *path, uint32_t *kind, handle_t *file);

extern const struct file_operations names_operations;

#endif
