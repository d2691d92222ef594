/*
 * What is mounted: paths, and the services whose root directories appear there. The server of the
 * namespace asks for it; who that is init.rc says with `allow names`. Main thread.
 *
 * A service's root directory is what its endpoints with badge 0 (in the upper half) mean; the
 * endpoint outlives its instances. A mount of a service that is not there names nothing until it
 * is started. `dev` is no service: the files of services, which init has itself.
 */
#ifndef INIT_MOUNTS_H
#define INIT_MOUNTS_H

#include "service.h"
#include "text.h"

#define MOUNTS_DEV "dev"

/* False: `why` says what is wrong. Mounting over the same path replaces. */
bool mounts_add(const char *path, const char *service, char why[SCRIPT_ERROR]);
bool mounts_remove(const char *path, char why[SCRIPT_ERROR]);

/* The first mount from a place on that names something. NOT_FOUND: there is no more. */
SINTER_MUST_CHECK status_t mounts_binding(uint64_t place, uint64_t *next, const char **path,
                                          handle_t *directory);
/* A path at or below the mount is being opened: a service that waits for its first use starts. */
void mounts_use(uint64_t place);
/* The server of the namespace hears of changes by bits of its control event. */
void mounts_listen(const struct service *service, uint64_t bits);
/* The service has a port now, or has lost it. */
void mounts_service_changed(const struct service *service);

/* The root of the namespace, or 0: nobody serves it. Read by the worker as well. */
handle_t mounts_root(void);
/* Whether init.rc has made this service the server of the namespace. */
bool mounts_is_names(const struct service *service);

/* A path where the service's files are mounted, without leading slash; null: nowhere. */
const char *mounts_path(const struct service *service);
/* The directory that is mounted at exactly this path, the caller's; a service that waits for its
 * first use starts. False: `why` says what is wrong. */
bool mounts_open(const char *path, handle_t *directory, char why[SCRIPT_ERROR]);
/* One line a mount: path and service. */
void mounts_text(struct text *text);

#endif
