/* The state store of a server that can do without: then what it keeps ends with it. */
#ifndef DRIVERS_COMMON_STATE_STORE_H
#define DRIVERS_COMMON_STATE_STORE_H

#include "server.h"

/* Maps at least `size` bytes, zeros at first. Without a store, which is logged with `loss`, what
 * that means for clients, it is memory of the server's own. What memory_create() and space_map()
 * answer. */
SINTER_MUST_CHECK status_t state_store_open(const struct server *server, size_t size,
                                            const char *loss, void **store);

#endif
