/*
 * `replace NAME with OBJECT`: a service goes on with another object. docs/INIT.md says what users
 * see, docs/decisions/0007 why it is done so. One at a time, in these steps:
 *
 *   TRYING    the worker builds an instance of the new object that never runs, with an account of
 *             its own, and throws it away. Whatever is refused shows here: nothing has changed.
 *   CHANGING  the service is restarted, in order; calls wait. Its next launch takes the new object.
 *   STARTING  the new object is on its way up. If it fails, the old one is launched again, with
 *             the state store as it was.
 *   OVER      until whoever began it has heard.
 *
 * Main thread, but for the trial.
 */
#ifndef INIT_REPLACE_H
#define INIT_REPLACE_H

#include "service.h"
#include "text.h"

/* For the command, which is the `owner`. False: another replacement is in progress. */
bool replace_begin(const void *owner, struct service *service, struct boot_file *object);
/* Whether it is over; then its end is told once. */
bool replace_is_over(const void *owner, status_t *status, struct text *text);
/* The owner does not wait for the end. */
void replace_leave(const void *owner);

bool replace_needs(const struct boot_file *object);
/* Goes on with what waits for the service's state. */
void replace_tick(void);

/* For the states of services, of which the service may be any. */

/* The service is about to be launched: with the new object, if its time has come. */
void replace_launch(struct service *service);
bool replace_is_starting(const struct service *service);
/* The new object has failed. True: the old one has been launched again. */
bool replace_failed(struct service *service, const char *why);
void replace_ready(const struct service *service);
/* The service has ended for good before the new object was ready. */
void replace_settled(struct service *service);

#endif
