/*
 * The `identity` that a disk's driver answers to file_times(): the same through crashes and
 * restarts of the driver, another one once it was stopped and started, since nobody knows what
 * became of the disk meanwhile. In the driver's state store.
 */
#ifndef DRIVERS_COMMON_BLOCK_IDENTITY_H
#define DRIVERS_COMMON_BLOCK_IDENTITY_H

#include "server.h"

/* Without a store every instance has its own. Once, before the server is ready. */
SINTER_MUST_CHECK uint64_t block_identity(const struct server *server);

#endif
