/*
 * Files under /dev that init serves itself: `null`; `log`, the kernel's log as it is now, and
 * `log-previous`, as the boot before left it; `random`, bytes of the kernel's generator.
 */
#ifndef INIT_OWN_FILES_H
#define INIT_OWN_FILES_H

#include "init.h"

enum own_file { OWN_NULL, OWN_LOG, OWN_RANDOM, OWN_LOG_PREVIOUS, OWN_FILES };

const char *own_file_name(uint32_t slot); /* null: there is none */
uint32_t own_file_kind(uint32_t slot);
/* OWN_FILES: there is none of that name. */
uint32_t own_file_find(const char *name);
/* The file that a call is about; OWN_FILES: it is about none. */
uint32_t own_file_of(const struct call *call);

SINTER_MUST_CHECK status_t own_file_read(struct call *call, uint32_t slot, uint64_t offset,
                                         uint64_t *count);
SINTER_MUST_CHECK status_t own_file_write(const struct call *call, uint32_t slot, uint64_t *count);

#endif
