/*
 * Instruction-cache coherence: after text has been written through the direct map.
 */
#ifndef ARCH_CACHES_H
#define ARCH_CACHES_H

#include <stdint.h>

/* Cleans the data cache of `length` bytes at a direct-map address and invalidates instruction
 * caches on every CPU (IC IVAU with broadcast; FENCE.I here and by IPI or SBI elsewhere). */
void caches_sync_code(const void *address, uint64_t length);
/* After several caches_sync_code() calls: once, on every CPU. */
void caches_sync_code_done(void);

#endif
