/*
 * The files under /dev: which service has them, and who waits for them.
 *
 * A file is opened without a word to its service: init mints an endpoint of the port that it keeps
 * for it. A name exists from the moment its service is started; who opens it before the service
 * has published it waits until the service has settled.
 */
#ifndef INIT_DEV_H
#define INIT_DEV_H

#include "service.h"

struct dev_file;

/* The name that the note of its object gives a service. */
void dev_reserve(struct service *service);
/* EXISTS: another service has the name. REFUSED: the note does not allow it. FULL: the service has
 * its share of names. */
SINTER_MUST_CHECK status_t dev_publish(struct service *service, const char *name, uint64_t badge,
                                       uint32_t kind);
/* The service has settled, or published: those that wait for it go on. */
void dev_settled(struct service *service);
/* The service has ended for good: its names go. */
void dev_forget(const struct service *service);
/* Names of a failed service become another's, which publishes them when it runs. */
void dev_hand_over(const struct service *from, struct service *to);
/* The caller of a waiting open gives up. True: it was one. */
bool dev_cancel(handle_t reply);

/* A badge that no other endpoint has which init mints; `upper` is its upper half. */
uint64_t dev_badge(uint32_t upper);

struct dev_file *dev_find(const char *name);
/* NOT_READY: the service is on its way up and may be waited for. */
SINTER_MUST_CHECK status_t dev_open(struct dev_file *file, uint32_t *kind, handle_t *endpoint);
/* Takes the call away until then; NOT_READY if it cannot. */
status_t dev_wait(struct dev_file *file, struct call *call);
SINTER_MUST_CHECK status_t dev_list(uint64_t position, uint32_t *kind, const char **name);
/* Whether the service has published /dev/NAME. */
bool dev_serves(const struct service *service, const char *name);
/* Names of a service, for `svc status`. */
void dev_text(const struct service *service, char *text, size_t size);

#endif
