/*
 * The directory /dev: files of services (dev.h), and of init's own.
 */
#ifndef INIT_NAMES_H
#define INIT_NAMES_H

#include "init.h"

struct file_operations;

/* An endpoint of the directory; the handle is the caller's. */
SINTER_MUST_CHECK status_t names_mint_dev(handle_t *directory);

/*
 * Opens /dev/NAME for init itself; the handle is the caller's. NOT_READY: the service behind it is
 * on its way up; FAILED; NOT_FOUND, also for paths elsewhere.
 */
SINTER_MUST_CHECK status_t names_open(const char *path, uint32_t *kind, handle_t *file);

extern const struct file_operations names_operations;

#endif
