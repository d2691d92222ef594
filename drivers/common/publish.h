/* Publishing under /dev, and the arguments that say how. */
#ifndef DRIVERS_COMMON_PUBLISH_H
#define DRIVERS_COMMON_PUBLISH_H

#include "server.h"

/*
 * Publishes a file. A name that ends in `*` leaves its number to the supervisor. number: the
 * file's own, in the upper half of its openings' badges. Without a supervisor (a test) nothing is
 * done.
 */
SINTER_MUST_CHECK status_t publish_as(struct server *server, const char *name, uint32_t number,
                                      uint32_t kind);

/* The same by the name in the first argument of the server, if there is one. */
SINTER_MUST_CHECK status_t publish(struct server *server, const char *otherwise, uint32_t number,
                                   uint32_t kind);

/* An argument of the server, 0 being the first after its name; `otherwise` if there are fewer. */
const char *publish_argument(const struct server *server, uint32_t index, const char *otherwise);

#endif
