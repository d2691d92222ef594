/*
 * Which service drives which device: makes services for devices that have none.
 */
#ifndef INIT_ATTACH_H
#define INIT_ATTACH_H

#include "service.h"

/*
 * Gives every device of the table that has no service one: a declared one of the same object
 * without a device, otherwise a new one with `options`. Starts them in order of the devices'
 * addresses, and sets their bits in *started.
 */
void attach_devices(const struct script_options *options, uint64_t *started);

#endif
