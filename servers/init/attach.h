/*
 * Which service drives which device: makes services for devices that have none.
 */
#ifndef INIT_ATTACH_H
#define INIT_ATTACH_H

#include "service.h"

/*
 * False while a driver that was started without a device is on its way up: the worker may be
 * reading which device it has. It will say that it has none, fail, and get one then.
 */
bool attach_can_begin(void);

/*
 * Gives every device of the table that has no service one: a declared one of the same object
 * without a device that does not run, otherwise a new one with `options`. Starts them in order of
 * the devices' addresses, and sets their bits in *started. If the options name an object, only the
 * devices that it drives.
 */
void attach_devices(const struct script_options *options, uint64_t *started);

/* Whether it is by the failure of `other` itself that the failed service was started: then `other`
 * is not to be started in its place, or they would take turns for ever. */
bool attach_goes_in_circle(const struct service *failed, const struct service *other);

/* Starts a service in place of one that has failed, whose device and names it gets if its note
 * names that device too and it has none. */
void attach_instead(struct service *failed, struct service *other);

/* Before it is started by command: gives a service the device again that another got in its place.
 * False: that one is not down, *driver. Not if its object is for other devices by now. */
bool attach_take_back(struct service *service, const struct service **driver);

#endif
