/*
 * The server around a way to switch the machine off: power protocol, published as `power` or as
 * its first argument says. Stateless.
 */
#ifndef DRIVERS_COMMON_POWER_SERVER_H
#define DRIVERS_COMMON_POWER_SERVER_H

#include <sinter/protocol/power.h>

#include "server.h"

/*
 * Has the supervisor end everything else, before the machine is switched off or restarted (kind:
 * RESET_). It is done whatever the supervisor says.
 */
void power_prepare(const struct server *server, uint32_t kind);

/* Publishes and serves; the server has been initialised. The exit code. */
int power_server_run(struct server *server, const struct power_operations *operations);

#endif
