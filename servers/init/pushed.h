/*
 * Objects that are not of the boot set: what `replace` was given as bytes.
 *
 * Each is a copy in memory of init's own, so nobody changes it while it is loaded. It is given back
 * when no service, replacement or crash report needs it any more. Main thread.
 */
#ifndef INIT_PUSHED_H
#define INIT_PUSHED_H

#include "catalog.h"

enum { PUSHED_BYTES = 8 << 20 }; /* of one object */

/*
 * Copies the first `size` bytes of the call's lease; *file is held for the caller. `from` says
 * where they come from: its last part names the file. TOO_LARGE, NO_PAGES, NO_KERNEL_MEMORY, FULL;
 * RETRY_TOUCH and what else call_read() answers.
 */
SINTER_MUST_CHECK status_t pushed_take(struct call *call, uint64_t size, const char *from,
                                       struct boot_file **file);
/* The caller needs it no more. */
void pushed_release(const struct boot_file *file);
/* Gives back what is not needed. */
void pushed_sweep(void);

#endif
