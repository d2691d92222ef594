/*
 * What only the first loader of a boot does: it starts init and hands it everything.
 */
#ifndef LOADER_SERVER_BOOTSTRAP_H
#define LOADER_SERVER_BOOTSTRAP_H

#include "load.h"

/* Sets loader.account and *port, and gives up all other handles. False: the log says why. */
bool bootstrap_init(const struct start_info *info, handle_t *port);

#endif
